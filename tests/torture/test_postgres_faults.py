"""PostgreSQL is killed, stopped, or cut off around a COMMIT: wasl goes on by itself, and a 202 or a 503 is never a lie (P1, P2, P4)."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import asyncpg
import pytest

from tests.postgres import Server, served
from tests.torture.conftest import Torture
from tests.torture.rig.checking import Cut, Tally, cutting
from tests.torture.rig.cutting_proxy import cutting_commits
from tests.torture.rig.system import System, running
from tests.torture.rig.waiting import until
from wasl.errors import LedgerUnavailable
from wasl.ledger.postgres import Postgres
from wasl.ledger.postgres_connection import PostgresConnection, connecting
from wasl.ledger.statements import PUT_SOURCE
from wasl.ledger.writer import Writer

pytestmark = pytest.mark.usefixtures("plugin")
_SOURCE = {"version": "v", "kind": "template", "name": "n", "locale": "ar", "text": "سلام"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """A server of these tests' own: after a crash it has little to recover, however many tests came before."""
    with served() as server:
        yield server


async def test_postgresql_dies_at_random_moments_and_nothing_has_to_be_restarted(
    torture: Torture, counted: Callable[..., None], tmp_path: Path, postgres: Server
) -> None:
    deaths = torture.of(full=15, sample=3)
    for seed in torture.seeds(full=6, sample=1):
        folder = tmp_path / str(seed)
        folder.mkdir()

        tally = await dying(folder, postgres, Random(seed), deaths)

        counted(engine="postgres", fault="PostgreSQL killed or stopped", runs=1, kills=deaths, **tally.counts())
        assert tally.findings == [], torture.repeat(seed)


async def dying(folder: Path, postgres: Server, chance: Random, deaths: int) -> Tally:
    async with running(folder, postgres.fresh(), chance, workers=2) as system:
        await system.busy()
        started = {name: process.pid for name, process in system.processes.items()}
        cuts = [cut for _ in range(deaths) for cut in await die(postgres, system, chance)]
        tally = await system.ended(cuts)
        assert {name: process.pid for name, process in system.processes.items()} == started
        return tally


async def die(postgres: Server, system: System, chance: Random) -> list[Cut]:
    """All of it by SIGKILL, one of its processes by SIGKILL (which makes PostgreSQL restart the others), or an orderly end."""
    await asyncio.sleep(chance.uniform(0.05, 0.5))
    how = chance.choice(("all killed", "one killed", "stopped"))
    # A lease ends while the database is away, so another worker may be the first to claim when it is back.
    with cutting("worker") as cuts:
        if how == "one killed":
            postgres.kill_one(chance)
            await asyncio.to_thread(postgres.recovered)
        else:
            await asyncio.to_thread(postgres.kill if how == "all killed" else postgres.stop)
            await asyncio.sleep(chance.uniform(0.0, 1.0))
            await asyncio.to_thread(postgres.start)
        await accepting(system)
    return cuts


async def test_a_commit_whose_answer_is_lost_is_neither_lost_nor_doubled(
    torture: Torture, counted: Callable[..., None], tmp_path: Path, postgres: Server
) -> None:
    wanted = torture.of(full=150, sample=15)
    for seed in torture.seeds(full=4, sample=1):
        folder, chance = tmp_path / str(seed), Random(seed)
        folder.mkdir()
        direct = postgres.fresh()
        async with cutting_commits(postgres.port, chance) as proxy:
            through = direct.replace(f":{postgres.port}/", f":{proxy.port}/")
            async with running(folder, through, chance, workers=2, direct=direct) as system:
                await system.busy()
                proxy.likely = 0.1
                with cutting("worker") as cuts:
                    await until(lambda proxy=proxy: proxy.cuts.total() >= wanted, 120)
                    proxy.likely = 0.0
                    await accepting(system)

                tally = await system.ended(cuts)

        counted(engine="postgres", fault="COMMIT cut off", runs=1, kills=proxy.cuts.total(), **tally.counts())
        assert tally.findings == [], torture.repeat(seed)
        assert len(proxy.cuts) == 3


async def accepting(system: System) -> None:
    """Returns when wasl accepts and sends again, by itself."""
    accepted, taken = len(system.clients.record.accepted), len(system.sink.taken)
    try:
        await until(lambda: len(system.clients.record.accepted) > accepted and len(system.sink.taken) > taken)
    except TimeoutError:
        more = f"{len(system.clients.record.accepted) - accepted} more accepted, {len(system.sink.taken) - taken} more sent"
        raise AssertionError(f"{more}; {await system.reading.stuck()}; wasl said: {system.log()[-4000:]}") from None


async def test_after_a_crash_a_commit_that_was_lost_is_not_taken_for_that_of_another(postgres: Server) -> None:
    """PostgreSQL gives the number of a transaction again when a crash has wiped out all trace of the first one."""
    url, recovered = postgres.fresh(), asyncio.Event()
    await (await Postgres.open(url)).close()
    async with cutting_commits(postgres.port, Random(1), hows=("before it arrives",)) as proxy:
        proxy.likely = 1.0

        async def connect() -> "asyncpg.Connection[asyncpg.Record]":
            if not proxy.cuts:
                return await connecting(url.replace(f":{postgres.port}/", f":{proxy.port}/"))()
            await recovered.wait()
            return await connecting(url)()

        connection = PostgresConnection(connect)
        writer = Writer(connection)
        writing = asyncio.create_task(writer.run(lambda tx: tx.many(PUT_SOURCE, [_SOURCE])))
        await until(lambda: bool(proxy.cuts))
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
        other = await asyncpg.connect(url)
        for _ in range(50):
            await other.execute("UPDATE alembic_version SET version_num = version_num")
        recovered.set()

        with pytest.raises(LedgerUnavailable):
            await writing
    assert await other.fetch("SELECT version FROM sources") == []
    await other.close()
    await writer.close()
    await connection.close()
