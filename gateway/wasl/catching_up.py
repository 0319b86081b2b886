"""Reads on behind those who send, every few seconds: what happened is counted for reports, and whose addresses are whose is noted for those
who look for a person. It takes at most a twentieth of its thread's time."""

import asyncio
import time
from collections.abc import Sequence
from itertools import product

import structlog

from wasl.errors import WaslError
from wasl.ledger.owners import Owners
from wasl.ledger.tallying import Tallying

_EVERY = 2.0  # seconds
_SHARE = 19  # times as long as it counted, it leaves the thread to those who send
_CLEARS = 3600.0  # seconds
_log = structlog.get_logger("wasl.ledger")


class CatchingUp:
    """A task beside the worker. Where nothing happened it costs a few reads for each brand."""

    def __init__(self, tallying: Tallying, owners: Owners, brands: Sequence[str], every: float = _EVERY) -> None:
        self._tallying = tallying
        self._steps = (tallying.fold, owners.read_on)
        self._brands = brands
        self._every = every
        self._task: asyncio.Task[None] | None = None
        self._cleared = time.monotonic()

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="wasl-catching-up")

    async def close(self) -> None:
        """Stop; what was not read yet is read by the next one."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Read all that there is."""
        for step, brand in product(self._steps, self._brands):
            more = True
            while more:
                began = time.monotonic()
                more = await step(brand)
                await asyncio.sleep(_SHARE * (time.monotonic() - began) if more else 0)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.look()
                if time.monotonic() - self._cleared > _CLEARS:
                    self._cleared = time.monotonic()
                    await self._tallying.clear(self._brands)
            except WaslError as error:
                _log.error("catching_up.waiting", code=error.code)
            except Exception:
                _log.exception("catching_up.failed")  # a fault of ours: it looks again
