"""A whole wasl on one database: an API, its workers, a sink and clients; and what can be done to them."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from tests.ports import free_port
from tests.torture.rig.checking import Cut, Tally, faults, tallied, verified
from tests.torture.rig.clients import ROUTES, Clients
from tests.torture.rig.processes import Plan, start_api, start_worker
from tests.torture.rig.reading import Reading
from tests.torture.rig.sink import Sink, listening
from tests.torture.rig.waiting import until
from wasl.api import Gateway

CONSTANTS: dict[str, object] = {"wasl.ledger.claims:LEASE": 1_000_000, "wasl.ledger.intents:LEASE": 1_000_000, "wasl.worker:_BEAT": 0.3}
"""A lease of one second, so that the dead are buried within a round."""
_CONFIG = """
database = "{database}"
[providers.keyed]
plugin = "torture-keyed"
base_url = "http://127.0.0.1:{sink}"
[providers.unkeyed]
plugin = "torture-unkeyed"
base_url = "http://127.0.0.1:{sink}"
[routes.keyed]
channels = ["webhook"]
[routes.unkeyed]
channels = ["sms"]
[routes.either]
channels = ["sms", "webhook"]
[routes.both]
mode = "all"
channels = ["sms", "webhook"]
[retry]
base = "20ms"
reconcile_after = "200ms"
budget_floor = 100000
[retry.longest_waits]
default = "200ms"
"""
_CATEGORIES = {"codes": "otp", "orders": "transactional", "news": "service", "offers": "promotional"}
_ALWAYS = 'consent = "implied"\nquiet_hours = false\n'
_DRAINED = 60.0  # seconds
_BUSY = 10  # messages


@dataclass
class System:
    """Running processes by name: `api`, `worker 1`, …"""

    plan: Plan
    port: int
    sink: Sink
    clients: Clients
    reading: Reading
    processes: dict[str, ForkServerProcess]
    posting: asyncio.Task[None] | None = None

    def start(self, name: str) -> None:
        """Start a process that does not run."""
        self.processes[name] = start_api(self.plan, self.port) if name == "api" else start_worker(self.plan)

    def kill(self, *names: str) -> None:
        """SIGKILL, all in one moment."""
        for name in names:
            self.processes[name].kill()
        for name in names:
            self.processes[name].join()

    def signal(self, name: str, number: signal.Signals) -> None:
        """SIGSTOP, SIGCONT or SIGTERM."""
        pid = self.processes[name].pid
        assert pid is not None
        os.kill(pid, number)

    async def busy(self) -> None:
        """Let the clients begin; returns when messages are accepted and sent."""
        self.posting = asyncio.create_task(self.clients.run())
        await until(lambda: len(self.clients.record.accepted) >= _BUSY and len(self.sink.taken) >= _BUSY, _DRAINED)

    async def ended(self, cuts: Sequence[Cut]) -> Tally:
        """Post nothing more, let everything drain, end the processes, and check."""
        assert self.posting is not None
        self.clients.stop()
        await self.posting
        await self.drained()
        await asyncio.to_thread(self.stop)  # a proxy in this loop may be needed for that
        return await self.tallied(cuts)

    async def tallied(self, cuts: Sequence[Cut]) -> Tally:
        """What the torturer finds, and what `wasl verify` finds."""
        tally = await tallied(self.reading, self.clients.record, self.sink.record, cuts, self.log())
        tally.findings += await verified(self.plan.config, self.sink.record, self.clients.record)
        return tally

    async def drained(self) -> None:
        """Everything that will happen by itself has happened."""
        ends = time.monotonic() + _DRAINED
        while (left := await self.reading.waiting()) > 0:
            why = f"{left} deliveries are still on their way"
            assert time.monotonic() < ends, f"{why}: {await self.reading.stuck()} {faults(self.log())[:1]}"
            await asyncio.sleep(0.05)

    def stop(self) -> None:
        """SIGTERM; each process ends by itself."""
        for name in self.processes:
            self.signal(name, signal.SIGTERM)
        for name, process in self.processes.items():
            process.join(10)
            # One that had just been started may not have come so far as to listen for it.
            assert process.exitcode in (0, -signal.SIGTERM), f"{name} ended with {process.exitcode}: {self.log()[-2000:]}"

    def log(self) -> str:
        """What the processes have said."""
        return self.plan.log.read_text(errors="replace")


@asynccontextmanager
async def running(
    folder: Path,
    database: str,
    chance: Random,
    workers: int,
    constants: Mapping[str, object] = CONSTANTS,
    direct: str | None = None,
) -> AsyncIterator[System]:
    """All of it, up; what still runs at the end is killed. `direct` leads to the database where wasl reaches it through a proxy."""
    async with listening(folder / "sink.ndjson", chance) as sink:
        plan = Plan(folder / "wasl.toml", folder / "wasl.log", constants)
        plan.config.write_text(config(database, sink.port))
        async with Gateway.from_config(plan.config, worker=False, environ={}) as gateway:
            key = await gateway.create_api_key("torture", ["send", "read"])
        port, reading = free_port(), Reading(direct or database)
        system = System(plan, port, sink, Clients(f"http://127.0.0.1:{port}", key, chance), reading, {})
        try:
            for name in ("api", *(f"worker {number}" for number in range(1, workers + 1))):
                system.start(name)
            yield system
        finally:
            if system.posting is not None:
                system.posting.cancel()
            for process in system.processes.values():
                process.kill()
                process.join()
            await reading.close()


def config(database: str, sink: int) -> str:
    """wasl.toml with a topic for each category and route, as `codes-both`."""
    topics = [
        f'[topics.{topic}-{route}]\ncategory = "{category}"\nroute = "{route}"\nexpires_in = "10m"\n{_ALWAYS}'
        for topic, category in _CATEGORIES.items()
        for route in ROUTES
    ]
    return _CONFIG.format(database=database, sink=sink) + "".join(topics)
