"""Ordering keys: one under way for each, the oldest first."""

import pytest

from tests.gateway.scripted import Desk, message
from wasl.ledger.claims import Claimed
from wasl.ledger.settle import Settlement
from wasl_contracts import Message, Reason, State


def told(key: str | None = "ann", **fields: object) -> Message:
    return message(ordering_key=key, channels=["email"], **fields)


async def started(desk: Desk, claimed: Claimed) -> Claimed:
    assert await desk.ledger.commit_intents([await desk.plan(claimed)]) == [True]
    return claimed


async def claim_one(desk: Desk) -> Claimed:
    (claimed,) = await desk.claim("email")
    return claimed


async def test_the_next_goes_when_the_one_before_has_ended_oldest_first(desk: Desk) -> None:
    accepted = [(await desk.accept(told())).id for _ in range(3)]

    order = []
    for _ in range(3):
        sent = await started(desk, await claim_one(desk))
        assert await desk.claim("email") == []
        await desk.ledger.settle(desk.settlement(sent, State.SENT))
        order.append(sent.message_id)

    assert order == accepted
    assert await desk.claim("email") == []


async def test_other_keys_and_messages_without_one_do_not_wait(desk: Desk) -> None:
    for key in ("ann", "ann", "bo", None, None):
        await desk.accept(told(key))

    assert len(await desk.claim("email")) == 4


async def test_one_commit_of_many_keeps_the_order_too(desk: Desk) -> None:
    drafts = [desk.drafting.draft(told(), None, desk.clock.now()) for _ in range(5)]
    for waiting in [desk.ledger.accept(draft) for draft in drafts]:
        await waiting

    assert (await claim_one(desk)).message_id == drafts[0].row["id"]


async def test_what_waits_says_why(desk: Desk) -> None:
    await desk.accept(told())
    waits = await desk.accept(told())

    seen = await desk.ledger.message("default", waits.id)

    assert (seen.state, seen.reason and seen.reason.code) == (State.SCHEDULED, Reason.IN_ORDER)


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED, State.WITHHELD, State.UNKNOWN])
async def test_any_end_lets_the_next_go(desk: Desk, state: State) -> None:
    await desk.accept(told())
    following = await desk.accept(told())
    first = await claim_one(desk)
    if state in (State.FAILED, State.UNKNOWN):
        await started(desk, first)

    await desk.ledger.settle(desk.settlement(first, state, reason=Reason.PROVIDER_REJECTED))

    assert (await claim_one(desk)).message_id == following.id


async def test_a_retry_keeps_the_others_waiting(desk: Desk) -> None:
    await desk.accept(told())
    await desk.accept(told())
    first = await started(desk, await claim_one(desk))

    await desk.ledger.settle(desk.settlement(first, State.SCHEDULED, due_at=desk.now + 60_000_000, reason=Reason.RETRYING))

    assert await desk.claim("email") == []
    desk.clock.advance(minutes=1)
    assert (await claim_one(desk)).message_id == first.message_id


async def test_a_successor_on_the_next_channel_keeps_the_others_waiting(desk: Desk) -> None:
    await desk.accept(message(ordering_key="ann", channels=["email", "sms"]))
    following = await desk.accept(told())
    first = await started(desk, await claim_one(desk))

    await desk.ledger.settle(desk.settlement(first, State.FAILED, reason=Reason.PROVIDER_REJECTED, successor=("sms", ("email",))))

    (second,) = await desk.claim("email", "sms")
    assert (second.message_id, second.lane) == (first.message_id, "sms")
    await started(desk, second)
    await desk.ledger.settle(desk.settlement(second, State.SENT))
    assert (await claim_one(desk)).message_id == following.id


async def test_cancelling_the_first_or_one_in_between_lets_the_rest_go_on(desk: Desk) -> None:
    first, second, third = [(await desk.accept(told())).id for _ in range(3)]

    await desk.ledger.cancel("default", second)
    await desk.ledger.cancel("default", first)

    assert (await claim_one(desk)).message_id == third


async def test_what_waits_too_long_behind_another_expires(desk: Desk) -> None:
    await desk.accept(told())
    late = await desk.accept(told(expires_in="1h"))
    first = await started(desk, await claim_one(desk))

    desk.clock.advance(minutes=59)
    await desk.ledger.renew([first])
    assert await desk.claim("email") == []
    desk.clock.advance(seconds=59)
    await desk.ledger.renew([first])
    desk.clock.advance(seconds=2)

    assert (await claim_one(desk)).message_id == late.id  # to be told that it has expired


async def test_send_at_is_kept_when_its_turn_comes(desk: Desk) -> None:
    await desk.accept(told())
    later = await desk.accept(told(send_at=desk.clock.now().replace(hour=13).isoformat()))
    first = await started(desk, await claim_one(desk))

    await desk.ledger.settle(desk.settlement(first, State.SENT))

    assert await desk.claim("email") == []
    desk.clock.advance(hours=1)
    assert (await claim_one(desk)).message_id == later.id


async def test_a_late_settlement_of_the_first_changes_nothing_for_the_others(desk: Desk) -> None:
    await desk.accept(told())
    await desk.accept(told())
    stale = await started(desk, await claim_one(desk))
    desk.clock.advance(minutes=2)
    current = await claim_one(desk)

    assert not await desk.ledger.settle(Settlement(claimed=stale, state=State.SENT, at=desk.now))

    assert current.message_id == stale.message_id
    assert await desk.claim("email") == []
