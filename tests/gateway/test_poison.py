"""What fails in us or brings down its worker: three times, then it is set aside and the rest goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.databases import rows
from tests.gateway.scripted import NOON, Carrier, Desk, Script, calls, claimed, message
from wasl.answers import Accepted
from wasl.api import Gateway, Submission
from wasl.deciding import Deciding
from wasl.errors import LedgerUnavailable
from wasl.ledger.claims import LEASE, Release
from wasl.ledger.ledger import Ledger
from wasl.ledger.settle import Ended
from wasl.ledger.tables import recipients
from wasl.poison import Trials, dead_letter, poisoned
from wasl.writing import Writing
from wasl_contracts import Delivery, Mark, Reason, Receipt, State

Opened = Callable[..., Awaitable[Gateway]]
POISON = "u_poison"


@pytest.fixture
def quick_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("planning", "pipeline"):
        monkeypatch.setattr(f"wasl.{module}.PAUSE", timedelta(milliseconds=5))
    monkeypatch.setattr("wasl.pipeline._TURN", timedelta(milliseconds=1))


def test_the_third_strike_is_the_last() -> None:
    assert [poisoned(claimed(strikes=strikes)) for strikes in range(4)] == [False, False, False, True]


def test_a_dead_letter_says_why_and_what_may_have_been_sent_says_that_too() -> None:
    clean, doubtful = dead_letter(claimed(strikes=3), NOON), dead_letter(claimed(strikes=3, unproven=True), NOON)

    assert (clean.state, clean.reason, clean.due_at, clean.marks) == (State.FAILED, Reason.POISON, None, ())
    assert doubtful.marks == (Mark.POSSIBLE_DUPLICATE,)


async def test_the_first_claim_that_ended_with_its_worker_is_a_strike_and_then_only_what_was_tried_is_struck(desk: Desk) -> None:
    await desk.accept(message())

    strikes = []
    for tried in (False, False, True, False):
        (found,) = await desk.claim()
        strikes.append(found.strikes)
        if tried:
            await desk.ledger.strike([found])
        desk.clock.advance(microseconds=LEASE)
    (found,) = await desk.claim()

    assert [*strikes, found.strikes] == [0, 1, 1, 2, 2]


async def test_what_is_given_back_has_no_strike_more_than_before(desk: Desk) -> None:
    await desk.accept(message())
    (found,) = await desk.claim()
    await desk.ledger.strike([found])

    await desk.ledger.release([Release(found, found.lane, 0)])

    assert [one.strikes for one in await desk.claim()] == [0]


async def test_a_fault_of_ours_is_a_strike_too(desk: Desk) -> None:
    await desk.accept(message())
    (found,) = await desk.claim()

    await desk.ledger.release([Release(found, found.lane, 0, struck=True)])

    assert [one.strikes for one in await desk.claim()] == [1]


async def test_a_call_that_ends_while_its_worker_lives_clears_it(desk: Desk) -> None:
    await desk.accept(message())
    await desk.claim()
    desk.clock.advance(microseconds=LEASE)
    (found,) = await desk.claim()
    await desk.ledger.commit_intents([await desk.plan(found)])

    ended = Ended(1, desk.now, "unavailable", Reason.PROVIDER_UNAVAILABLE)
    await desk.ledger.settle(desk.settlement(found, State.SCHEDULED, due_at=desk.now, ended=ended))

    assert [one.strikes for one in await desk.claim()] == [0]


async def test_a_call_cut_off_by_the_end_of_its_worker_clears_nothing(desk: Desk) -> None:
    found = await desk.sending()
    desk.clock.advance(microseconds=LEASE)
    (lost,) = await desk.claim()

    ended = Ended(1, desk.now, "unknown", Reason.WORKER_LOST)
    await desk.ledger.settle(desk.settlement(lost, State.UNKNOWN, due_at=desk.now, ended=ended))

    assert found.strikes == 0
    assert [one.strikes for one in await desk.claim()] == [1]


async def test_a_message_that_cannot_be_planned_is_set_aside_and_all_others_are_sent(
    opened: Opened, quick_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Writing.delivery

    def delivery(self: Writing, intent: Any, *rest: Any) -> Any:
        if intent.claimed.envelope.recipient_id == POISON:
            raise RecursionError
        return real(self, intent, *rest)

    monkeypatch.setattr(Writing, "delivery", delivery)

    await _one_of_twelve_is_set_aside(opened)


async def test_a_message_that_cannot_be_decided_is_set_aside_and_all_others_are_sent(
    opened: Opened, quick_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Deciding.decide

    def decide(self: Deciding, found: Any, *rest: Any) -> Any:
        if found.envelope.recipient_id == POISON:
            raise ZeroDivisionError
        return real(self, found, *rest)

    monkeypatch.setattr(Deciding, "decide", decide)

    await _one_of_twelve_is_set_aside(opened)


async def _one_of_twelve_is_set_aside(opened: Opened) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail})
    people = [{"id": POISON if n == 4 else f"u_{n}", "email": f"p{n}@example.com"} for n in range(12)]

    accepted = await gateway.accept_many([Submission(message(to)) for to in people])
    seen = [await gateway.wait(one.id) for one in accepted if isinstance(one, Accepted)]

    assert [one.state for one in seen if one.to.id != POISON] == [State.SENT] * 11
    (bad,) = [one for one in seen if one.to.id == POISON]
    assert bad.reason is not None
    assert (bad.state, bad.reason.code, bad.deliveries[0].attempts) == (State.FAILED, Reason.POISON, ())
    assert calls(mail) == [11]


def test_suspects_go_alone_at_first_and_those_with_one_more_strike_to_go_always_alone_and_last() -> None:
    once = [claimed(number=number, strikes=1) for number in range(40)]
    twice = [claimed(number=number, strikes=2) for number in range(40, 43)]
    trials, waiting, sizes = Trials(), [*twice, *once], []
    while waiting:
        going, waiting = trials.choose(waiting)
        trials.began(frozenset())
        sizes.append([suspect.strikes for suspect in going])

    assert sizes == [[1] * 1, [1] * 2, [1] * 4, *[[1] * 8] * 4, [1], [2], [2], [2]]


async def test_nobody_goes_while_the_calls_of_a_trial_are_out() -> None:
    trials, suspects = Trials(), [claimed(strikes=1), claimed(strikes=2)]
    call = asyncio.create_task(asyncio.sleep(60))
    trials.began({call})

    assert trials.choose(suspects) == ([], suspects)
    call.cancel()
    await asyncio.wait([call])
    assert trials.choose(suspects) == (suspects[:1], suspects[1:])


async def test_a_crash_during_a_trial_strikes_only_what_was_tried(opened: Opened, quick_pauses: None, database: str) -> None:
    held: list[int] = []

    async def answer(_: Delivery) -> Receipt:
        held.append(rows(database, "SELECT count(*) FROM deliveries WHERE claimed_at IS NOT NULL AND strikes > 0")[0][0])
        return Receipt()

    waiting = await opened({"mail": Carrier("email")}, worker=False)
    accepted = [await waiting.accept(message()) for _ in range(8)]
    ledger = waiting._open.ledger
    await ledger.release([Release(one, one.lane, 0, struck=True) for one in await ledger.claim({"email": 100})])
    gateway = await opened({"mail": Carrier("email", Script(then=answer))})

    assert {(await gateway.wait(one.id)).state for one in accepted} == {State.SENT}
    assert held[0] == 1
    assert max(held) <= 4


async def test_an_operator_gives_a_poisoned_message_another_chance(opened: Opened, quick_pauses: None) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    accepted = await gateway.accept(message())
    ledger = gateway._open.ledger
    for _ in range(3):
        (found,) = await ledger.claim({"email": 1})
        await ledger.release([Release(found, found.lane, 0, struck=True)])
    working = await opened({"mail": Carrier("email")})
    failed = await working.wait(accepted.id)

    sent = await working.wait((await working.retry(accepted.id)).id)

    assert (failed.state, sent.state) == (State.FAILED, State.SENT)


async def test_an_outage_of_the_database_is_held_against_nobody(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    real, away = Ledger.commit_intents, [LedgerUnavailable("It is away.")] * 5

    async def commit_intents(self: Ledger, intents: Any) -> list[bool]:
        if away:
            raise away.pop()
        return await real(self, intents)

    monkeypatch.setattr(Ledger, "commit_intents", commit_intents)
    gateway = await opened({"mail": Carrier("email")})

    accepted = [await gateway.accept(message()) for _ in range(3)]

    assert {(await gateway.wait(one.id)).state for one in accepted} == {State.SENT}
    assert away == []


async def test_what_is_damaged_in_the_database_keeps_back_no_other(desk: Desk) -> None:
    await desk.accept(message({"id": "u_1", "email": "a@example.com"}))
    whole = await desk.accept(message({"id": "u_2", "email": "b@example.com"}))
    async with desk.store.engine.begin() as connection:
        await connection.execute(update(recipients).where(recipients.c.id == "u_1").values(sealed=b"damaged"))

    assert [one.message_id for one in await desk.claim()] == [whole.id]
