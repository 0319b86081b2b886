"""The feed: what it tells, in which order, and for how long."""

import asyncio
import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
from sqlalchemy import StaticPool, create_engine

from tests.gateway.scripted import ANN, Desk, message
from wasl.ledger.dead_letters import Terms
from wasl.ledger.feed import PUT, START, Cursor, Entry, Told, tell
from wasl.ledger.settle import Ended
from wasl.ledger.tables import schema
from wasl_contracts import Reason, State

TYPES = {State.SENT: "message.sent", State.DELIVERED: "message.delivered", State.FAILED: "message.failed", State.UNKNOWN: "message.unknown"}


async def told(desk: Desk, after: Cursor = START, limit: int = 1000) -> list[Entry]:
    return await desk.ledger.feed.after("default", after, limit)


async def types(desk: Desk) -> list[tuple[str, str | None]]:
    return [(entry.type, entry.reason) for entry in await told(desk)]


async def tells(desk: Desk, *what: Told) -> None:
    async def work(tx: Any) -> None:
        tell(tx, what)

    await desk.store.writer.run(work)


def one(number: int, brand: str = "default", at: int = 0) -> Told:
    return Told(brand, "message.opened", at or number, f"msg_{number:05}", 1)


def ids(entries: list[Entry]) -> list[int]:
    return [int((entry.message_id or "")[4:]) for entry in entries]


@pytest.mark.parametrize("state", TYPES)
async def test_the_end_of_a_call_is_told_with_whom_it_concerns_and_how_it_went(desk: Desk, state: State) -> None:
    claimed = await desk.sending()
    reason = Reason.PROVIDER_REJECTED if state is State.FAILED else None

    await desk.ledger.settle(desk.settlement(claimed, state, reason=reason, ended=Ended(1, desk.now, "receipt")))

    (entry,) = await told(desk)
    assert entry[1:] == (TYPES[state], desk.now, claimed.message_id, 1, reason, None, "u_1", "default", "email", "mail")


def test_on_sqlite_the_place_of_a_new_row_is_found_by_the_key_however_long_the_feed_is() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        schema.create_all(engine := create_engine("sqlite://", creator=lambda: database, poolclass=StaticPool))

        plan = database.execute(f"EXPLAIN QUERY PLAN {PUT.lite.sql}", ["default"] * len(PUT.lite.names)).fetchall()

        assert [row[3] for row in plan if "feed" in row[3]] == ["SEARCH feed USING PRIMARY KEY (brand=? AND xid=?)"]
        engine.dispose()


async def test_a_batch_is_one_row_of_its_brand(desk: Desk) -> None:
    claims = [await desk.sending(message({"id": f"u_{n}", "email": f"p{n}@example.com"})) for n in range(5)]

    await asyncio.gather(*(desk.ledger.settle(desk.settlement(claimed, State.SENT)) for claimed in claims))

    assert desk.rows("SELECT count(*) FROM feed") == [(1,)]
    assert {entry.message_id for entry in await told(desk)} == {claimed.message_id for claimed in claims}


async def test_a_late_worker_tells_nothing(desk: Desk) -> None:
    await desk.accept(message())
    (claimed,) = await desk.claim()
    await desk.ledger.cancel("default", claimed.message_id)

    assert not await desk.ledger.settle(desk.settlement(claimed, State.WITHHELD, reason=Reason.SUPPRESSED_MANUAL))

    assert await types(desk) == [("message.cancelled", "cancelled")]


async def test_a_failure_that_another_channel_takes_over_names_its_successor(desk: Desk) -> None:
    claimed = await desk.sending()

    await desk.ledger.settle(desk.settlement(claimed, State.FAILED, successor=("sms", ("email",))))

    assert [(entry.type, entry.delivery, entry.successor) for entry in await told(desk)] == [("message.failed", 1, 2)]


async def test_what_waits_ends_or_begins_again_is_told_too(desk: Desk) -> None:
    await desk.accept(message(about="order-1"))
    await desk.accept(message(about="order-1", supersedes=True))
    (newer,) = await desk.claim()
    await desk.ledger.settle(desk.settlement(newer, State.SCHEDULED, reason=Reason.QUIET_HOURS, due_at=desk.now))
    (again,) = await desk.claim()
    await desk.ledger.settle(desk.settlement(again, State.EXPIRED, reason=Reason.EXPIRED))
    await desk.ledger.replays.these("default", [newer.message_id], Terms())
    await desk.ledger.cancel("default", newer.message_id)
    await desk.ledger.cancel("default", newer.message_id)

    assert await types(desk) == [
        ("message.superseded", "superseded"),
        ("message.scheduled", "quiet_hours"),
        ("message.expired", "expired"),
        ("message.scheduled", None),
        ("message.cancelled", "cancelled"),
    ]


async def test_it_holds_no_address_and_nothing_of_what_a_message_says(desk: Desk) -> None:
    claimed = await desk.sending(message({**ANN, "attributes": {"name": "Ann"}}, metadata={"ref": "1042"}))
    await desk.ledger.settle(
        desk.settlement(claimed, State.SENT, provider_ref="SM1", ended=Ended(1, desk.now, "receipt", facts={"a": "b"}))
    )

    ((row,),) = desk.rows("SELECT entries FROM feed")

    assert json.loads(row) == [["message.sent", desk.now, claimed.message_id, 1, None, None]]


