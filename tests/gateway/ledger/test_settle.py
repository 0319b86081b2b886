import asyncio

from tests.gateway.scripted import Desk, message
from wasl.ledger.claims import LEASE, Claimed
from wasl.ledger.settle import Ended, Suppress
from wasl_contracts import Mark, Reason, State

DEVICES = {"id": "u_1", "email": "ann@example.com", "addresses": [{"channel": "push", "kind": "fcm_token", "value": t} for t in "ab"]}
TO_EMAIL = ("email", ("push",))


async def pushed(desk: Desk) -> list[Claimed]:
    """A message to both devices of a person, each call out."""
    await desk.accept(message(DEVICES, channels=["push", "email"]))
    (first,) = await desk.claim("push")
    await desk.ledger.commit_intents([await desk.plan(first, "device")])
    (second,) = await desk.claim("push")
    await desk.ledger.commit_intents([await desk.plan(second, "device")])
    return [first, second]


def lanes(desk: Desk) -> list[tuple[str, str]]:
    return desk.rows("SELECT lane, state FROM deliveries ORDER BY number")


async def test_an_answer_ends_the_delivery_and_its_attempt(desk: Desk) -> None:
    claimed = await desk.sending()
    ended = Ended(1, desk.now, "receipt", provider_ref="SM1", facts={"segments": "1"})

    assert await desk.ledger.settle(desk.settlement(claimed, State.SENT, provider_ref="SM1", marks=(Mark.UNCONFIRMED,), ended=ended))

    assert desk.rows("SELECT state, provider_ref, marks, due_at, claimed_at FROM deliveries") == [
        ("sent", "SM1", '["unconfirmed"]', None, None)
    ]
    assert desk.rows("SELECT outcome, provider_ref, ended_at, facts FROM attempts") == [("receipt", "SM1", desk.now, '{"segments": "1"}')]


async def test_a_late_worker_changes_nothing(desk: Desk) -> None:
    late = await desk.sending()
    desk.clock.advance(microseconds=LEASE)
    (current,) = await desk.claim()
    answer = desk.settlement(
        late, State.FAILED, ended=Ended(1, desk.now, "rejected"), successor=("sms", ("email",)),
        suppress=Suppress("email", "h", "masked", "test"), decision="[]",
    )  # fmt: skip
    before = desk.rows("SELECT * FROM deliveries"), desk.rows("SELECT * FROM attempts")

    assert await desk.ledger.settle(answer) is False

    assert (desk.rows("SELECT * FROM deliveries"), desk.rows("SELECT * FROM attempts")) == before
    assert desk.rows("SELECT * FROM events") == []
    assert desk.rows("SELECT * FROM suppressions") == []
    assert await desk.ledger.settle(desk.settlement(current, State.UNKNOWN, due_at=desk.now))


async def test_in_a_batch_the_late_one_alone_changes_nothing(desk: Desk) -> None:
    late = await desk.sending()
    desk.clock.advance(microseconds=LEASE)
    await desk.claim()
    others = [await desk.sending(message({"id": f"u_{n}", "email": f"p{n}@example.com"})) for n in range(3)]

    done = await asyncio.gather(*(desk.ledger.settle(desk.settlement(claimed, State.SENT)) for claimed in (others[0], late, *others[1:])))

    assert done == [True, False, True, True]
    assert [desk.state(claimed) for claimed in (late, *others)] == ["sending", "sent", "sent", "sent"]


async def test_what_was_cancelled_meanwhile_stays_cancelled(desk: Desk) -> None:
    await desk.accept(message())
    (claimed,) = await desk.claim()
    await desk.ledger.cancel("default", claimed.message_id)

    assert await desk.ledger.settle(desk.settlement(claimed, State.WITHHELD, reason=Reason.SUPPRESSED_MANUAL)) is False

    assert desk.rows("SELECT state, reason FROM deliveries") == [("cancelled", "cancelled")]


async def test_the_same_answer_written_twice_counts_once(desk: Desk) -> None:
    claimed = await desk.sending()
    answer = desk.settlement(claimed, State.FAILED, ended=Ended(1, desk.now, "rejected"), successor=("sms", ("email",)))

    assert [await desk.ledger.settle(answer) for _ in range(2)] == [True, True]

    assert lanes(desk) == [("email", "failed"), ("sms", "accepted")]
    assert desk.rows("SELECT type FROM events") == [("failed",)]


