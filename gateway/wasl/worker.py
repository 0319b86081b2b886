"""The worker role: claims what is due, as much as there are free places, and runs the pipeline over it."""

import asyncio
import time

import structlog

from wasl.errors import WaslError
from wasl.ledger.ledger import Ledger
from wasl.pipeline import Pipeline
from wasl.routing import Routing
from wasl.slots import Slots

_log = structlog.get_logger("wasl.worker")
_POLL = 0.5  # seconds: how soon it sees what other processes accepted, and what has become due
_BEAT = 20.0  # seconds between two signs of life, three of them in a lease
_JUMP = 5.0  # seconds by which the clock may differ from the time that passed
_GATHER = 0.003  # seconds that a turn waits, while calls are out, for more of them to end: small claims take twice the CPU
_AWAY = 1.0  # seconds between two tries while the database cannot be used
_GRACE = 25.0  # seconds that calls may still take when it stops


class Worker:
    """Sends until it is stopped. `sends` tells whether this process has the worker role: on SQLite only one may."""

    def __init__(self, ledger: Ledger, pipeline: Pipeline, slots: Slots, routing: Routing) -> None:
        self._ledger = ledger
        self._pipeline = pipeline
        self._slots = slots
        self._channels = routing.shared
        self._own = routing.own
        self._clock = ledger.clock
        self._beaten = self._times()
        self._wake = asyncio.Event()
        self.sends = False
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, or wait for the worker role where another process has it."""
        await self._take_role()
        self._task = asyncio.create_task(self._run(), name="wasl-worker")

    def wake(self) -> None:
        """There may be something to do: a message was accepted, or a place became free."""
        self._wake.set()

    async def stop(self, seconds: float = _GRACE) -> None:
        """Claim nothing more, and let the calls that are out end."""
        self._stopping = True
        self.wake()
        if self._task is not None:
            await self._task
        await self._pipeline.finish(seconds)

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                busy = (self.sends or await self._take_role()) and await self._turn()
            except WaslError as error:
                _log.error("worker.waiting", code=error.code)
                await asyncio.sleep(_AWAY)
                continue
            except Exception:
                # A fault of ours in one batch: its leases end by themselves, and the rest goes on.
                _log.exception("worker.failed")
                await asyncio.sleep(_AWAY)
                continue
            if not busy:
                await self._rest()

    async def _take_role(self) -> bool:
        """Whether this is now the process that sends; then what a dead one had claimed is due again."""
        if not self.sends and self._ledger.take_worker_role():
            await self._ledger.take_over(tuple(self._channels))
            self.sends = True
        return self.sends

    async def _turn(self) -> bool:
        if self._slots.busy:
            await asyncio.sleep(_GATHER)
        await self._beat()
        now = self._clock.now()
        rooms = self._slots.rooms(self._channels, now)
        own = {channel: {**dict.fromkeys(brands, 0), **self._slots.rooms(brands, now)} for channel, brands in self._own.items()}
        room = rooms or any(any(its.values()) for its in own.values())
        claimed = await self._ledger.claim(rooms, own) if room else []
        if claimed:
            await self._pipeline.run(claimed)
        return bool(claimed)

    async def _beat(self) -> None:
        """Renew what this process holds, in time, and at once where the clock has jumped: else it would take its own calls for lost."""
        (then, passed), (now, since) = self._beaten, self._times()
        jump = (now - then) - (since - passed)
        if abs(jump) > _JUMP or since - passed >= _BEAT:
            await self._ledger.renew(self._pipeline.held)
            if jump < -_JUMP:
                await self._ledger.catch_up()
            await self._ledger.tidy(tuple(self._channels))
            self._beaten = now, since

    def _times(self) -> tuple[float, float]:
        """What the clock says, and the seconds that have really passed."""
        return self._clock.now().timestamp(), time.monotonic()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(_POLL):
                await self._wake.wait()
        except TimeoutError:
            pass