async def test_of_a_person_who_was_erased_it_tells_the_stub_and_what_was_cancelled(desk: Desk) -> None:
    await desk.accept(message())

    await desk.ledger.erasing.erase("default", "u_1", "erased")

    (entry,) = await told(desk)
    assert (entry.type, entry.reason) == ("message.cancelled", "cancelled")
    assert entry.recipient_id not in (None, "u_1")


async def test_pages_of_any_size_tell_the_same_and_nobody_elses(desk: Desk) -> None:
    for first in range(0, 60, 3):
        await tells(desk, *(one(number) for number in range(first, first + 3)), one(999, brand="other"))

    for size in (1, 2, 3, 7, 60, 100):
        found: list[Entry] = []
        while page := await told(desk, found[-1].cursor if found else START, size):
            assert len(page) <= size
            found += page
        assert ids(found) == list(range(60)), size
        assert [Cursor.parse(str(entry.cursor)) for entry in found] == sorted((e.cursor for e in found), key=lambda cursor: cursor.order)
    assert await told(desk, await desk.ledger.feed.newest("default")) == []
    assert await desk.ledger.feed.newest("nobody") == START


async def test_a_commit_of_many_is_read_in_parts_in_its_order(desk: Desk) -> None:
    await tells(desk, *(one(number) for number in range(1201)))

    assert desk.rows("SELECT count(*) FROM feed") == [(3,)]
    assert ids(await told(desk, limit=2000)) == list(range(1201))


@pytest.mark.parametrize("text", ["", "1", "1-2-3", "1-2-3-4-5", "-1-2-3-4", "1-2-3-٤", "1-2-3-4\n", "9" * 19 + "-0-0-0", "a-b-c-d"])
def test_what_is_no_place_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="place"):
        Cursor.parse(text)


async def test_what_was_kept_long_enough_goes_but_never_the_newest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.ledger.feed._MOST", 3)
    for number in range(6):
        await tells(desk, one(number, at=desk.now), one(number, brand="quiet", at=desk.now))
        desk.clock.advance(hours=1)
    old, newest = await told(desk, limit=1), await desk.ledger.feed.newest("quiet")

    desk.clock.advance(days=3, hours=-3)
    removed = [await desk.ledger.feed.clear() for _ in range(3)]

    assert removed == [6, 0, 0]
    assert ids(await told(desk)) == [3, 4, 5]
    desk.clock.advance(days=30)
    while await desk.ledger.feed.clear():
        pass
    assert ids(await told(desk)) == [5]
    assert [await desk.ledger.feed.keeps("default", place) for place in (old[0].cursor, START)] == [False, True]
    assert await desk.ledger.feed.keeps("quiet", newest)
    await tells(desk, one(7, brand="quiet"))
    assert ids(await desk.ledger.feed.after("quiet", newest, 10)) == [7]


async def test_the_worker_clears_it(desk: Desk) -> None:
    await desk.ledger.feed.open(timedelta(hours=1))
    for number in range(2):
        await tells(desk, one(number, at=desk.now))
    desk.clock.advance(hours=2)

    await desk.ledger.tidy(())

    assert ids(await told(desk)) == [1]


async def test_a_place_is_not_that_of_another_row_after_a_restore(desk: Desk) -> None:
    await tells(desk, one(1))
    (entry,) = await told(desk)

    assert await desk.ledger.feed.keeps("default", entry.cursor)
    assert not await desk.ledger.feed.keeps("default", entry.cursor._replace(at=entry.at + 1))


class TestPostgres:
    """Transactions that end in another order than they began."""

    @pytest.fixture
    def database(self, request: pytest.FixtureRequest) -> str:
        return str(request.getfixturevalue("postgres").fresh(request.getfixturevalue("migrated")))

    PUT = "INSERT INTO feed (brand, at, entries) VALUES ('default', 1, $1)"

    async def test_what_commits_late_is_never_passed_over(self, desk: Desk, database: str) -> None:
        """Transactions that overlap at random; a reader pages all the while and sees each once."""
        chance, seen, done = Random(6), list[Entry](), asyncio.Event()
        writers = [await asyncpg.connect(database) for _ in range(6)]

        async def write(connection: asyncpg.Connection, numbers: list[int]) -> None:
            for number in numbers:
                async with connection.transaction():
                    await connection.execute(self.PUT, json.dumps([["message.read", 1, f"msg_{number:05}", 1, None, None]]))
                    await asyncio.sleep(chance.random() * 0.02)

        async def read() -> None:
            while True:
                last = done.is_set()
                page = await told(desk, seen[-1].cursor if seen else START, 3)
                seen.extend(page)
                if last and not page:
                    return
                await asyncio.sleep(0)

        reading = asyncio.create_task(read())
        await asyncio.gather(*(write(writer, list(range(start, 90, 6))) for start, writer in enumerate(writers)))
        done.set()
        await reading

        assert Counter(ids(seen)) == Counter(range(90))
        for writer in writers:
            await writer.close()

    async def test_what_a_restored_database_told_in_another_cluster_is_forgotten(self, desk: Desk, database: str) -> None:
        connection = await asyncpg.connect(database)
        await connection.execute("INSERT INTO feed (brand, xid, at, entries) VALUES ('default', $1, 1, '[]')", 2**60)

        before = await desk.ledger.feed.newest("default")
        await desk.ledger.feed.open(timedelta(days=3))
        await tells(desk, one(1))

        assert before == START
        assert ids(await told(desk)) == [1]
        await connection.close()
