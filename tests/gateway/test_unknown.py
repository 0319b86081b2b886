from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.gateway.scripted import NOON, claimed, envelope
from wasl.clock import micros
from wasl.config import Config
from wasl.ledger.claims import Claimed
from wasl.ledger.leaving import Left
from wasl.ledger.settle import Settlement
from wasl.unknown import again, lost, settled, undenied
from wasl_contracts import Mark, Reason, State

DUPLICATE = (Mark.POSSIBLE_DUPLICATE,)
USUAL = Config()


def unknown(
    category: str = "transactional", marks: tuple[Mark, ...] = (), strikes: int = 0, reason: Reason | None = None, **fields: object
) -> Claimed:
    given = envelope(category=category, **fields)
    return claimed(given, state=State.UNKNOWN, reason=reason, marks=marks, attempts=1, refused=("spare",), strikes=strikes)


def settle(
    given: Claimed, now: datetime = NOON, key_life: int | None = None, config: Config = USUAL, *, spent: bool = False
) -> Settlement | Left:
    return settled(given, now, key_life, again(config, given.envelope), spent=spent)


def test_a_call_whose_worker_died_is_unknown_and_its_attempt_ended() -> None:
    given = claimed(state=State.SENDING, attempts=3, marks=DUPLICATE, refused=("spare",))

    settlement = lost(given, NOON, timedelta(seconds=120))

    assert (settlement.state, settlement.reason, settlement.due_at) == (
        State.UNKNOWN, Reason.WORKER_LOST, micros(NOON + timedelta(seconds=120)),
    )  # fmt: skip
    assert (settlement.marks, settlement.refused) == (DUPLICATE, ("spare",))
    assert settlement.ended is not None
    assert (settlement.ended.number, settlement.ended.outcome) == (3, "unknown")


def sent_again(step: Settlement | Left) -> Settlement:
    assert isinstance(step, Settlement)
    return step


def left(step: Settlement | Left) -> Left:
    assert isinstance(step, Left)
    return step


@pytest.mark.parametrize(
    ("category", "marks", "rule", "sends_again"),
    [
        ("otp", (), "until_expiry", True),
        ("otp", DUPLICATE, "until_expiry", True),
        ("transactional", (), "once", True),
        ("transactional", DUPLICATE, "once", False),
        ("service", (), "once", True),
        ("service", DUPLICATE, "once", False),
        ("promotional", (), "never", False),
    ],
)
def test_without_proof_the_category_decides_and_a_resend_is_marked(
    category: str, marks: tuple[Mark, ...], rule: str, sends_again: bool
) -> None:
    step = settle(unknown(category, marks))

    assert step.rule == rule
    if not sends_again:
        assert left(step).at == micros(NOON)
        return
    settlement = sent_again(step)
    assert (settlement.state, settlement.reason, settlement.due_at) == (State.SCHEDULED, Reason.OUTCOME_UNKNOWN, micros(NOON))
    assert settlement.marks == DUPLICATE
    assert settlement.refused == ("spare",)


@pytest.mark.parametrize(("rule", "again", "twice"), [("until_expiry", True, True), ("once", True, False), ("never", False, False)])
@pytest.mark.parametrize("category", ["otp", "transactional", "service", "promotional"])
def test_the_rule_of_each_category_is_configuration(category: str, rule: str, again: bool, twice: bool) -> None:
    config = Config.model_validate({"unknown": {category: rule}})

    first = settle(unknown(category), config=config)
    second = settle(unknown(category, DUPLICATE), config=config)

    assert (isinstance(first, Settlement), isinstance(second, Settlement)) == (again, twice)
    assert (first.rule, second.rule) == (rule, rule)


@pytest.mark.parametrize(("topic", "rule"), [("codes", "until_expiry"), ("orders", "never"), ("gone", "once")])
def test_what_a_topic_says_comes_before_its_category(topic: str, rule: str) -> None:
    topics = {"codes": {"unknown": "until_expiry"}, "orders": {"category": "otp", "unknown": "never"}}

    step = settle(unknown(topic=topic), config=Config.model_validate({"topics": topics}))

    assert step.rule == rule


@pytest.mark.parametrize("key_life", [None, 900])
@pytest.mark.parametrize("category", ["otp", "transactional"])
def test_what_a_newer_message_replaced_is_left_unknown_and_never_sent_again(category: str, key_life: int | None) -> None:
    step = left(settle(replace(unknown(category, reason=Reason.WORKER_LOST), superseded_by="msg_2"), NOON, key_life))

    assert (step.reason, step.rule) == (Reason.WORKER_LOST, "superseded")


@pytest.mark.parametrize("category", ["otp", "transactional", "service", "promotional"])
def test_inside_the_life_of_its_key_it_is_sent_again_unmarked(category: str) -> None:
    settlement = sent_again(settle(unknown(category), NOON + timedelta(seconds=899), 900))

    assert (settlement.state, settlement.reason, settlement.marks) == (State.SCHEDULED, Reason.OUTCOME_UNKNOWN, ())
    assert settlement.rule == "same_key"


def test_after_the_life_of_its_key_the_category_decides() -> None:
    late = NOON + timedelta(seconds=900)

    assert left(settle(unknown("promotional"), late, 900)).rule == "never"
    assert sent_again(settle(unknown(), late, 900)).marks == DUPLICATE


@pytest.mark.parametrize("key_life", [None, 900])
def test_what_has_expired_is_left_unknown_and_not_sent_again(key_life: int | None) -> None:
    step = left(settle(unknown("otp", expires_at=NOON), NOON, key_life))

    assert (step.reason, step.rule) == (Reason.OUTCOME_UNKNOWN, "expired")


def test_a_wait_of_what_may_have_been_sent_says_so() -> None:
    wait = Settlement(claimed(unproven=True), State.SCHEDULED, 1, Reason.PROVIDER_FAILING, due_at=2)

    assert undenied(wait) == replace(wait, reason=Reason.OUTCOME_UNKNOWN)


@pytest.mark.parametrize(
    ("state", "reason"),
    [(State.EXPIRED, Reason.EXPIRED), (State.WITHHELD, Reason.SUPPRESSED_MANUAL), (State.FAILED, Reason.TEMPLATE_ERROR)],
)
def test_no_end_denies_what_may_have_been_sent(state: State, reason: Reason) -> None:
    end = Settlement(claimed(unproven=True), state, 1, reason, marks=(Mark.UNCONFIRMED,))

    told = undenied(end)

    assert (told.state, told.reason, told.rule) == (State.FAILED, Reason.OUTCOME_UNKNOWN, reason)
    assert told.marks == (Mark.UNCONFIRMED, Mark.POSSIBLE_DUPLICATE)
    assert undenied(replace(end, claimed=claimed())) == replace(end, claimed=claimed())


def test_what_was_replaced_by_a_newer_message_says_so_whatever_became_of_its_call() -> None:
    end = Settlement(claimed(unproven=True), State.SUPERSEDED, 1, Reason.SUPERSEDED)

    assert undenied(end) is end


def test_under_a_key_too_it_is_not_sent_again_for_ever() -> None:
    assert left(settle(unknown(), NOON + timedelta(seconds=10), 900, spent=True)).rule == "same_key"


@pytest.mark.parametrize("key_life", [None, 900])
def test_what_brought_down_three_workers_is_left_and_not_sent_again(key_life: int | None) -> None:
    assert left(settle(unknown("otp", strikes=3), NOON, key_life)).reason is Reason.POISON
    assert sent_again(settle(unknown("otp", strikes=2), NOON, key_life)).state is State.SCHEDULED
