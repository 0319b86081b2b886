import asyncio
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from wasl.errors import LedgerUnavailable
from wasl.ledger.port import Hot, Transaction
from wasl.ledger.sqlite import SqliteConnection
from wasl.ledger.writer import Batched, Writer

numbers = Table("numbers", MetaData(), Column("n", Integer, primary_key=True))
INSERT = Hot(insert(numbers))
SELECT = Hot(select(numbers.c.n).order_by(numbers.c.n))


class Counted(SqliteConnection):
    """A real connection that counts its commits and can be made to fail."""

    commits = 0
    begin_fails: Exception | None = None
    rollback_fails: Exception | None = None

    def begin(self) -> None:
        if self.begin_fails:
            raise self.begin_fails
        super().begin()

    async def commit(self) -> None:
        await super().commit()
        self.commits += 1

    async def rollback(self) -> None:
        await super().rollback()
        if self.rollback_fails:
            raise self.rollback_fails


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Counted]:
    path = tmp_path / "numbers.db"
    with sqlite3.connect(path) as setup:
        setup.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
    setup.close()
    opened = await Counted.open(path)
    yield opened
    await opened.close()


@pytest.fixture
async def writer(connection: Counted) -> AsyncIterator[Writer]:
    running = Writer(connection)
    yield running
    await running.close()


async def stored(connection: Counted) -> list[int]:
    return [row[0] for row in await connection.fetch(SELECT, {})]


def adding(*given: int) -> "Work":
    return Work(given)


class Work:
    def __init__(self, given: tuple[int, ...]) -> None:
        self._given = given

    async def __call__(self, tx: Transaction) -> tuple[int, ...]:
        await tx.many(INSERT, [{"n": n} for n in self._given])
        if 13 in self._given:
            raise ValueError("thirteen")
        return self._given


async def write(tx: Transaction, items: "list[int] | tuple[int, ...]") -> list[int | Exception]:
    await tx.many(INSERT, [{"n": n} for n in items if n >= 0])
    return [KeyError("negative") if n < 0 else n * 10 for n in items]


async def test_many_callers_share_a_commit_and_each_gets_its_own_result(writer: Writer, connection: Counted) -> None:
    results = await asyncio.gather(*(writer.run(adding(n)) for n in range(100, 300)))

    assert results == [(n,) for n in range(100, 300)]
    assert connection.commits <= 2


async def test_a_job_that_fails_fails_alone_and_whole(writer: Writer, connection: Counted) -> None:
    results = await asyncio.gather(*(writer.run(adding(n, n + 100)) for n in (12, 13, 14)), return_exceptions=True)

    assert [type(result) for result in results] == [tuple, ValueError, tuple]
    assert await stored(connection) == [12, 14, 112, 114]


async def test_what_needs_no_answer_is_part_of_the_transaction_and_fails_its_own_job_alone(writer: Writer, connection: Counted) -> None:
    async def put(tx: Transaction, n: int) -> int:
        tx.put(INSERT, [{"n": n}])
        return n

    await writer.run(adding(5))
    results = await asyncio.gather(*(writer.run(partial(put, n=n)) for n in (4, 5, 6)), return_exceptions=True)

    assert (results[0], type(results[1]), results[2]) == (4, sqlite3.IntegrityError, 6)
    assert await stored(connection) == [4, 5, 6]


async def test_a_cancelled_caller_leaves_its_transaction_whole(writer: Writer, connection: Counted) -> None:
    jobs = [asyncio.create_task(writer.run(adding(n, n + 100))) for n in range(3)]
    await asyncio.sleep(0)
    jobs[1].cancel()

    results = await asyncio.gather(*jobs, return_exceptions=True)

    await writer.run(adding(7))
    assert isinstance(results[1], asyncio.CancelledError)
    assert await stored(connection) == [0, 1, 2, 7, 100, 101, 102]


