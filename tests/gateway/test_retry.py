import math
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests.gateway.scripted import NOON, candidate, claimed, envelope
from wasl.clock import micros, moment
from wasl.config import Retry
from wasl.ledger.intents import Intent
from wasl.ledger.settle import Settlement
from wasl.retry import Aftermath, Alternatives, Answered
from wasl_contracts import Mark, ProviderError, Reason, Receipt, Rejected, State, Unavailable, Unknown

PAUSED = timedelta(seconds=60)
NOTHING = Alternatives((), ())
SPARE = Alternatives(("spare",), ())
SMS = Alternatives((), (candidate(channel="sms"),))


def settle(
    answer: Receipt | ProviderError, left: Alternatives = NOTHING, *, receipts: bool = False, keyed: bool = False, **how: Any
) -> Settlement:
    retry = how.pop("retry", Retry())
    seed = how.pop("seed", 1)
    at = how.pop("at", NOON)
    fields = {name: how.pop(name) for name in ("category", "send_at", "expires_at", "mode") if name in how}
    given = claimed(envelope(**fields), state=State.SENDING, **how)
    intent = Intent(given, candidate(**fields), "mail", "[]")
    return Aftermath(retry, Random(seed), PAUSED).settle(Answered(intent, answer, at), left, receipts=receipts, keyed=keyed)


def wait(settlement: Settlement) -> float:
    assert settlement.due_at is not None
    return (moment(settlement.due_at) - NOON).total_seconds()


REJECTED = {scope: Rejected(Reason.PROVIDER_REJECTED, scope, "550") for scope in ("address", "content", "provider")}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "left", "state", "reason", "successor"),
    [
        (Receipt(), NOTHING, "sent", Reason.NO_RECEIPTS, None),
        (Receipt(state="delivered"), NOTHING, "delivered", None, None),
        (Unavailable(), NOTHING, "scheduled", Reason.RETRYING, None),
        (Unavailable(reason=Reason.RATE_LIMITED), NOTHING, "scheduled", Reason.RATE_LIMITED, None),
        (Unavailable(), SPARE, "scheduled", Reason.FAILOVER, None),
        (Unavailable(), SMS, "scheduled", Reason.RETRYING, None),
        (REJECTED["content"], NOTHING, "failed", Reason.PROVIDER_REJECTED, None),
        (REJECTED["content"], SPARE, "scheduled", Reason.FAILOVER, None),
        (REJECTED["content"], SMS, "failed", Reason.PROVIDER_REJECTED, "sms"),
        (REJECTED["address"], NOTHING, "failed", Reason.PROVIDER_REJECTED, None),
        (REJECTED["address"], SPARE, "failed", Reason.PROVIDER_REJECTED, None),
        (REJECTED["address"], SMS, "failed", Reason.PROVIDER_REJECTED, "sms"),
        (REJECTED["provider"], NOTHING, "scheduled", Reason.PROVIDER_REJECTED, None),
        (REJECTED["provider"], SPARE, "scheduled", Reason.FAILOVER, None),
        (REJECTED["provider"], SMS, "failed", Reason.PROVIDER_REJECTED, "sms"),
        (Unknown("timeout"), NOTHING, "unknown", Reason.OUTCOME_UNKNOWN, None),
        (Unknown("timeout"), SPARE, "unknown", Reason.OUTCOME_UNKNOWN, None),
        (Unknown("timeout"), SMS, "unknown", Reason.OUTCOME_UNKNOWN, None),
    ],
)
def test_what_follows_an_answer(answer: Any, left: Alternatives, state: str, reason: Reason | None, successor: str | None) -> None:
    settlement = settle(answer, left)

    assert (settlement.state, settlement.reason) == (state, reason)
    assert (settlement.successor[0] if settlement.successor else None) == successor
    assert (settlement.due_at is None) == (state in ("sent", "delivered", "failed"))
    assert settlement.ended is not None


@pytest.mark.parametrize("answer", [REJECTED["content"], REJECTED["address"]])
def test_only_a_route_of_the_mode_first_has_a_successor(answer: Rejected) -> None:
    assert settle(answer, SMS, mode="all").successor is None
    assert settle(answer, SMS, tried=("push",)).successor == ("sms", ("push", "email"))


def test_a_receipt_keeps_its_reference_and_facts() -> None:
    settlement = settle(Receipt(provider_ref="SM1", facts={"segments": "2"}), receipts=True)

    assert (settlement.provider_ref, settlement.marks, settlement.reason) == ("SM1", (), None)
    assert settlement.ended is not None
    assert (settlement.ended.outcome, settlement.ended.provider_ref, settlement.ended.facts) == ("receipt", "SM1", {"segments": "2"})


def test_without_receipts_later_a_sent_message_is_unconfirmed_once() -> None:
    assert settle(Receipt()).marks == (Mark.UNCONFIRMED,)
    assert settle(Receipt(), marks=(Mark.UNCONFIRMED,)).marks == (Mark.UNCONFIRMED,)
    assert settle(Receipt(state="delivered")).marks == ()


def test_only_a_dead_address_is_suppressed_with_the_code_of_the_provider() -> None:
    dead = settle(REJECTED["address"]).suppress

    assert dead is not None
    assert (dead.channel, dead.address_hash, dead.address, dead.source) == ("email", "hash", "a•••@e•••.com", "mail 550")
    assert all(settle(answer).suppress is None for answer in (REJECTED["content"], REJECTED["provider"], Unavailable(), Unknown()))


