"""What is measured, for /metrics: what this process counted, and what the ledger knows, read at most every five seconds."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from wasl.counters import Counters
from wasl.errors import WaslError
from wasl.ledger.callback_list import CallbackList
from wasl.ledger.confirming import Confirmations
from wasl.ledger.measures import Due, Failing, Measures
from wasl.ledger.providers import Providers
from wasl.standing import Standing

_FRESH = 5.0  # seconds
_log = structlog.get_logger("wasl.measuring")


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows; nothing where it cannot be read (`up` is False)."""

    up: bool = False
    due: Mapping[str, Due] = field(default_factory=dict)
    """By channel."""
    standings: Sequence[Standing] = ()
    silent: Mapping[str, datetime] = field(default_factory=dict)
    """By provider, since when."""
    callbacks: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Those that did nothing yet, by provider and state."""
    webhooks: Mapping[str, Failing] = field(default_factory=dict)
    """By brand."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Where it is read."""

    measures: Measures
    providers: Providers
    confirmations: Confirmations
    callbacks: CallbackList
    channels: Collection[str]


class Measuring:
    """Measures one gateway. Who asks while it is read waits for the same answer."""

    def __init__(self, counters: Counters, measured: Measured, now: Callable[[], float] = time.monotonic) -> None:
        self.counters = counters
        self._measured = measured
        self._now = now
        self._turn = asyncio.Lock()
        self._known = Known()
        self._read_at = float("-inf")

    async def known(self) -> Known:
        """What the ledger knows, at most five seconds old."""
        async with self._turn:
            if self._now() - self._read_at >= _FRESH:
                self._known = await self._read()
                self._read_at = self._now()
        return self._known

    async def _read(self) -> Known:
        measured = self._measured
        try:
            return Known(
                up=True,
                due=await measured.measures.due(measured.channels),
                standings=await measured.providers.seen(),
                silent=await measured.confirmations.silent(),
                callbacks=await measured.callbacks.counts(),
                webhooks=await measured.measures.webhooks(),
            )
        except WaslError as error:
            _log.error("metrics.without_ledger", code=error.code)
            return Known()
