"""A disk that is full or fails, for a while: what is refused is refused with 503 or 507, nothing that was accepted is lost, and when the
disk is well again everything goes on without a restart."""

import asyncio
import os
import resource
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.torture.conftest import Torture
from tests.torture.rig.checking import Tally
from tests.torture.rig.system import CONSTANTS, System, running
from tests.torture.tracing import attached, need_tracing

pytestmark = pytest.mark.usefixtures("plugin")
_PATIENCE = 30.0  # seconds
_TRAFFIC = 0.3  # seconds of it in the trouble, before that is felt and then
_FULL = "507 storage_low"
_CONSTANTS = {**CONSTANTS, "wasl.worker:_AWAY": 0.05, "wasl.pipeline:_DATABASE_AWAY": 0.05}
Trouble = Callable[[System], AbstractAsyncContextManager[None]]


class Outcome(NamedTuple):
    """What came of a run: the tally, how many were accepted while the trouble was felt, and what clients were refused with."""

    tally: Tally
    meanwhile: int
    refusals: set[str]


@asynccontextmanager
async def files_cannot_grow(system: System) -> AsyncIterator[None]:
    """RLIMIT_FSIZE: every write fails with EFBIG, those of the log too."""
    pids = [process.pid or 0 for process in system.processes.values()]
    _limit(pids, 0)
    try:
        yield
    finally:
        _limit(pids, resource.RLIM_INFINITY)


def _limit(pids: list[int], size: int) -> None:
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def calls_fail(call: str, how: str, when: str) -> Trouble:
    """strace lets a system call of the API and of the worker fail."""

    @asynccontextmanager
    async def trouble(system: System) -> AsyncIterator[None]:
        options = ("-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={how}:when={when}")
        pids = [process.pid or 0 for process in system.processes.values()]
        api, worker = (attached(pid, *options) for pid in pids)
        with api, worker:
            yield

    return trouble


_FAILURES = {
    "no write": ("pwrite64", "EIO", "1+"),
    "some writes": ("pwrite64", "EIO", "2+3"),
    "no space for some": ("pwrite64", "ENOSPC", "2+3"),
    "no sync": ("fdatasync", "EIO", "1+"),
    "some syncs": ("fdatasync", "EIO", "1+2"),
    "some reads": ("pread64", "EIO", "3+7"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every failure, or in the sample the worst."""
    if "failure" in metafunc.fixturenames:
        full = metafunc.config.getoption("--torture", default=False)
        metafunc.parametrize("failure", list(_FAILURES) if full else ["some syncs"])


async def test_a_disk_that_fails_for_a_while_loses_nothing(
    torture: Torture, counted: Callable[..., None], tmp_path: Path, failure: str
) -> None:
    need_tracing()
    for seed in torture.seeds(full=4, sample=1):
        folder = tmp_path / str(seed)
        folder.mkdir()

        tally, _, _ = await troubled(folder, f"sqlite:///{folder}/wasl.db", Random(seed), calls_fail(*_FAILURES[failure]))

        counted(engine="sqlite", fault=f"I/O: {failure}", runs=1, **tally.counts())
        assert tally.findings == [], torture.repeat(seed)


async def test_when_no_file_can_grow_nothing_is_accepted_and_afterwards_all_goes_on(
    torture: Torture, counted: Callable[..., None], tmp_path: Path
) -> None:
    for seed in torture.seeds(full=10, sample=1):
        folder = tmp_path / str(seed)
        folder.mkdir()

        tally, meanwhile, _ = await troubled(folder, f"sqlite:///{folder}/wasl.db", Random(seed), files_cannot_grow)

        counted(engine="sqlite", fault="disk full (RLIMIT_FSIZE)", runs=1, **tally.counts())
        assert tally.findings == [], torture.repeat(seed)
        assert meanwhile == 0


async def test_a_full_disk_is_told_by_507_and_afterwards_all_goes_on(
    torture: Torture, counted: Callable[..., None], tmp_path: Path
) -> None:
    for seed in torture.seeds(full=10, sample=1):
        folder = tmp_path / str(seed)
        folder.mkdir()
        with small_disk(folder) as disk:
            constants = {**_CONSTANTS, "wasl.ledger.sqlite:_LEAST_FREE": 0}  # else it refuses long before the disk is full

            tally, meanwhile, refusals = await troubled(
                folder, f"sqlite:///{disk}/wasl.db", Random(seed), lambda _, disk=disk: filled(disk), constants
            )

        counted(engine="sqlite", fault="disk full (tmpfs)", runs=1, **tally.counts())
        assert tally.findings == [], torture.repeat(seed)
        assert (meanwhile, refusals) == (0, {_FULL})


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A tmpfs of a few megabytes."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=False, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"this machine does not allow to mount a tmpfs: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@asynccontextmanager
async def filled(disk: Path) -> AsyncIterator[None]:
    """Somebody else takes all the space."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):  # ENOSPC is what is wanted
        while True:
            file.write(bytes(65_536))
    try:
        yield
    finally:
        os.truncate(filler, 0)


async def troubled(folder: Path, database: str, chance: Random, trouble: Trouble, constants: "dict[str, object]" = _CONSTANTS) -> Outcome:
    """Traffic before, in and after the trouble."""
    async with running(folder, database, chance, workers=1, constants=constants) as system:
        await system.busy()
        record = system.clients.record
        async with trouble(system):
            await asyncio.sleep(_TRAFFIC)
            felt = len(record.accepted)
            await asyncio.sleep(_TRAFFIC)
            meanwhile = len(record.accepted) - felt
        since = len(record.accepted)
        async with asyncio.timeout(_PATIENCE):
            while len(record.accepted) < since + 10:  # noqa: ASYNC110 - what is awaited happens in another process
                await asyncio.sleep(0.01)
        tally = await system.ended([])
    tally.findings = [finding for finding in tally.findings if finding != f"P10 a client was answered {_FULL}"]  # which is right here
    _intact(database)
    return Outcome(tally, meanwhile, set(record.refusals))


def _intact(database: str) -> None:
    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
