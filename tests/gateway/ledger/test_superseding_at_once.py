"""Processes that accept and send at the same time: whoever commits later knows what was committed before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.scripted import ANN, Carrier, Desk, FakeClock, message, specs
from tests.postgres import Server
from wasl.ledger import statements as sql
from wasl.ledger.accept import Acceptance
from wasl.ledger.port import Transaction
from wasl_contracts import Message, Reason, State

SHORT = 0.05  # seconds in which what need not wait is done


@pytest.fixture
def database(postgres: Server, migrated: str) -> str:
    """On SQLite one transaction writes at a time."""
    return str(postgres.fresh(migrated))


@pytest.fixture
async def other(folder: Path, desk: Desk, carriers: dict[str, Carrier], config: dict[str, Any], clock: FakeClock) -> AsyncIterator[Desk]:
    opened = await Desk.open(specs(folder, carriers, database=desk.url, **config), clock)
    yield opened
    await opened.close()


def about(**fields: Any) -> Message:
    return message(**{"about": "order-1042", "channels": ["email"], **fields})


@asynccontextmanager
async def accepting(desk: Desk, given: Message) -> AsyncIterator[str]:
    """The id of a message whose transaction has written everything and is committed when this ends."""
    draft = desk.drafting.draft(given, None, desk.clock.now())
    written, go_on = asyncio.Event(), asyncio.Event()

    async def work(tx: Transaction) -> None:
        await Acceptance(desk.keys, desk.routing).write(tx, [draft])
        await tx.fetch(sql.RECIPIENTS, {"keys": "[]"})  # what waited for the commit is sent to the database
        written.set()
        await go_on.wait()

    committed = asyncio.create_task(desk.store.writer.run(work))
    await written.wait()
    try:
        yield str(draft.row["id"])
    finally:
        go_on.set()
        await committed


async def waits(task: "asyncio.Task[Any]") -> bool:
    """Whether it is still not done after a moment."""
    await asyncio.sleep(SHORT)
    return not task.done()


def replaced(desk: Desk, message_id: str) -> str | None:
    ((by,),) = desk.rows("SELECT superseded_by FROM messages WHERE id = ?", message_id)
    return str(by) if by is not None else None


@pytest.mark.parametrize("known", [True, False])
async def test_the_newer_one_waits_for_an_older_one_that_is_being_stored(desk: Desk, other: Desk, known: bool) -> None:
    """Whether the person is known, or comes with the older one."""
    if known:
        await desk.accept(message())

    async with accepting(other, about()) as older:
        newer = asyncio.create_task(desk.accept(about(supersedes=True)))
        assert await waits(newer)

    by = (await newer).id
    assert replaced(desk, older) == by
    assert desk.rows("SELECT state FROM deliveries WHERE message_id = ?", older) == [("superseded",)]


@pytest.mark.parametrize("known", [True, False])
async def test_what_is_stored_after_the_newer_one_is_not_older(desk: Desk, other: Desk, known: bool) -> None:
    if known:
        await desk.accept(message())

    async with accepting(other, about(supersedes=True)):
        later = asyncio.create_task(desk.accept(about()))
        assert await waits(later)

    assert replaced(desk, (await later).id) is None


async def test_what_is_about_nothing_waits_for_nobody(desk: Desk, other: Desk) -> None:
    await desk.accept(message())

    async with accepting(other, about(supersedes=True)):
        assert not await waits(asyncio.create_task(desk.accept(message())))


async def test_an_intent_waits_for_the_newer_one(desk: Desk, other: Desk) -> None:
    await desk.accept(about())
    (claimed,) = await desk.claim("email")
    intent = await desk.plan(claimed)

    async with accepting(other, about(supersedes=True)):
        committed = asyncio.create_task(desk.ledger.commit_intents([intent]))
        assert await waits(committed)

    assert await committed == [False]


async def test_the_newer_one_waits_for_an_intent_and_then_knows_of_the_call(desk: Desk, other: Desk) -> None:
    await desk.accept(about())
    (claimed,) = await desk.claim("email")
    intent = await desk.plan(claimed)

    went, newer = await asyncio.gather(desk.ledger.commit_intents([intent]), other.accept(about(supersedes=True)))

    by, state = replaced(desk, claimed.message_id), desk.state(claimed)
    assert by == newer.id
    assert state == ("sending" if went == [True] else "superseded")


async def test_a_delivery_that_took_over_meanwhile_gets_no_intent(desk: Desk, other: Desk) -> None:
    """It was not there when the newer one ended what waits, and the decision was made before that was committed."""
    sending = await desk.sending(about(channels=["email", "sms"]))

    async with accepting(other, about(supersedes=True)):
        failed = desk.settlement(sending, State.FAILED, reason=Reason.CONTENT_REJECTED, successor=("sms", ("email",)))
        await desk.ledger.settle(failed)
        (successor,) = await desk.claim("sms")
        intent = await desk.plan(successor, "text")
        committed = asyncio.create_task(desk.ledger.commit_intents([intent]))
        assert await waits(committed)

    assert await committed == [False]
    assert len(desk.rows("SELECT 1 FROM attempts")) == 1


async def test_of_two_messages_with_one_fact_that_are_to_leave_at_once_one_does(desk: Desk, other: Desk) -> None:
    """The later one was judged before the earlier one was there."""
    first = desk.drafting.draft(message(fact="shipped", channels=["email"]), None, desk.clock.now())
    await asyncio.sleep(0.002)  # ids sort by milliseconds
    second = await desk.accept(message(fact="shipped", channels=["email"]))
    (late,) = await desk.claim("email")
    intents = [await desk.plan(late)]
    await desk.ledger.accept(first)
    (early,) = await other.claim("email")
    intents.append(await other.plan(early))

    outcomes = await asyncio.gather(desk.ledger.commit_intents(intents[:1]), other.ledger.commit_intents(intents[1:]))

    assert (late.message_id, early.message_id) == (second.id, first.row["id"])
    assert sorted(outcomes) in ([[False], [True]], [[False], [False]])
    assert len(desk.rows("SELECT 1 FROM attempts")) == sum(outcome == [True] for outcome in outcomes)


@pytest.mark.parametrize("known", [True, False])
async def test_both_at_once_end_in_one_order(desk: Desk, other: Desk, known: bool) -> None:
    """Many times both ways: of two newer ones at once, the one that was stored first is replaced by the other."""
    for n in range(10):
        to = {**ANN, "id": f"u_{n}", "email": f"p{n}@example.com", "phone": None}
        if known:
            await desk.accept(message(to))

        both = await asyncio.gather(*(one.accept(about(to=to, supersedes=True)) for one in (desk, other)))

        first, second = (replaced(desk, one.id) for one in both)
        assert {first, second} in ({both[0].id, None}, {both[1].id, None})
        of_both = "SELECT state FROM deliveries WHERE message_id IN (?, ?) ORDER BY state"
        assert desk.rows(of_both, *(one.id for one in both)) == [("accepted",), ("superseded",)]