async def test_closing_writes_what_is_waiting_and_takes_no_more(connection: Counted) -> None:
    writer = Writer(connection)
    jobs = [asyncio.create_task(writer.run(adding(n))) for n in range(5)]
    await asyncio.sleep(0)

    await writer.close()

    assert await asyncio.gather(*jobs) == [(n,) for n in range(5)]
    with pytest.raises(RuntimeError, match="closed"):
        await writer.run(adding(9))


async def test_an_outage_is_told_to_all_at_once_and_tried_once(writer: Writer, connection: Counted) -> None:
    tried = []

    class Away(LedgerUnavailable):
        def __init__(self) -> None:
            super().__init__("away")
            tried.append(1)

    def begin() -> None:
        raise Away

    connection.begin = begin  # type: ignore[method-assign]
    results = await asyncio.gather(*(writer.run(adding(n)) for n in range(50)), return_exceptions=True)
    del connection.begin

    assert {type(result) for result in results} == {Away}
    assert len(tried) <= 2
    assert await writer.run(adding(1)) == (1,)


async def test_the_writer_goes_on_after_a_rollback_that_failed(writer: Writer, connection: Counted) -> None:
    connection.rollback_fails = OSError("disk")
    with pytest.raises(ValueError, match="thirteen"):
        await writer.run(adding(13))
    connection.rollback_fails = None

    assert await writer.run(adding(14)) == (14,)


async def test_items_that_come_together_are_one_batch_with_one_result_each(writer: Writer, connection: Counted) -> None:
    batches = []

    async def observed(tx: Transaction, items: "list[int] | tuple[int, ...]") -> list[int | Exception]:
        batches.append(len(items))
        return await write(tx, items)

    batched: Batched[int, int] = Batched(writer, observed, linger=0.01)  # type: ignore[arg-type]

    results = await asyncio.gather(*(batched.put(n if n else -1) for n in range(1200)), return_exceptions=True)

    assert results[1:] == [n * 10 for n in range(1, 1200)]
    assert isinstance(results[0], KeyError)
    assert batches == [512, 512, 176]
    assert connection.commits == 3


async def test_an_item_that_breaks_its_batch_fails_alone(writer: Writer, connection: Counted) -> None:
    await writer.run(adding(5))
    batched: Batched[int, int] = Batched(writer, write)  # type: ignore[arg-type]

    results = await asyncio.gather(*(batched.put(n) for n in (4, 5, 6)), return_exceptions=True)

    assert (results[0], type(results[1]), results[2]) == (40, sqlite3.IntegrityError, 60)
    assert await stored(connection) == [4, 5, 6]


async def test_an_outage_is_told_to_a_whole_batch_without_trying_each(writer: Writer, connection: Counted) -> None:
    connection.begin_fails = LedgerUnavailable("away")
    batched: Batched[int, int] = Batched(writer, write)  # type: ignore[arg-type]

    results = await asyncio.gather(*(batched.put(n) for n in range(100)), return_exceptions=True)

    assert {type(result) for result in results} == {LedgerUnavailable}
    connection.begin_fails = None
    assert await batched.put(3) == 30


async def test_a_caller_of_a_batch_that_is_cancelled_takes_nothing_with_it(writer: Writer, connection: Counted) -> None:
    batched: Batched[int, int] = Batched(writer, write)  # type: ignore[arg-type]
    items = [batched.put(n) for n in range(3)]
    items[1].cancel()

    await batched.drained()

    assert (items[0].result(), items[2].result()) == (0, 20)
    assert await stored(connection) == [0, 1, 2]


async def test_drained_waits_for_everything_that_was_handed_over(connection: Counted) -> None:
    writer = Writer(connection)
    batched: Batched[int, int] = Batched(writer, write)  # type: ignore[arg-type]
    items = [batched.put(n) for n in range(10)]

    await batched.drained()
    await writer.close()

    assert [item.result() for item in items] == [n * 10 for n in range(10)]