def test_a_refusal_of_the_content_is_remembered_against_the_provider() -> None:
    assert settle(REJECTED["content"], SPARE, refused=("first",)).refused == ("first", "mail")
    assert settle(Unavailable(), SPARE, refused=("first",)).refused == ("first",)


def test_a_failover_goes_at_once_and_a_pause_lasts_as_long_as_the_provider_rests() -> None:
    assert wait(settle(Unavailable(3600), SPARE)) == 0
    assert wait(settle(REJECTED["provider"], SPARE)) == 0
    assert wait(settle(REJECTED["provider"])) == 60


@pytest.mark.parametrize(("attempts", "ceiling"), [(0, 5), (1, 10), (2, 20), (5, 160), (9, 2560), (20, 14_400), (60, 14_400)])
def test_the_wait_is_spread_over_everything_below_an_exponential_ceiling(attempts: int, ceiling: float) -> None:
    waits = [wait(settle(Unavailable(), attempts=attempts, seed=seed)) for seed in range(400)]

    assert all(0 <= each <= ceiling for each in waits)
    assert min(waits) < ceiling * 0.02
    assert max(waits) > ceiling * 0.98
    assert abs(sum(waits) / len(waits) / ceiling - 0.5) < 0.06


def test_the_same_seed_waits_as_long() -> None:
    assert wait(settle(Unavailable(), seed=3)) == wait(settle(Unavailable(), seed=3))


@pytest.mark.parametrize(
    ("told", "floor"), [(30.0, 30), (0.0, 0), (None, 0), (-5.0, 0), (math.nan, 0), (86_400.0, 86_400), (1e9, 86_400), (math.inf, 86_400)]
)
def test_what_the_provider_asked_for_is_a_floor_of_at_most_a_day(told: float | None, floor: float) -> None:
    waits = [wait(settle(Unavailable(told), seed=seed)) for seed in range(50)]

    assert all(floor <= each <= floor + 5 for each in waits)


@pytest.mark.parametrize(
    ("category", "channel", "hours"),
    [("otp", "email", 5 / 60), ("transactional", "email", 72), ("otp", "sms", 5 / 60), ("transactional", "sms", 4),
     ("transactional", "push", 1), ("promotional", "chat", 24), ("service", "webhook", 72)],
)  # fmt: skip
def test_the_horizon_is_the_shorter_one_of_category_and_channel(category: str, channel: str, hours: float) -> None:
    assert Retry().horizon(category, channel) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("fields", "horizon"),
    [
        ({"category": "otp"}, timedelta(minutes=5)),
        ({"expires_at": NOON + timedelta(minutes=2)}, timedelta(minutes=2)),
        ({"send_at": NOON + timedelta(hours=1), "category": "otp"}, timedelta(hours=1, minutes=5)),
    ],
)
def test_no_retry_is_planned_beyond_the_horizon_or_the_expiry(fields: dict[str, Any], horizon: timedelta) -> None:
    before = settle(Unavailable(1), at=NOON + horizon - timedelta(seconds=7), **fields)
    beyond = settle(Unavailable(1), at=NOON + horizon - timedelta(seconds=1), **fields)

    assert (before.state, beyond.state) == (State.SCHEDULED, State.FAILED)
    assert beyond.reason is Reason.PROVIDER_UNAVAILABLE
    assert settle(Unavailable(1), SMS, at=NOON + horizon, **fields).successor == ("sms", ("email",))


def test_after_the_last_attempt_it_fails() -> None:
    retry = Retry(attempts=3)

    assert settle(Unavailable(), attempts=1, retry=retry).state is State.SCHEDULED
    assert settle(Unavailable(), attempts=2, retry=retry).state is State.FAILED


def test_an_unknown_outcome_waits_for_proof_and_less_where_the_same_call_is_proof() -> None:
    assert wait(settle(Unknown())) == 120
    assert 0 < wait(settle(Unknown(), keyed=True)) <= 5
    assert max(wait(settle(Unknown(), keyed=True, attempts=6, seed=seed)) for seed in range(20)) > 60
    assert wait(settle(Unknown(), retry=Retry(reconcile_after="7s"))) == 7


def test_after_a_resend_under_a_key_that_was_not_taken_the_outcome_is_still_unknown() -> None:
    again = settle(Unavailable(), unproven=True, attempts=1, keyed=True)
    marked = settle(Unavailable(), unproven=True, attempts=1, marks=(Mark.POSSIBLE_DUPLICATE,))

    assert (again.state, again.reason) == (State.UNKNOWN, Reason.OUTCOME_UNKNOWN)
    assert again.due_at is not None
    assert (marked.state, marked.reason) == (State.SCHEDULED, Reason.OUTCOME_UNKNOWN)


def test_the_end_of_the_attempt_says_how_it_ended() -> None:
    for answer, outcome in ((Unavailable(code="421"), "unavailable"), (REJECTED["content"], "rejected"), (Unknown("x"), "unknown")):
        ended = settle(answer).ended
        assert ended is not None
        assert (ended.number, ended.at, ended.outcome, ended.code) == (1, micros(NOON), outcome, answer.code)
