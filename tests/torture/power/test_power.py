"""A power cut at any moment of a run on SQLite: what was acknowledged is there, and what was called has its intent (P1, P4).

The run is the real one, in a process of its own with the real driver and library; strace records what it writes, syncs and names, and
what it tells the outside. Then the disk is cut after each of these steps: what was not synced is lost, or partly there, or torn.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.torture.conftest import Torture
from tests.torture.power import traced, vfs
from tests.torture.power.disk import Disk, Mode, Step, Told
from tests.torture.rig.processes import Plan, context, started
from tests.torture.rig.sink import listening
from tests.torture.rig.system import CONSTANTS, config
from tests.torture.syscalls import small_run
from tests.torture.tracing import attached, need_tracing
from wasl.api import Gateway
from wasl.ids import attempt_id
from wasl.ledger import sqlite

pytestmark = pytest.mark.usefixtures("plugin")
_MODES: tuple[Mode, ...] = ("nothing", "some", "torn")
_OFTEN = "PRAGMA wal_autocheckpoint=20"  # so that a short run also sees the WAL being carried over, and begun anew


async def test_a_power_cut_keeps_what_was_acknowledged(torture: Torture, counted: Callable[..., None], tmp_path: Path) -> None:
    need_tracing()
    run = await recorded(tmp_path, waves=torture.of(full=10, sample=2), pragmas=(*sqlite._PRAGMAS, _OFTEN))
    told = sum(isinstance(step, Told) for step in run)
    (seed,) = torture.seeds(full=1, sample=1)

    cuts, broken = 0, []
    for position, what, image in worlds(run, Random(seed), torture.of(full=3000, sample=60)):
        cuts += 1
        broken += [f"cut after step {position}: {wrong}" for wrong in lost(tmp_path / "cut", image, what)]

    counted(engine="sqlite", fault="power cut", runs=1, kills=cuts, accepted=told, lost=len(broken))
    assert broken == [], torture.repeat(seed)
    assert told > small_run.MESSAGES


async def test_without_its_syncs_the_same_run_loses_what_was_acknowledged(tmp_path: Path) -> None:
    need_tracing()
    weak = tuple(pragma.replace("=FULL", "=NORMAL") for pragma in sqlite._PRAGMAS)
    run = await recorded(tmp_path, waves=1, pragmas=weak)

    broken = [wrong for _, what, image in worlds(run, Random(1), 60) for wrong in lost(tmp_path / "cut", image, what)]

    assert weak != sqlite._PRAGMAS
    assert broken != []


async def test_after_a_power_cut_the_ledger_opens_and_every_message_can_be_read(torture: Torture, tmp_path: Path) -> None:
    need_tracing()
    run = await recorded(tmp_path, waves=1, pragmas=sqlite._PRAGMAS)

    for _, what, image in worlds(run, Random(2), torture.of(full=60, sample=4)):
        config_file = written(tmp_path / "cut", image)
        async with Gateway.from_config(config_file, worker=False, environ={}) as gateway:
            for told in what:
                if told.startswith("msg_"):
                    await gateway.get(told)


async def recorded(folder: Path, *, waves: int, pragmas: tuple[str, ...]) -> list[Step]:
    """A run from the very first start on, as the steps of its disk."""
    data, accepted, record = folder / "data", folder / "accepted", folder / "strace.log"
    data.mkdir()
    accepted.touch()
    weak = {} if any("FULL" in pragma for pragma in pragmas) else {"wasl.ledger.sqlite:_FULL": 1}
    async with listening(folder / "sink.ndjson", Random(1)) as sink:
        plan = Plan(folder / "wasl.toml", folder / "wasl.log", {**CONSTANTS, "wasl.ledger.sqlite:_PRAGMAS": pragmas, **weak})
        plan.config.write_text(config(f"sqlite:///{data}/wasl.db", sink.port))
        receiver, sender = context().Pipe(duplex=False)
        with receiver, sender:
            run = started(small_run.run, plan, accepted, receiver, 1, waves)
            assert run.pid is not None
            with attached(run.pid, "-o", str(record), *traced.OPTIONS):
                sender.send("go")
                await asyncio.to_thread(run.join, 60)
    assert run.exitcode == 0, plan.log.read_text()
    return traced.steps(record, data, accepted)


def worlds(run: list[Step], chance: Random, most: int, *, after: int = 0) -> Iterator[tuple[int, list[str], dict[str, bytes]]]:
    """So many cuts, evenly over what comes after those steps: after which one, what had been told by then, and the files left."""
    every = [(position, mode) for position in range(1 + after, len(run) + 1) for mode in _MODES]
    chosen = {every[number * len(every) // most] for number in range(most)} if len(every) > most else set(every)
    disk, told = Disk(), []
    for position, step in enumerate(run, 1):
        disk.do(step)
        if isinstance(step, Told):
            told.append(step.what)
        for mode in _MODES:
            if (position, mode) in chosen:
                yield position, list(told), {Path(path).name: data for path, data in disk.cut(mode, chance).items()}


def written(folder: Path, image: dict[str, bytes]) -> Path:
    """The files that were left, in a folder of their own; returns a configuration for them."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, data in image.items():
        (folder / name).write_bytes(data)
    found = folder / "wasl.toml"
    found.write_text(config(f"sqlite:///{folder}/wasl.db", 1))
    return found