async def test_an_end_frees_its_claim_and_never_comes_back(desk: Desk) -> None:
    for state in (State.SENT, State.DELIVERED, State.FAILED):
        claimed = await desk.sending()
        await desk.ledger.settle(desk.settlement(claimed, state))

    desk.clock.advance(days=400)

    assert await desk.claim() == []


async def test_a_failure_opens_its_successor_in_the_same_transaction(desk: Desk) -> None:
    claimed = await desk.sending()

    await desk.ledger.settle(desk.settlement(claimed, State.FAILED, successor=("sms", ("email",))))

    (successor,) = await desk.claim("sms")
    assert (successor.message_id, successor.number, successor.tried, successor.channel) == (claimed.message_id, 2, ("email",), None)
    assert [candidate.channel for candidate in desk.deciding.candidates(successor)] == ["sms"]


async def test_while_another_device_lives_there_is_no_successor(desk: Desk) -> None:
    first, second = await pushed(desk)

    await desk.ledger.settle(desk.settlement(first, State.FAILED, successor=TO_EMAIL))
    assert lanes(desk) == [("push", "failed"), ("push", "sending")]

    await desk.ledger.settle(desk.settlement(second, State.FAILED, successor=TO_EMAIL))
    assert lanes(desk) == [("push", "failed"), ("push", "failed"), ("email", "accepted")]


async def test_two_devices_that_fail_together_have_one_successor(desk: Desk) -> None:
    devices = await pushed(desk)

    await asyncio.gather(*(desk.ledger.settle(desk.settlement(device, State.FAILED, successor=TO_EMAIL)) for device in devices))

    assert lanes(desk) == [("push", "failed"), ("push", "failed"), ("email", "accepted")]


async def test_when_one_device_has_it_there_is_no_successor(desk: Desk) -> None:
    first, second = await pushed(desk)

    await desk.ledger.settle(desk.settlement(first, State.SENT))
    await desk.ledger.settle(desk.settlement(second, State.FAILED, successor=TO_EMAIL))

    assert lanes(desk) == [("push", "sent"), ("push", "failed")]


async def test_when_one_device_may_have_it_there_is_no_successor(desk: Desk) -> None:
    first, second = await pushed(desk)
    unknown = desk.settlement(first, State.UNKNOWN, due_at=desk.now, ended=Ended(1, desk.now, "unknown", Reason.OUTCOME_UNKNOWN))
    await desk.ledger.settle(unknown)
    (again,) = await desk.claim("push")
    await desk.ledger.settle(desk.settlement(again, State.FAILED))

    await desk.ledger.settle(desk.settlement(second, State.FAILED, successor=TO_EMAIL))

    assert lanes(desk) == [("push", "failed"), ("push", "failed")]


async def test_after_a_cancel_nothing_succeeds(desk: Desk) -> None:
    await desk.accept(message(DEVICES, channels=["push", "email"]))
    (first,) = await desk.claim("push")
    await desk.ledger.commit_intents([await desk.plan(first, "device")])
    await desk.ledger.cancel("default", first.message_id)

    await desk.ledger.settle(desk.settlement(first, State.FAILED, successor=TO_EMAIL))

    assert lanes(desk) == [("push", "failed"), ("push", "cancelled")]


async def test_a_dead_address_is_suppressed_with_its_source_and_only_once(desk: Desk) -> None:
    claimed = await desk.sending()
    hashed = str((await desk.plan(claimed)).candidate.address_hash)
    dead = Suppress("email", hashed, "a•••@e•••.com", "mail 5.1.1")

    await desk.ledger.settle(desk.settlement(claimed, State.FAILED, suppress=dead))
    again = await desk.sending(message({"id": "u_2", "email": "bob@example.com"}))
    desk.clock.advance(hours=1)
    await desk.ledger.settle(desk.settlement(again, State.FAILED, suppress=dead))

    assert desk.rows("SELECT channel, address_hash, address, reason, source, since FROM suppressions") == [
        ("email", hashed, "a•••@e•••.com", "suppressed_invalid", "mail 5.1.1", desk.now - 3_600_000_000)
    ]


async def test_a_state_without_a_way_back_is_told_as_an_event(desk: Desk) -> None:
    claimed = await desk.sending()

    await desk.ledger.settle(desk.settlement(claimed, State.SCHEDULED, reason=Reason.RETRYING, code="421", due_at=desk.now + 5))

    ((kind, facts),) = desk.rows("SELECT type, facts FROM events")
    assert kind == "scheduled"
    assert '"reason": "retrying"' in facts
    assert '"code": "421"' in facts
