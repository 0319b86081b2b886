"""Works at acts on many messages, beside those who send: one at a time, a piece at a time, and most of the time not at all."""

import asyncio
import time

import structlog

from wasl.acting import Acting
from wasl.audited import Actor
from wasl.errors import LedgerUnavailable, StorageLow, WaslError
from wasl.ledger.act_work import Hold

_EVERY = 0.5  # seconds between two looks for an act
_SHARE = 3  # times as long as a piece took, those who send have for themselves
_CLEARS = 60.0  # seconds
_log = structlog.get_logger("wasl.acts")


class WorkingOff:
    """A task beside the worker, in every process that may send; of several, one works at an act."""

    def __init__(self, gateway: Acting) -> None:
        self._gateway = gateway
        self._work = gateway._open.ledger.act_work
        self._task: asyncio.Task[None] | None = None
        self._cleared = -_CLEARS

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="wasl-acts")

    async def close(self) -> None:
        """Stop behind a whole piece; another process goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> bool:
        """Work at the oldest act until it is over; whether there was one."""
        hold = await self._work.take()
        if hold is None:
            return False
        by = hold.act.by
        hands = self._gateway.by(Actor("user", by.id, by.name, by.role), hold.act.reason)
        last = hold
        try:
            while hold is not None:
                began, last = time.monotonic(), hold
                hold = await hands.work_step(hold)
                await asyncio.sleep(_SHARE * (time.monotonic() - began))
        except (LedgerUnavailable, StorageLow):
            await self._let_go(last)
            raise
        except asyncio.CancelledError:
            await asyncio.shield(self._let_go(last))
            raise
        except Exception:
            _log.exception("act.failed", act=last.act.id)  # a fault of ours, which would be there again
            await self._work.fail(last)
        return True

    async def _let_go(self, hold: Hold) -> None:
        try:
            await self._work.let_go(hold)
        except WaslError as error:
            _log.error("act.held", code=error.code)  # its hold ends by itself

    async def _run(self) -> None:
        while True:
            try:
                while await self.look():
                    pass
                if time.monotonic() - self._cleared > _CLEARS:
                    self._cleared = time.monotonic()
                    await self._work.acts.clear()
            except WaslError as error:
                _log.error("acts.waiting", code=error.code)
            await asyncio.sleep(_EVERY)