def lost(folder: Path, image: dict[str, bytes], told: list[str]) -> list[str]:
    """What is wrong with the database that a cut left, given what had been told before it."""
    written(folder, image)
    if not told and "wasl.db" not in image:
        return []
    connection = sqlite3.connect(folder / "wasl.db")
    try:
        ((state,),) = connection.execute("PRAGMA integrity_check").fetchall()
        known = _known(connection) if told else set()
    except sqlite3.DatabaseError as error:
        return [f"the database cannot be read: {error}"]
    finally:
        connection.close()
    return [*([] if state == "ok" else [f"integrity: {state}"]), *(f"{what} is gone" for what in told if what not in known)]


def _known(connection: sqlite3.Connection) -> set[str]:
    messages = {row[0] for row in connection.execute("SELECT id FROM messages")}
    return messages | {attempt_id(*row) for row in connection.execute("SELECT message_id, delivery, number FROM attempts")}


async def replayed(folder: Path, *, waves: int, pragmas: tuple[str, ...]) -> list[Step]:
    """A run in this process, whose transactions are played again on a disk that is watched."""
    database, copy, config_file = folder / "wasl.db", folder / "copy" / "wasl.db", folder / "wasl.toml"
    async with listening(folder / "sink.ndjson", Random(1)) as sink:
        config_file.write_text(config(f"sqlite:///{database}", sink.port))
        async with Gateway.from_config(config_file, worker=False, environ={}):
            pass
        copy.parent.mkdir()
        copy.write_bytes(database.read_bytes())
        with vfs.overheard() as statements:
            await small_run.work(config_file, folder / "accepted", 1, waves)
    return vfs.played(copy, statements, pragmas)


async def test_a_power_cut_keeps_what_was_committed_also_where_nothing_can_be_traced(
    torture: Torture, counted: Callable[..., None], tmp_path: Path
) -> None:
    run = await replayed(tmp_path, waves=torture.of(full=10, sample=2), pragmas=(*sqlite._PRAGMAS, _OFTEN))
    told = sum(isinstance(step, Told) for step in run)
    (seed,) = torture.seeds(full=1, sample=1)

    cuts, broken = 0, []
    for position, what, image in worlds(run, Random(seed), torture.of(full=3000, sample=60), after=vfs.COPIED):
        cuts += 1
        broken += [f"cut after step {position}: {wrong}" for wrong in lost(tmp_path / "cut", image, what)]

    counted(engine="sqlite", fault="power cut (APSW VFS)", runs=1, kills=cuts, accepted=told, lost=len(broken))
    assert broken == [], torture.repeat(seed)
    assert told > small_run.MESSAGES


async def test_without_its_syncs_the_played_run_loses_what_was_committed(tmp_path: Path) -> None:
    weak = tuple(pragma.replace("=FULL", "=NORMAL") for pragma in sqlite._PRAGMAS)
    run = await replayed(tmp_path, waves=1, pragmas=weak)

    broken = [wrong for _, what, image in worlds(run, Random(1), 40) for wrong in lost(tmp_path / "cut", image, what)]

    assert broken != []
