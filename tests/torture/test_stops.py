"""SIGSTOP of a process past its lease, then SIGCONT: others take over where they may, and what it says too late changes nothing."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.torture.conftest import Torture
from tests.torture.rig.checking import Cut, Tally, cutting
from tests.torture.rig.system import System, running
from tests.torture.rig.waiting import until

pytestmark = pytest.mark.usefixtures("plugin")
_PAST_THE_LEASE = 1.5  # seconds; the lease of the torture is one


async def test_a_worker_that_was_stopped_past_its_lease_changes_nothing_when_it_goes_on(
    torture: Torture, counted: Callable[..., None], tmp_path: Path, engine: str, new_database: Callable[[], str]
) -> None:
    stops = torture.of(full=10, sample=2)
    for seed in torture.seeds(full=4, sample=1):
        folder = tmp_path / str(seed)
        folder.mkdir()

        tally, late = await stopped(folder, new_database(), Random(seed), stops, workers=1 if engine == "sqlite" else 2)

        counted(engine=engine, fault="SIGSTOP past the lease", runs=1, kills=stops, **tally.counts())
        assert tally.findings == [], torture.repeat(seed)
        if engine == "postgres" and torture.full:
            assert late > 0, "no call was out when its worker was stopped"


async def stopped(folder: Path, database: str, chance: Random, stops: int, workers: int) -> tuple[Tally, int]:
    async with running(folder, database, chance, workers) as system:
        await system.busy()
        cuts = [cut for _ in range(stops) for cut in await stop_one(system, chance)]
        # On SQLite no other process sends, so what was stopped goes on as if nothing had been, and no call of it was lost.
        tally = await system.ended(cuts if workers > 1 else [])
        return tally, system.log().count("delivery.late_completion")


async def stop_one(system: System, chance: Random) -> list[Cut]:
    await asyncio.sleep(chance.uniform(0.1, 0.4))
    name = chance.choice(list(system.processes))
    with cutting(name) as cuts:
        system.signal(name, signal.SIGSTOP)
        sent = len(system.sink.taken)
        await asyncio.sleep(_PAST_THE_LEASE)
        if name.startswith("worker") and len(system.processes) > 2:
            await until(lambda: len(system.sink.taken) > sent)  # the other worker goes on
        system.signal(name, signal.SIGCONT)
        await asyncio.sleep(0.1)  # a call that was waiting for its answer is still found lost in this moment
    return cuts
