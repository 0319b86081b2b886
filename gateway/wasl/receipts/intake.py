"""A provider's request from the bytes to the ledger. Nothing is parsed before it is proved, and nothing is answered before it is kept.

handshake ─ gather ─ prove and parse (the plugin) ─ read ─ seal ─ keep and apply (the ledger) ─ answer

Those of a moment are gathered first, and read one after the other: between two requests the CPU forgets so much that reading one by
itself takes it twice as long.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import repeat
from typing import ClassVar, NamedTuple

import structlog

from wasl.clock import Clock, micros
from wasl.errors import LedgerUnavailable, NotFound, WaslError
from wasl.ids import new_callback_id
from wasl.keys import KeyRing
from wasl.ledger.callbacks import LINGER, Arrival, Callbacks, Fate
from wasl.ledger.gathering import OUTAGES, Gathered
from wasl.ledger.reports import Report
from wasl.receipts.counts import Counts
from wasl.receipts.latest import Latest
from wasl.receipts.reading import Reading
from wasl.receipts.sealing import sealed
from wasl.receipts.sources import Source, Sources
from wasl_contracts import BadSignature, Callback, EventSource, ProviderError, Unreadable

_log = structlog.get_logger("wasl.receipts")
_HANDSHAKE = 10.0  # seconds; providers give up after 10 to 15
_QUARANTINED = 10  # forged ones that are kept of each provider in an hour, for whoever looks into it
_HOUR = timedelta(hours=1)
_BREATH = 256 * 1024  # bytes that are read in one go, before others have their turn


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


class _Request(NamedTuple):
    """A callback, and who reads it; None where that has failed already."""

    provider: str
    reader: EventSource | None
    callback: Callback


class Intake:
    """Takes callbacks in."""

    def __init__(self, callbacks: Callbacks, reading: Reading, sources: Sources, latest: Latest, clock: Clock) -> None:
        self._callbacks = callbacks
        self._reading = reading
        self._sources = sources
        self._latest = latest
        self._clock = clock
        self._taking: Gathered[_Request, Fate] = Gathered(self._take_all, linger=LINGER)
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
            reader, answer = await self._shaken(provider, source, callback)
            if answer is not None:
                self.counts.add(provider, "handshake")
                return Taken(None, answer)
            fate = await self._taking.put(_Request(provider, reader, callback))
        except BadSignature:
            await self._quarantine(provider, callback)
            raise Forged from None
        self.counts.add(provider, fate)
        return Taken(fate)

    async def drained(self) -> None:
        """Wait until everything that was taken has its result."""
        await self._taking.drained()
        await self._callbacks.drained()

    async def reread(self, source: Source, provider: str, callback: Callback) -> Sequence[Report] | None:
        """What a callback tells that was not understood when it came; None where it still is not."""
        try:
            return await self._latest.found(self._parsed(source.reader, provider, callback))
        except BadSignature:
            return None  # the secret was changed since
        except Exception as error:
            _misread(error, provider)
            return None

    async def _shaken(self, provider: str, source: Source, callback: Callback) -> tuple[EventSource | None, bytes | None]:
        """Who reads it, None where that failed; and the answer, where it only sets callbacks up."""
        if source.handshake is None:
            return source.reader, None
        try:
            async with asyncio.timeout(_HANDSHAKE):
                return source.reader, await source.handshake.handshake(callback)
        except (TimeoutError, OSError, ProviderError) as error:
            _log.warning("callback.not_proved", error=type(error).__name__)
            raise LedgerUnavailable("The provider could not be asked for what proves its callbacks.", code="not_proved") from None
        except (BadSignature, LedgerUnavailable):
            raise
        except Exception as error:  # whatever a plugin raises, an authentic callback must not be lost
            _misread(error, provider)
            return None, None

    async def _take_all(self, requests: Sequence[_Request]) -> Sequence[Fate | Exception]:
        """What became of each. One that is forged, or cannot be read now, takes no other one with it."""
        read: list[Arrival | Exception] = []
        size = 0
        for request in requests:
            read.append(await self._arrived(request))
            size += len(request.callback.body)
            if size >= _BREATH:
                size = 0
                await asyncio.sleep(0)
        fates = await self._kept([one for one in read if isinstance(one, Arrival)])
        return [next(fates) if isinstance(one, Arrival) else one for one in read]

    async def _kept(self, arrivals: Sequence[Arrival]) -> Iterator[Fate | Exception]:
        try:
            return iter(await self._callbacks.put_all(arrivals))
        except OUTAGES as outage:
            return repeat(outage)

    async def _arrived(self, request: _Request) -> Arrival | Exception:
        provider, _, callback = request
        name = new_callback_id(at := micros(callback.at))
        try:
            reports = await self._read(request, name)
        except (BadSignature, LedgerUnavailable) as error:
            return error
        raw = sealed(self._reading.keys, provider, name, callback)
        if reports:
            return Arrival(name, provider, at, raw, reports[0].key, tuple(reports))
        return Arrival(name, provider, at, raw, self._key(provider, callback), state="unparsed" if reports is None else "settled")

    async def _read(self, request: _Request, name: str) -> Sequence[Report] | None:
        """What is told; None where that is not understood."""
        provider, reader, callback = request
        if reader is None:
            return None
        try:
            reports = self._parsed(reader, provider, callback)
        except BadSignature:
            raise
        except Exception as error:  # as above
            _misread(error, provider, name)
            return None
        return await self._latest.found(reports)

    def _parsed(self, source: EventSource, provider: str, callback: Callback) -> list[Report]:
        return [self._reading.report(provider, event) for event in source.parse(callback)]

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
        except OUTAGES as error:
            _log.warning("callback.not_quarantined", provider=provider, code=error.code)


def _misread(error: Exception, provider: str, callback: str | None = None) -> None:
    if not isinstance(error, Unreadable):  # its text may hold an address
        _log.error("callback.parse_failed", provider=provider, callback=callback, error=type(error).__name__)
