"""Replaying dead letters: a new life and the whole route before them, once however often it is asked."""

import asyncio
import json
from datetime import timedelta

import pytest

from tests.gateway.scripted import Desk, message
from wasl.clock import micros
from wasl.ledger.claims import Claimed
from wasl.ledger.dead_letters import Terms
from wasl.ledger.reads import Filters
from wasl.ledger.settle import Ended
from wasl_contracts import Mark, Message, Reason, State

TWICE = Terms(possible_duplicate=True)


async def failed(desk: Desk, given: Message | None = None, state: State = State.FAILED, **how: object) -> Claimed:
    """A delivery that was called once and came to that end."""
    claimed = await desk.sending(given)
    outcome = "unknown" if state is State.UNKNOWN else "rejected"
    ended = Ended(1, desk.now, outcome, Reason.PROVIDER_REJECTED)
    told = {"reason": Reason.PROVIDER_REJECTED, "refused": ("mail",), "ended": ended, **how}
    assert await desk.ledger.settle(desk.settlement(claimed, state, **told))
    return claimed


async def replayed(desk: Desk, *claimed: Claimed, terms: Terms | None = None) -> list[object]:
    fates = await desk.ledger.replays.these("default", [one.message_id for one in claimed], terms or Terms())
    return [fate.left_alone for fate in fates]


async def test_a_dead_letter_gets_a_new_life_and_the_whole_route(desk: Desk) -> None:
    dead = await failed(desk, message(expires_in="2h"))
    desk.clock.advance(hours=5)

    assert await replayed(desk, dead) == [None]

    (again,) = await desk.claim()
    assert (again.state, again.reason, again.marks, again.channel, again.provider) == (State.SCHEDULED, None, (), None, None)
    assert (again.refused, again.tried, again.strikes, again.address_hash) == ((), (), 0, None)
    assert again.envelope.expires_at == desk.clock.now() + timedelta(hours=2)
    assert again.envelope.send_at == desk.clock.now()
    assert (again.attempts, again.past, again.tries) == (1, 1, 0)


async def test_it_is_recorded_who_did_it_and_what_it_was(desk: Desk) -> None:
    dead = await failed(desk)
    desk.clock.advance(minutes=1)

    await replayed(desk, dead)

    seen = await desk.ledger.message("default", dead.message_id)
    event = seen.timeline[-1]
    assert (event.type, event.at) == ("replayed", desk.clock.now())
    assert event.facts == {"by": "operator", "was": "failed", "reason": "provider_rejected"}


async def test_twice_is_as_good_as_once(desk: Desk) -> None:
    dead = await failed(desk)

    at_once = await asyncio.gather(*(replayed(desk, dead) for _ in range(5)))
    later = await replayed(desk, dead)

    assert sorted(at_once, key=str) == [["under_way"]] * 4 + [[None]]
    assert later == ["under_way"]
    assert desk.rows("SELECT count(*) FROM events WHERE type = 'replayed'") == [(1,)]
    assert len(await desk.claim()) == 1


async def test_what_may_have_arrived_goes_by_its_own_way_and_marked(desk: Desk) -> None:
    dead = await failed(desk, state=State.UNKNOWN)

    assert await replayed(desk, dead) == ["may_have_arrived"]
    assert await replayed(desk, dead, terms=TWICE) == [None]

    (again,) = await desk.claim()
    assert (again.channel, again.provider, again.unproven) == ("email", "mail", True)
    assert again.marks == (Mark.POSSIBLE_DUPLICATE,)


async def test_an_unknown_outcome_that_still_waits_for_proof_is_under_way(desk: Desk) -> None:
    dead = await failed(desk, state=State.UNKNOWN, due_at=desk.now + 1)

    assert await replayed(desk, dead, terms=TWICE) == ["under_way"]


async def test_a_late_answer_from_the_life_before_changes_nothing(desk: Desk) -> None:
    dead = await failed(desk)
    await replayed(desk, dead)

    assert not await desk.ledger.settle(desk.settlement(dead, State.FAILED))
    assert desk.state(dead) == "scheduled"


async def test_a_filter_counts_first_and_then_replays_what_it_counted(desk: Desk) -> None:
    for _ in range(3):
        await failed(desk)
    await failed(desk, reason=Reason.POISON)
    await failed(desk, state=State.UNKNOWN)
    filters = Filters(state=State.FAILED)

    counted = await desk.ledger.replays.all("default", filters, possible_duplicate=False, dry_run=True)
    assert desk.rows("SELECT count(*) FROM events WHERE type = 'replayed'") == [(0,)]
    done = await desk.ledger.replays.all("default", filters, possible_duplicate=False, dry_run=False)
    again = await desk.ledger.replays.all("default", filters, possible_duplicate=False, dry_run=False)

    assert (counted.retried, counted.by_reason) == (4, {"provider_rejected": 3, "poison": 1})
    assert (done.retried, done.by_reason, done.left_alone) == (4, counted.by_reason, {})
    assert again.retried == 0


async def test_a_reason_selects_too_and_nothing_else_is_touched(desk: Desk) -> None:
    await failed(desk)
    poisoned = await failed(desk, reason=Reason.POISON)

    done = await desk.ledger.replays.all("default", Filters(reason=Reason.POISON), possible_duplicate=False, dry_run=False)

    assert done.by_reason == {"poison": 1}
    assert desk.rows("SELECT message_id FROM deliveries WHERE state = 'scheduled'") == [(poisoned.message_id,)]


async def test_to_name_the_state_unknown_means_what_may_have_arrived(desk: Desk) -> None:
    await failed(desk, state=State.UNKNOWN)

    done = await desk.ledger.replays.all("default", Filters(state=State.UNKNOWN), possible_duplicate=False, dry_run=False)

    assert (done.retried, done.left_alone) == (1, {})


