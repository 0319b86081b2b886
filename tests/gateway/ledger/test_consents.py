"""The consent ledger beside the intents, on each engine."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from tests.gateway.scripted import Desk, message
from wasl.consent import ConsentChange
from wasl.ledger.consents import read_consents
from wasl.ledger.hot import Hot, Row, Values
from wasl.ledger.inputs import read_inputs
from wasl.ledger.intents import Intent
from wasl.ledger.port import Reader


@pytest.fixture
def config() -> dict[str, Any]:
    topics = {"news": {"category": "service"}, "codes": {"category": "otp"}, "offers": {"category": "promotional", "quiet_hours": False}}
    return {"topics": topics, "routes": {"default": {"channels": ["email", "sms"]}}}


def said(state: Any, topic: str = "news", channel: str = "email") -> list[ConsentChange]:
    return [ConsentChange(topic=topic, channel=channel, state=state)]


async def test_no_intent_commits_after_a_withdrawal(desk: Desk) -> None:
    await desk.accept(message(topic="news"))
    (claimed,) = await desk.claim()
    intent = await desk.plan(claimed)
    await desk.ledger.consents.record("default", "u_1", said("withdrawn", "*", "email"))

    assert await desk.ledger.commit_intents([intent]) == [False]

    assert desk.rows("SELECT count(*) FROM attempts") == [(0,)]
    assert desk.state(claimed) == "accepted"


async def test_an_intent_commits_when_something_else_was_withdrawn(desk: Desk) -> None:
    await desk.accept(message(topic="news"))
    (claimed,) = await desk.claim()
    intent = await desk.plan(claimed)
    await desk.ledger.consents.record("default", "u_1", [*said("withdrawn", "news", "sms"), *said("withdrawn", "offers")])

    assert await desk.ledger.commit_intents([intent]) == [True]


async def test_a_code_goes_whatever_was_withdrawn(desk: Desk) -> None:
    await desk.accept(message(topic="codes"))
    await desk.ledger.consents.record("default", "u_1", said("withdrawn", "*", "*"))
    (claimed,) = await desk.claim()

    assert await desk.ledger.commit_intents([await desk.plan(claimed)]) == [True]


async def test_the_word_of_one_person_says_nothing_of_another(desk: Desk) -> None:
    await desk.accept(message({"id": "u_1", "email": "a@example.com"}, topic="news"))
    await desk.accept(message({"id": "u_2", "email": "b@example.com"}, topic="news"))
    await desk.ledger.consents.record("default", "u_1", said("withdrawn"))

    found = await read_consents(desk.store.reader, {("default", "u_1"), ("default", "u_2"), ("other", "u_1")})

    assert {whom: [row.state for row in rows] for whom, rows in found.items()} == {("default", "u_1"): ["withdrawn"]}


async def test_only_the_newest_row_of_a_scope_is_read_and_none_that_is_pending(desk: Desk) -> None:
    await desk.accept(message(topic="news"))
    for state in ("granted", "withdrawn", "granted", "pending"):
        await desk.ledger.consents.record("default", "u_1", [*said(state), *said(state, "*", "sms")])

    ((_, found),) = (await read_consents(desk.store.reader, {("default", "u_1")})).items()

    rows = desk.rows("SELECT topic, channel, id FROM consents WHERE state = 'granted' ORDER BY id DESC LIMIT 2")
    assert sorted((row.topic, row.channel, row.id) for row in found) == sorted(rows)


async def test_an_erased_recipient_says_nothing_any_more(desk: Desk) -> None:
    await desk.accept(message(topic="news"))
    async with desk.store.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE recipients SET erased_at = 1")

    assert await desk.ledger.consents.record("default", "u_1", said("granted")) is None
    assert await desk.ledger.consents.history("default", "u_1") is None


class Counting:
    """A reader that remembers what it was asked."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.asked: list[str] = []

    async def fetch(self, statement: Hot, values: Values) -> list[Row]:
        self.asked.append(statement.lite.sql)
        return await self._reader.fetch(statement, values)


async def _queries(desk: Desk, topics: Sequence[str]) -> int:
    for number, topic in enumerate(topics):
        await desk.accept(message({"id": f"u_{number}", "email": f"u{number}@example.com"}, topic=topic))
    candidates = [candidate for claimed in await desk.claim() for candidate in desk.deciding.candidates(claimed)]
    reader = Counting(desk.store.reader)
    await read_inputs(reader, candidates, desk.policies, desk.clock.now())
    return sum("consents" in sql for sql in reader.asked)


async def test_a_batch_costs_one_query_for_consents(desk: Desk) -> None:
    assert await _queries(desk, ["news", "codes", "default", "offers"] * 5) == 1


async def test_where_nobody_is_asked_nothing_is_read(desk: Desk) -> None:
    assert await _queries(desk, ["codes"] * 3) == 0


@pytest.fixture
async def theirs(desk: Desk, queued: Intent) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """A transaction of another process that holds the recipient."""
    connection = await asyncpg.connect(desk.url)
    await connection.execute("BEGIN")
    await connection.execute("SELECT id FROM recipients WHERE id = 'u_1' FOR NO KEY UPDATE")
    yield connection
    await connection.close()


async def waits(work: "asyncio.Future[Any]") -> bool:
    return not (await asyncio.wait([work], timeout=0.1))[0]


@pytest.fixture
async def queued(desk: Desk) -> Intent:
    """A message that is about to leave."""
    await desk.accept(message(topic="news"))
    (claimed,) = await desk.claim()
    return await desk.plan(claimed)


_WITHDRAWN = """INSERT INTO consents (brand, recipient_id, id, at, topic, channel, state, actor, source)
 VALUES ('default', 'u_1', 'con_1', 1, 'news', 'email', 'withdrawn', 'support', 'support')"""
only_postgres = pytest.mark.parametrize("database", ["postgres"], indirect=True)


@only_postgres
async def test_an_intent_waits_for_a_withdrawal_that_is_being_written(
    desk: Desk, queued: Intent, theirs: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await theirs.execute(_WITHDRAWN)
    going = asyncio.ensure_future(desk.ledger.commit_intents([queued]))

    waited = await waits(going)
    await theirs.execute("COMMIT")

    assert (waited, await going) == (True, [False])


@only_postgres
async def test_a_withdrawal_waits_for_an_intent_that_is_being_written(
    desk: Desk, queued: Intent, theirs: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    recording = asyncio.ensure_future(desk.ledger.consents.record("default", "u_1", said("withdrawn")))

    waited = await waits(recording)
    await theirs.execute("COMMIT")

    assert waited
    assert len(await recording or ()) == 1
