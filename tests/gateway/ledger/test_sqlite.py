import asyncio
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from tests.gateway.scripted import Desk, message
from wasl.config import Config
from wasl.errors import LedgerUnavailable, StorageLow, Unusable
from wasl.ledger import sqlite as engine
from wasl.ledger.opening import open_store
from wasl.ledger.sqlite import Sqlite

HOLD_ROLE = """
import asyncio, sys
from pathlib import Path
from wasl.ledger.sqlite import Sqlite
async def hold():
    store = await Sqlite.open(Path(sys.argv[1]))
    print(store.take_worker_role(), flush=True)
    await asyncio.sleep(60)
asyncio.run(hold())
"""
OPEN = """
import asyncio, os, sys
from pathlib import Path
from wasl.errors import Unusable
from wasl.ledger.sqlite import Sqlite
async def main():
    try:
        await (await Sqlite.open(Path(sys.argv[1]))).close()
    except Unusable as told:
        print(told)
if os.getuid() == 0:
    os.setuid(65534)  # root may write everywhere
asyncio.run(main())
"""


@pytest.fixture
def database(folder: Path) -> str:
    """These are of SQLite alone."""
    return f"sqlite:///{folder}/wasl.db"


def run(code: str, path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)


async def test_every_connection_is_durable(folder: Path) -> None:
    store = await Sqlite.open(folder / "wasl.db")

    for connection in (store._writing, store.reader):
        assert (await connection.pragma("journal_mode"), await connection.pragma("synchronous")) == (("wal",), (2,))
    async with store.engine.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
    await store.close()


async def test_weaker_durability_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PRAGMAS", ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL"))

    config = Config(database=f"sqlite:///{folder}/wasl.db")

    with pytest.raises(Unusable, match=r"durably.*--unsafe-durability"):
        await open_store(config)
    await (await open_store(config, unsafe_durability=True)).close()


async def test_a_newer_schema_is_refused_with_the_fix(folder: Path) -> None:
    with sqlite3.connect(folder / "wasl.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(Unusable, match=r"newer wasl.*update wasl"):
        await Sqlite.open(folder / "wasl.db")


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "letters.txt"
    file.write_text("Dear Ann, this is not a database at all." * 100)

    with pytest.raises(Unusable, match="is not a SQLite database"):
        await Sqlite.open(file)

    assert file.read_text().startswith("Dear Ann")
    assert threading.active_count() < 20


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be opened for writing"):
        await Sqlite.open(tmp_path / "missing" / "wasl.db")


@pytest.mark.parametrize("existing", [False, True])
def test_a_folder_that_cannot_be_written_is_told(folder: Path, existing: bool) -> None:
    with tempfile.TemporaryDirectory() as open_to_all:
        where = Path(open_to_all) / "locked"
        if existing:
            shutil.copytree(folder, where)
        where.mkdir(exist_ok=True)
        for path in (*where.iterdir(), where, where.parent):
            path.chmod(0o555 if path.is_dir() else 0o444)

        told, _ = run(OPEN, where / "wasl.db").communicate(timeout=20)

        for path in (where.parent, where):
            path.chmod(0o755)
    assert "cannot be opened for writing" in told


async def test_one_process_has_the_worker_role_and_it_is_free_when_that_is_killed(folder: Path) -> None:
    holder = run(HOLD_ROLE, folder / "wasl.db")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    store = await Sqlite.open(folder / "wasl.db")

    taken_before = store.take_worker_role()
    holder.send_signal(signal.SIGKILL)
    holder.communicate()

    assert (taken_before, store.take_worker_role()) == (False, True)
    await store.close()


async def test_a_database_that_another_process_keeps_locked_is_unavailable_and_keeps_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.store._writing._connection.execute("PRAGMA busy_timeout=50")  # in place of 5 seconds
    other = sqlite3.connect(desk.store.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    started = asyncio.get_running_loop().time()

    results = await asyncio.gather(*(desk.accept(message(), f"k{n}") for n in range(50)), return_exceptions=True)

    assert {type(result) for result in results} == {LedgerUnavailable}
    assert asyncio.get_running_loop().time() - started < 1
    other.execute("ROLLBACK")
    other.close()
    assert desk.rows("SELECT count(*) FROM messages") == [(0,)]
    assert not (await desk.accept(message(), "k1")).replayed


async def test_a_full_disk_is_told_as_such_and_keeps_nothing(desk: Desk) -> None:
    await desk.accept(message())
    ((pages,),) = desk.rows("PRAGMA page_count")
    await desk.store._writing._connection.execute(f"PRAGMA max_page_count={pages + 1}")
    big = message(metadata={"blob": "x" * 100_000})

    with pytest.raises(StorageLow):
        await desk.accept(big)

    assert desk.rows("SELECT count(*) FROM messages") == [(1,)]
    await desk.store._writing._connection.execute("PRAGMA max_page_count=1000000")
    await desk.accept(big)


async def test_a_page_that_cannot_be_read_is_an_outage_for_reads_and_writes(desk: Desk) -> None:
    content = desk.store.path.read_bytes()
    desk.store.path.write_bytes(content[:4096] + bytes([255]) * (len(content) - 4096))

    for work in (desk.ledger.api_keys.get("key_1"), desk.accept(message()), desk.claim()):
        with pytest.raises(LedgerUnavailable):
            await work
