"""Kill at the N-th system call that writes, syncs or sends, for every N of a small run: nothing lost, nothing repeated in silence."""

import asyncio
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

import pytest

from tests.torture.conftest import Torture
from tests.torture.rig.checking import Cut, Tally, now_micros
from tests.torture.rig.clients import Clients
from tests.torture.rig.processes import Plan, context, started
from tests.torture.rig.reading import Reading
from tests.torture.rig.sink import listening
from tests.torture.rig.system import CONSTANTS, System, config
from tests.torture.syscalls import small_run
from tests.torture.tracing import attached, need_tracing
from wasl.api import Gateway

pytestmark = pytest.mark.usefixtures("plugin")
_CALLS = ("write", "pwrite64", "fsync", "fdatasync", "sendto", "sendmsg")
_LONGEST = 30.0  # seconds that a run may take
_BRISK = {**CONSTANTS, "wasl.worker:_POLL": 0.02, "wasl.api:_POLL": 0.02}


@dataclass
class Sweep:
    """One ledger, in which one run after the other is killed."""

    system: System
    folder: Path
    cuts: list[Cut] = field(default_factory=list)
    runs: int = 0
    kills: int = 0

    async def counts(self) -> Counter[str]:
        """How often each system call is made in a run, by the thread that makes most of them."""
        log = self.folder / "strace.log"
        await self.run("-o", str(log), "-e", f"trace={','.join(_CALLS)}")
        made = Counter(re.findall(r"^(\d+) +(\w+)\(", log.read_text(), re.MULTILINE))
        most: Counter[str] = Counter()
        for (_, call), count in made.items():
            most[call] = max(most[call], count)
        return most

    async def killed_at(self, call: str, number: int) -> Tally:
        """A run that is killed when one of its threads makes this call for the N-th time; then a restart, until all is drained."""
        since = now_micros()
        await self.run("-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}")
        self.cuts.append(Cut("run", since, now_micros()))
        return await self.restarted()

    async def restarted(self) -> Tally:
        """What there is after another process has sent what was left."""
        async with Gateway.from_config(self.system.plan.config, worker=False, environ={}):
            pass  # a ledger that was killed while it was made is finished now
        self.system.start("worker 1")
        await self.system.drained()
        self.system.kill("worker 1")  # it has nothing more to do
        self.system.clients.record.accepted |= set((self.folder / "accepted").read_text().split())
        return await self.system.tallied(self.cuts)

    async def run(self, *options: str) -> None:
        """A run under strace."""
        receiver, sender = context().Pipe(duplex=False)
        first = self.runs * small_run.MESSAGES + 1
        self.runs += 1
        self.system.clients.record.posted = self.runs * small_run.MESSAGES
        run = started(small_run.run, self.system.plan, self.folder / "accepted", receiver, first)
        await asyncio.to_thread(_traced, run, lambda: sender.send("go"), options)
        self.kills += run.exitcode == -signal.SIGKILL
        receiver.close()
        sender.close()


def _traced(run: ForkServerProcess, go: Callable[[], None], options: tuple[str, ...]) -> None:
    assert run.pid is not None
    with attached(run.pid, *options):
        go()
        run.join(_LONGEST)
    assert run.exitcode in (0, -signal.SIGKILL), f"the run ended with {run.exitcode}"


@asynccontextmanager
async def sweeping(folder: Path, database: str, chance: Random) -> AsyncIterator[Sweep]:
    (folder / "accepted").touch()
    async with listening(folder / "sink.ndjson", chance) as sink:
        plan = Plan(folder / "wasl.toml", folder / "wasl.log", _BRISK)
        plan.log.touch()
        plan.config.write_text(config(database, sink.port).replace('"200ms"', '"50ms"'))
        reading = Reading(database)
        try:
            yield Sweep(System(plan, 0, sink, Clients("", "", chance), reading, {}), folder)
        finally:
            await reading.close()


def spread(counts: Counter[str], most: int) -> list[tuple[str, int]]:
    """At most so many of all calls, evenly over the run."""
    every = [(call, number) for call, made in counts.items() for number in range(1, made + 1)]
    return [every[(2 * position + 1) * len(every) // (2 * most)] for position in range(most)] if len(every) > most else every


async def test_a_kill_at_any_system_call_loses_and_repeats_nothing(
    torture: Torture, counted: Callable[..., None], tmp_path: Path, engine: str, new_database: Callable[[], str]
) -> None:
    need_tracing()
    async with sweeping(tmp_path, new_database(), Random(20_261_123)) as sweep:
        await sweep.restarted()  # so that the schema is there; a kill while it is made is a test of its own
        counts = await sweep.counts()
        tally = await sweep.restarted()
        for call, number in spread(counts, torture.of(full=150, sample=4)):
            tally = await sweep.killed_at(call, number)

            assert tally.findings == [], f"killed at {call} number {number}"

    counted(engine=engine, fault="kill at the N-th system call", runs=sweep.runs, kills=sweep.kills, **tally.counts())
    assert sweep.kills > len(sweep.cuts) // 4  # counts differ from run to run, so that a late one may not be reached
    assert tally.accepted >= small_run.MESSAGES


async def test_a_kill_at_any_system_call_of_the_first_start_leaves_nothing_in_the_way(
    torture: Torture, counted: Callable[..., None], tmp_path: Path, engine: str, new_database: Callable[[], str]
) -> None:
    need_tracing()
    wanted, counts = torture.of(full=50, sample=1), Counter[str]()
    for position in range(wanted + 1):
        folder = tmp_path / str(position)
        folder.mkdir()
        async with sweeping(folder, new_database(), Random(position)) as sweep:
            if not counts:
                counts = await sweep.counts()
                continue
            call, number = spread(counts, wanted)[position - 1]
            tally = await sweep.killed_at(call, number)

        counted(engine=engine, fault="kill at the first start", runs=1, kills=sweep.kills, **tally.counts())
        assert tally.findings == [], f"killed at {call} number {number}"