async def test_many_go_in_batches_and_no_more_than_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.ledger.replays._BATCH", 4)
    for _ in range(10):
        await failed(desk)
    filters = Filters(state=State.FAILED)

    some = await desk.ledger.replays.all("default", filters, possible_duplicate=False, dry_run=False, most=6)
    rest = await desk.ledger.replays.all("default", filters, possible_duplicate=False, dry_run=False, most=6)

    assert (some.retried, some.has_more) == (6, True)
    assert (rest.retried, rest.has_more) == (4, False)


async def test_an_ordering_key_is_kept(desk: Desk) -> None:
    first, second = [await failed(desk, message(ordering_key="ann")) for _ in range(2)]
    await desk.accept(message(ordering_key="ann"))

    assert await replayed(desk, first, second) == [None, None]

    order = []
    for _ in range(3):
        (claimed,) = await desk.claim()
        order.append(claimed.message_id)
        await desk.ledger.commit_intents([await desk.plan(claimed)])
        await desk.ledger.settle(desk.settlement(claimed, State.SENT))
    assert order[1:] == [first.message_id, second.message_id]
    assert await desk.claim() == []


async def test_a_failed_successor_begins_the_route_anew_and_its_devices_too(desk: Desk) -> None:
    tokens = [{"channel": "push", "kind": "fcm_token", "value": token} for token in "ab"]
    await desk.accept(message({"id": "u_1", "email": "ann@example.com", "addresses": tokens}, channels=["push", "email"]))
    claims = []
    for device in range(2):
        (claimed,) = await desk.claim("push")
        await desk.ledger.commit_intents([await desk.plan(claimed, "device")])
        claims.append(claimed)
        assert device == len(claims) - 1
    for claimed in claims:
        ended = Ended(1, desk.now, "rejected", Reason.INVALID_ADDRESS)
        await desk.ledger.settle(desk.settlement(claimed, State.FAILED, reason=Reason.INVALID_ADDRESS, ended=ended))

    assert await replayed(desk, claims[0]) == [None]

    (again,) = await desk.claim("push")
    assert again.number == 101
    assert await desk.ledger.commit_intents([await desk.plan(again, "device")]) == [True]
    states = desk.rows("SELECT number, state FROM deliveries ORDER BY number")
    assert states == [(1, "failed"), (101, "sending"), (10101, "accepted")]


async def test_another_brands_messages_are_not_there(desk: Desk) -> None:
    dead = await failed(desk)

    assert await desk.ledger.replays.these("other", [dead.message_id], Terms()) == []
    assert desk.state(dead) == "failed"


async def test_the_answer_to_a_repeated_request_is_still_the_same_message(desk: Desk) -> None:
    stored = await desk.accept(message(), key="k")
    (claimed,) = await desk.claim()
    await desk.ledger.settle(desk.settlement(claimed, State.FAILED, reason=Reason.UNROUTABLE))
    await replayed(desk, claimed)

    again = await desk.accept(message(), key="k")

    assert (again.id, again.replayed) == (stored.id, True)


async def test_everything_is_held_after_a_restore_once_and_comes_back_when_released(desk: Desk) -> None:
    out = await desk.sending()
    waiting = (await desk.accept(message())).id
    later = (await desk.accept(message(send_at=desk.clock.now() + timedelta(hours=9)))).id
    desk.clock.advance(seconds=1)

    held, twice = await desk.ledger.hold_all(), await desk.ledger.hold_all()

    assert (held, twice) == (3, 0)
    desk.clock.advance(hours=1)
    assert await desk.claim() == []
    assert not await desk.ledger.settle(desk.settlement(out, State.SENT, ended=Ended(1, desk.now, "receipt")))
    assert desk.rows("SELECT outcome, reason FROM attempts") == [("unknown", "after_restore")]
    assert sorted(desk.rows("SELECT type, facts FROM events")) == [
        ("scheduled", json.dumps({"reason": "after_restore"})), ("scheduled", json.dumps({"reason": "after_restore"})),
        ("unknown", json.dumps({"reason": "after_restore"})),
    ]  # fmt: skip

    filters = Filters(reason=Reason.AFTER_RESTORE)
    done = await desk.ledger.replays.all("default", filters, possible_duplicate=False, dry_run=False)

    assert (done.retried, done.left_alone) == (2, {"may_have_arrived": 1})
    (claimed,) = await desk.claim()
    assert (claimed.message_id, claimed.marks) == (waiting, (Mark.POSSIBLE_DUPLICATE,))
    desk.clock.advance(hours=8)
    assert [one.message_id for one in await desk.claim() if one.fence == 3] == [later]


async def test_new_messages_go_as_usual_after_a_restore_and_unknown_ones_are_held_too(desk: Desk) -> None:
    unknown = await failed(desk, state=State.UNKNOWN, due_at=desk.now + 5)
    desk.clock.advance(seconds=1)
    await desk.ledger.hold_all()

    fresh = await desk.accept(message())
    desk.clock.advance(minutes=1)

    assert [one.message_id for one in await desk.claim()] == [fresh.id]
    seen = await desk.ledger.message("default", unknown.message_id)
    assert (seen.timeline[-1].type, seen.deliveries[0].reason, seen.deliveries[0].due_at) == ("held", Reason.AFTER_RESTORE, None)
    assert await replayed(desk, unknown, terms=TWICE) == [None]
    assert desk.rows("SELECT due_at FROM deliveries WHERE message_id = ?", unknown.message_id) == [(micros(desk.clock.now()),)]
