"""What waits for proof, and the proof, in one moment: whichever commits first holds, and never both."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tests.gateway.scripted import ANN, Desk, message
from wasl.escalation import Escalating
from wasl.ledger.claims import Claimed
from wasl.ledger.escalating import News, heard
from wasl.ledger.settle import Ended
from wasl_contracts import Mark, Reason, State

ROUTE = {"channels": ["email", "sms"], "until": "delivered", "escalate_after": "10m"}


@pytest.fixture
def config() -> dict[str, Any]:
    return {"routes": {"default": ROUTE}}


async def waiting(desk: Desk, count: int = 1) -> list[Claimed]:
    """So many deliveries whose time to wait for proof is over, claimed; their messages were sent by mail."""
    for number in range(count):
        await desk.accept(message({**ANN, "id": f"u_{number}"}))
    sent = await desk.claim()
    await desk.ledger.commit_intents([await desk.plan(claimed) for claimed in sent])
    escalating = Escalating(desk.routing)
    for claimed in sent:
        step = desk.settlement(claimed, State.SENT, ended=Ended(1, desk.now, "receipt"))
        await desk.ledger.settle(escalating.awaiting(step, "email"))
    desk.clock.advance(minutes=10)
    return await desk.claim()


async def proved(desk: Desk, waits: Sequence[Claimed]) -> None:
    """The mails of these messages arrived."""
    news = [News(claimed.brand, claimed.message_id, 1, desk.now, "delivered") for claimed in waits]
    await desk.store.writer.run(lambda tx: heard(tx, news))


async def test_an_intent_after_the_proof_is_not_committed(desk: Desk) -> None:
    (claimed,) = await waiting(desk)
    intent = await desk.plan(claimed, "text")

    await proved(desk, [claimed])

    assert await desk.ledger.commit_intents([intent]) == [False]
    assert not await desk.ledger.settle(desk.settlement(claimed, State.SCHEDULED, reason=Reason.QUIET_HOURS, due_at=desk.now))
    assert desk.rows("SELECT state, reason, attempts FROM deliveries WHERE number = 2") == [("cancelled", "proof_came", 0)]


async def test_a_proof_after_the_intent_stops_nothing(desk: Desk) -> None:
    (claimed,) = await waiting(desk)
    assert await desk.ledger.commit_intents([await desk.plan(claimed, "text")]) == [True]

    await proved(desk, [claimed])

    assert desk.rows("SELECT state, marks FROM deliveries WHERE number = 2") == [("sending", f'["{Mark.ESCALATED}"]')]
    assert desk.rows("SELECT delivery FROM events WHERE type = 'escalated'") == [(2,)]


async def test_intents_and_proofs_at_once_end_in_one_of_both(desk: Desk) -> None:
    claims = await waiting(desk, 20)
    intents = [await desk.plan(claimed, "text") for claimed in claims]

    async def each(committing: Sequence[int]) -> list[bool]:
        await asyncio.sleep(0)
        return await desk.ledger.commit_intents([intents[place] for place in committing])

    first, _, second, _ = await asyncio.gather(
        each(range(10)), proved(desk, claims[5:]), each(range(10, 20)), proved(desk, [*reversed(claims)])
    )

    called = {claims[place].message_id for place, going in enumerate([*first, *second]) if going}
    states = dict(desk.rows("SELECT message_id, state FROM deliveries WHERE number = 2"))
    assert {one for one, state in states.items() if state == "sending"} == called
    assert {state for one, state in states.items() if one not in called} <= {"cancelled"}
    assert len(desk.rows("SELECT 1 FROM attempts WHERE delivery = 2")) == len(called)


async def test_the_calls_to_two_devices_that_end_at_once_leave_one_that_waits(desk: Desk) -> None:
    tokens = [{"channel": "push", "kind": "fcm_token", "value": value} for value in ("one", "two")]
    await desk.accept(message({**ANN, "addresses": tokens}, channels=["push", "email"], escalate={"until": "read", "after": "3m"}))
    (claimed,) = await desk.claim()
    await desk.ledger.commit_intents([await desk.plan(claimed, "device")])
    (sibling,) = await desk.claim()
    await desk.ledger.commit_intents([await desk.plan(sibling, "device")])
    escalating = Escalating(desk.routing)

    steps = [desk.settlement(one, State.SENT, ended=Ended(1, desk.now, "receipt")) for one in (claimed, sibling)]
    await asyncio.gather(*(desk.ledger.settle(escalating.awaiting(step, "push")) for step in steps))

    assert desk.rows("SELECT number, lane, tried FROM deliveries WHERE state = 'scheduled'") == [(102, "email", '["push"]')]


async def test_a_proof_that_came_while_it_was_opened_ends_it_before_its_intent(desk: Desk) -> None:
    """Two transactions on PostgreSQL, of which neither saw the other: the proof found nothing to end."""
    (claimed,) = await waiting(desk)
    await desk.change("UPDATE deliveries SET state = 'delivered' WHERE number = 1")

    assert await desk.ledger.commit_intents([await desk.plan(claimed, "text")]) == [False]
    assert desk.rows("SELECT state, reason FROM deliveries WHERE number = 2") == [("cancelled", "proof_came")]
