"""Waiting for the transactions that write now, on PostgreSQL."""

import asyncio

import asyncpg
import pytest

from wasl.ledger.postgres import Postgres

WRITES = "INSERT INTO commits (connection, number, at) VALUES ($1, 1, 1)"


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("postgres").fresh(request.getfixturevalue("migrated")))


async def test_a_barrier_waits_for_who_writes_now_and_holds_nobody_up_for_long(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.ledger.postgres._BARRIER", "20ms")
    monkeypatch.setattr("wasl.ledger.postgres._AWAY", 0.01)
    store, slow, quick = await Postgres.open(url), await asyncpg.connect(url), await asyncpg.connect(url)
    writing = slow.transaction()
    await writing.start()
    await slow.execute(WRITES, "slow")

    waiting = asyncio.create_task(store.barrier())
    await asyncio.sleep(0.1)
    await asyncio.wait_for(quick.execute(WRITES, "quick"), 5)
    early = waiting.done()
    await writing.commit()
    await asyncio.wait_for(waiting, 5)

    assert not early
    for connection in (slow, quick):
        await connection.close()
    await store.close()


async def test_a_barrier_where_nobody_writes_is_over_at_once(url: str) -> None:
    store = await Postgres.open(url)

    await asyncio.wait_for(store.barrier(), 5)

    await store.close()
