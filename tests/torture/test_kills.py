"""Kill -9 at random moments of an API and its workers under load: nothing is lost, nothing is sent twice in silence (P1-P5, P7)."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest

from tests.torture.conftest import Torture
from tests.torture.rig.checking import Cut, Tally, cutting
from tests.torture.rig.sabotage import SABOTAGES
from tests.torture.rig.system import CONSTANTS, System, running

pytestmark = pytest.mark.usefixtures("plugin")
_LONGEST = 0.45  # seconds between two kills


async def test_nothing_is_lost_or_repeated_in_silence_over_many_kills(
    torture: Torture, counted: Callable[..., None], tmp_path: Path, engine: str, new_database: Callable[[], str]
) -> None:
    kills = torture.of(full=50, sample=12)
    for seed in torture.seeds(full=20, sample=1):
        folder = tmp_path / str(seed)
        folder.mkdir()

        tally = await killed(folder, new_database(), Random(seed), kills, workers=1 if engine == "sqlite" else 2)

        counted(engine=engine, fault="kill -9", runs=1, kills=kills, **tally.counts())
        assert tally.findings == [], torture.repeat(seed)
        assert tally.accepted > kills, torture.repeat(seed)


@pytest.mark.parametrize("name", SABOTAGES)
async def test_what_would_break_a_promise_is_found(torture: Torture, tmp_path: Path, name: str) -> None:
    if not torture.full:
        pytest.skip("in the full run")
    constants, promise = SABOTAGES[name]

    tally = await killed(tmp_path, f"sqlite:///{tmp_path}/wasl.db", Random(7), 60, 1, {**CONSTANTS, **constants})

    assert any(finding.startswith(promise) for finding in tally.findings), tally


async def killed(
    folder: Path, database: str, chance: Random, kills: int, workers: int, constants: Mapping[str, object] = CONSTANTS
) -> Tally:
    async with running(folder, database, chance, workers, constants) as system:
        await system.busy()
        cuts = [cut for _ in range(kills) for cut in await kill_some(system, chance)]
        return await system.ended(cuts)


async def kill_some(system: System, chance: Random) -> list[Cut]:
    """One of the processes, now and then all of them at once, at any moment of its life: also while it starts."""
    await asyncio.sleep(chance.uniform(0.01, _LONGEST))
    if chance.random() < 0.5:
        await system.sink.called(within=1)  # a call is out in this moment
        await asyncio.sleep(chance.uniform(0, 0.01))
    names = list(system.processes)
    chosen = names if chance.random() < 0.1 else [chance.choice(names)]
    with cutting(*chosen) as cuts:
        await asyncio.to_thread(system.kill, *chosen)
    for name in chosen:
        system.start(name)
    return cuts
