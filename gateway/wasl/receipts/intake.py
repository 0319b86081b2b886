"""A provider's request from the bytes to the ledger. Nothing is parsed before it is proved, and nothing is answered before it is kept.

handshake ─ prove and parse (the plugin) ─ read ─ seal ─ keep and apply (the ledger) ─ answer
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

import structlog

from wasl.clock import Clock, micros
from wasl.errors import LedgerUnavailable, NotFound, StorageLow, WaslError
from wasl.ids import new_callback_id
from wasl.keys import KeyRing
from wasl.ledger.callbacks import Arrival, Callbacks, Fate
from wasl.ledger.reports import Report
from wasl.receipts.counts import Counts
from wasl.receipts.latest import Latest
from wasl.receipts.reading import Reading
from wasl.receipts.sealing import sealed
from wasl.receipts.sources import Source, Sources
from wasl_contracts import BadSignature, Callback, EventSource, Handshake, ProviderError, Unreadable

_log = structlog.get_logger("wasl.receipts")
_HANDSHAKE = 10.0  # seconds; providers give up after 10 to 15
_QUARANTINED = 10  # forged ones that are kept of each provider in an hour, for whoever looks into it
_HOUR = timedelta(hours=1)


class Forged(WaslError):
    """A callback that does not prove that it comes from the provider. Nothing more is told to whoever sent it."""

    status: ClassVar[int] = 401
    code = "bad_signature"

    def __init__(self) -> None:
        super().__init__("")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a callback. `answer` is what the provider waits for where it only sets callbacks up."""

    fate: Fate | None
    answer: bytes | None = None


class Intake:
    """Takes callbacks in."""

    def __init__(self, callbacks: Callbacks, reading: Reading, sources: Sources, latest: Latest, clock: Clock) -> None:
        self._callbacks = callbacks
        self._reading = reading
        self._sources = sources
        self._latest = latest
        self._clock = clock
        self._forged: dict[str, tuple[datetime, int]] = {}
        self.counts = Counts()

    @property
    def keys(self) -> KeyRing:
        """The key ring that requests are kept with."""
        return self._reading.keys

    async def take(self, provider: str, callback: Callback) -> Taken:
        """Prove, keep and apply a callback; on disk when it returns.

        Raises:
            NotFound: there is no provider of that name that reads callbacks.
            Forged: it does not prove that it comes from the provider.
            LedgerUnavailable, StorageLow: nothing was kept, so the provider is to send it again.
        """
        source = await self._sources.of(provider)
        if source is None:
            raise NotFound("There is no provider of this name that reads callbacks.", suggested_action="See [providers] in wasl.toml.")
        try:
            reports = await self._read(provider, source, callback)
        except BadSignature:
            await self._quarantine(provider, callback)
            raise Forged from None
        if isinstance(reports, bytes):
            self.counts.add(provider, "handshake")
            return Taken(None, reports)
        fate = await self._keep(provider, callback, reports)
        self.counts.add(provider, fate)
        return Taken(fate)

    async def reread(self, source: Source, provider: str, callback: Callback) -> Sequence[Report] | None:
        """What a callback tells that was not understood when it came; None where it still is not."""
        try:
            return await self._latest.found(self._parsed(source.reader, provider, callback))
        except BadSignature:
            return None  # the secret was changed since
        except Exception as error:
            self._misread(provider, error)
            return None

    async def _read(self, provider: str, source: Source, callback: Callback) -> Sequence[Report] | bytes | None:
        """The answer of a handshake, or what is told; None where that is not understood."""
        try:
            if source.handshake is not None and (answer := await self._shaken(source.handshake, callback)) is not None:
                return answer
            reports = self._parsed(source.reader, provider, callback)
        except (BadSignature, LedgerUnavailable):
            raise
        except Exception as error:  # whatever a plugin raises, an authentic callback must not be lost
            self._misread(provider, error)
            return None
        return await self._latest.found(reports)

    async def _shaken(self, source: Handshake, callback: Callback) -> bytes | None:
        try:
            async with asyncio.timeout(_HANDSHAKE):
                return await source.handshake(callback)
        except (TimeoutError, OSError, ProviderError) as error:
            _log.warning("callback.not_proved", error=type(error).__name__)
            raise LedgerUnavailable("The provider could not be asked for what proves its callbacks.", code="not_proved") from None

    def _parsed(self, source: EventSource, provider: str, callback: Callback) -> list[Report]:
        return [self._reading.report(provider, event) for event in source.parse(callback)]

    def _misread(self, provider: str, error: Exception) -> None:
        if not isinstance(error, Unreadable):  # its text may hold an address
            _log.error("callback.parse_failed", provider=provider, error=type(error).__name__)

    async def _keep(self, provider: str, callback: Callback, reports: Sequence[Report] | None) -> Fate:
        name = new_callback_id(at := micros(callback.at))
        raw = sealed(self._reading.keys, provider, name, callback)
        if reports:
            return await self._callbacks.put(Arrival(name, provider, at, raw, reports[0].key, tuple(reports)))
        key = self._key(provider, callback)
        return await self._callbacks.put(Arrival(name, provider, at, raw, key, state="unparsed" if reports is None else "settled"))

    def _key(self, provider: str, callback: Callback) -> str:
        """What a request is recognised by that tells nothing: its line and its body."""
        said = sha256(callback.body).hexdigest()
        return self._reading.keys.hash(f"request|{provider}|{callback.method}|{callback.url}|{said}")

    async def _quarantine(self, provider: str, callback: Callback) -> None:
        """Keep the first ones of an hour. That it could not be kept changes nothing of the answer."""
        self.counts.add(provider, "bad_signature")
        now = self._clock.now()
        since, count = self._forged.get(provider, (now, 0))
        since, count = (now, 1) if now - since >= _HOUR else (since, count + 1)
        self._forged[provider] = since, count
        if count > _QUARANTINED:
            return
        name = new_callback_id(micros(callback.at))
        raw = sealed(self._reading.keys, provider, name, callback)
        try:
            await self._callbacks.put(Arrival(name, provider, micros(callback.at), raw, self._reading.keys.hash(name), state="quarantine"))
        except (LedgerUnavailable, StorageLow) as error:
            _log.warning("callback.not_quarantined", provider=provider, code=error.code)
