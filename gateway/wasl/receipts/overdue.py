"""Looks every few seconds whether what was sent is confirmed in time, and raises the alarm where a provider went silent."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

import structlog

from wasl.clock import MICROSECOND
from wasl.counters import Counters
from wasl.errors import WaslError
from wasl.ledger.confirming import Confirmations
from wasl.registry import Specs

_EVERY = 5.0  # seconds
_log = structlog.get_logger("wasl.receipts")


class Expected(NamedTuple):
    """By when a provider has reported what became of a delivery, mostly; and the brands that it serves."""

    within: timedelta
    brands: Sequence[str]


def expected(specs: Specs, reporting: Iterable[str], brands: Sequence[str]) -> dict[str, Expected]:
    """Of the providers that report, those that say how soon they confirm; `brands` are all that there are."""
    within = {name: specs[name].capabilities.confirms_in_seconds for name in reporting}
    return {name: Expected(timedelta(seconds=most), specs.brands[name] or brands) for name, most in within.items() if most is not None}


class Overdue:
    """A task beside the worker. Without a provider that says how soon it confirms there is nothing to do."""

    def __init__(self, confirmations: Confirmations, expected: Mapping[str, Expected], counters: Counters) -> None:
        self._confirmations = confirmations
        self._expected = expected
        self._counters = counters
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        if self._expected:
            self._task = asyncio.create_task(self._run(), name="wasl-overdue")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Judge all that is old enough."""
        await self._confirmations.add(self._expected.keys() - (await self._confirmations.records()).keys())
        for name, expected in self._expected.items():
            more = True
            while more:
                judged = await self._confirmations.judge(name, expected.within // MICROSECOND, expected.brands)
                more = judged.more
                self._counters.overdue[name] += judged.overdue
                if judged.silent:
                    _log.error("provider.silent", provider=name, then="wasl doctor")
        for name in await self._confirmations.heard_again(await self._confirmations.records()):
            _log.info("provider.heard_again", provider=name)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except WaslError as error:
                _log.error("overdue.waiting", code=error.code)
            except Exception:
                _log.exception("overdue.failed")  # a fault of ours: it looks again
            await asyncio.sleep(_EVERY)
