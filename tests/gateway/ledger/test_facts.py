"""A fact is told once: what the ledger knows of the messages that tell it, and what follows."""

from datetime import timedelta
from typing import Any

import pytest

from tests.gateway.scripted import Desk, message
from wasl.deciding import Go, Stop, Wait
from wasl.ledger.claims import Claimed
from wasl.ledger.dead_letters import Terms
from wasl.ledger.settle import Ended
from wasl_contracts import Message, Reason, State

FACT = "order-1042 shipped"
RECEIPT = ("receipt", None)
NO = ("rejected", Reason.CONTENT_REJECTED)
LOST = ("unknown", Reason.OUTCOME_UNKNOWN)


def telling(**fields: Any) -> Message:
    return message(**{"fact": FACT, "channels": ["email"], **fields})


async def claim(desk: Desk, message_id: str) -> Claimed:
    return next(one for one in await desk.claim() if one.message_id == message_id)


async def decided(desk: Desk, claimed: Claimed) -> Any:
    candidates = desk.deciding.candidates(claimed)
    return desk.deciding.decide(claimed, candidates, await desk.ledger.inputs(candidates), desk.clock.now())


async def called(desk: Desk, how: tuple[str, Reason | None], state: State, **fields: Any) -> Claimed:
    """A message whose call ended so and that then had that state."""
    claimed = await desk.sending(telling(**fields))
    ended = Ended(1, desk.now, how[0], how[1])
    assert await desk.ledger.settle(desk.settlement(claimed, state, reason=how[1], ended=ended))
    return claimed


@pytest.mark.parametrize(
    ("how", "state"),
    [(RECEIPT, State.SENT), (RECEIPT, State.DELIVERED), (LOST, State.UNKNOWN)],
)
async def test_what_was_told_or_may_have_been_is_withheld(desk: Desk, how: tuple[str, Reason], state: State) -> None:
    first = await called(desk, how, state)
    second = await desk.accept(telling())

    decision = await decided(desk, await claim(desk, second.id))

    assert isinstance(decision, Stop)
    assert (decision.state, decision.reason, decision.others) == (State.WITHHELD, Reason.DUPLICATE, ())
    against = decision.judged[0].against
    assert against is not None
    assert against.inputs["message"] == first.message_id


async def test_one_that_ended_after_a_lost_answer_may_have_told_it(desk: Desk) -> None:
    first = await called(desk, LOST, State.UNKNOWN)
    await desk.ledger.settle(desk.settlement(first, State.EXPIRED, reason=Reason.EXPIRED))
    second = await desk.accept(telling())

    assert isinstance(await decided(desk, await claim(desk, second.id)), Stop)


async def test_what_certainly_did_not_arrive_lets_the_next_go(desk: Desk) -> None:
    """Refused, expired, cancelled, withheld, superseded or bounced."""
    await called(desk, NO, State.FAILED)
    for state in (State.EXPIRED, State.WITHHELD):
        await desk.accept(telling())
        (claimed,) = await desk.claim()
        await desk.ledger.settle(desk.settlement(claimed, state, reason=Reason.EXPIRED))
    await desk.ledger.cancel("default", (await desk.accept(telling())).id)
    await desk.accept(telling(about="order-1042"))
    bounced = await desk.accept(telling(about="order-1042", supersedes=True))
    claimed = await claim(desk, bounced.id)
    assert await desk.ledger.commit_intents([await desk.plan(claimed)]) == [True]
    await desk.ledger.settle(desk.settlement(claimed, State.SENT, ended=Ended(1, desk.now, "receipt")))
    await desk.ledger.settle(desk.settlement(claimed, State.BOUNCED, reason=Reason.INVALID_ADDRESS))

    last = await desk.accept(telling())

    assert isinstance(await decided(desk, await claim(desk, last.id)), Go)


async def test_one_that_waits_is_waited_for_and_goes_itself(desk: Desk) -> None:
    later = desk.clock.now() + timedelta(minutes=30)
    first = await desk.accept(telling(send_at=later))
    second = await desk.accept(telling())

    decision = await decided(desk, await claim(desk, second.id))

    assert isinstance(decision, Wait)
    assert (decision.until, decision.reason) == (later, Reason.DUPLICATE)
    desk.clock.advance(minutes=30)
    assert isinstance(await decided(desk, await claim(desk, first.id)), Go)


async def test_a_call_that_is_out_is_waited_for(desk: Desk) -> None:
    sending = await desk.sending(telling())
    second = await claim(desk, (await desk.accept(telling())).id)

    assert isinstance(await decided(desk, second), Wait)
    await desk.ledger.settle(desk.settlement(sending, State.FAILED, ended=Ended(1, desk.now, *NO)))
    assert isinstance(await decided(desk, second), Go)


async def test_of_two_that_are_to_leave_together_one_gets_its_intent(desk: Desk) -> None:
    await desk.accept(telling())
    first = await desk.claim()
    intents = [await desk.plan(first[0])]
    await desk.accept(telling(channels=["sms"]))
    await desk.ledger.cancel("default", first[0].message_id)
    (second,) = await desk.claim("sms")
    intents.append(await desk.plan(second, "text"))
    third = await desk.accept(telling(channels=["sms"]))

    assert await desk.ledger.commit_intents(intents) == [False, True]
    assert isinstance(await decided(desk, await claim(desk, third.id)), Wait)


async def test_what_was_planned_before_another_told_it_gets_no_intent(desk: Desk) -> None:
    later = await desk.accept(telling())
    intent = await desk.plan(await claim(desk, later.id))
    other = await desk.accept(telling(channels=["sms"], fact="another"))
    sent = await claim(desk, other.id)
    assert await desk.ledger.commit_intents([await desk.plan(sent, "text")]) == [True]
    await desk.ledger.settle(desk.settlement(sent, State.SENT, ended=Ended(1, desk.now, "receipt")))
    async with desk.store.engine.begin() as connection:  # as if it had been accepted before, by a machine whose clock is behind
        await connection.exec_driver_sql(f"UPDATE messages SET fact = '{FACT}' WHERE id = '{other.id}'")

    assert await desk.ledger.commit_intents([intent]) == [False]


async def test_an_operator_does_not_tell_it_twice(desk: Desk) -> None:
    first = await called(desk, NO, State.FAILED)
    await called(desk, RECEIPT, State.SENT)

    (fate,) = await desk.ledger.replays.these("default", [first.message_id], Terms())

    assert fate.left_alone is None
    decision = await decided(desk, await claim(desk, first.message_id))
    assert isinstance(decision, Stop)
    assert decision.reason is Reason.DUPLICATE


@pytest.mark.parametrize("other", [{"to": {"id": "u_2", "email": "bo@example.com"}}, {"fact": "order-1043 shipped"}, {"fact": None}])
async def test_another_person_or_fact_does_not_matter(desk: Desk, other: dict[str, Any]) -> None:
    await called(desk, RECEIPT, State.SENT, **other)
    second = await desk.accept(telling())

    assert isinstance(await decided(desk, await claim(desk, second.id)), Go)


async def test_the_fact_of_a_message_is_no_idempotency_key(desk: Desk) -> None:
    first, second = await desk.accept(telling(), key="a"), await desk.accept(telling(), key="b")

    assert not second.replayed
    assert (await desk.ledger.message("default", second.id)).fact == FACT
    assert first.id != second.id
