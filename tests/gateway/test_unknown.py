from datetime import timedelta

import pytest

from tests.gateway.scripted import NOON, claimed, envelope
from wasl.clock import micros
from wasl.config_worker import UnknownRules
from wasl.ledger.claims import Claimed
from wasl.ledger.leaving import Left
from wasl.ledger.settle import Settlement
from wasl.unknown import lost, settled
from wasl_contracts import Mark, Reason, State

DUPLICATE = (Mark.POSSIBLE_DUPLICATE,)
RULES = UnknownRules()


def unknown(category: str = "transactional", marks: tuple[Mark, ...] = (), strikes: int = 0, **fields: object) -> Claimed:
    given = envelope(category=category, **fields)
    return claimed(given, state=State.UNKNOWN, marks=marks, attempts=1, refused=("spare",), strikes=strikes)


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
    step = settled(unknown(category, marks), NOON, None, RULES)

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
    rules = UnknownRules.model_validate({category: rule})

    first = settled(unknown(category), NOON, None, rules)
    second = settled(unknown(category, DUPLICATE), NOON, None, rules)

    assert (isinstance(first, Settlement), isinstance(second, Settlement)) == (again, twice)
    assert (first.rule, second.rule) == (rule, rule)


@pytest.mark.parametrize("category", ["otp", "transactional", "service", "promotional"])
def test_inside_the_life_of_its_key_it_is_sent_again_unmarked(category: str) -> None:
    settlement = sent_again(settled(unknown(category), NOON + timedelta(seconds=899), 900, RULES))

    assert (settlement.state, settlement.reason, settlement.marks) == (State.SCHEDULED, Reason.RETRYING, ())
    assert settlement.rule == "same_key"


def test_after_the_life_of_its_key_the_category_decides() -> None:
    late = NOON + timedelta(seconds=900)

    assert left(settled(unknown("promotional"), late, 900, RULES)).rule == "never"
    assert sent_again(settled(unknown(), late, 900, RULES)).marks == DUPLICATE


@pytest.mark.parametrize("key_life", [None, 900])
def test_what_has_expired_is_not_sent_again(key_life: int | None) -> None:
    settlement = sent_again(settled(unknown("otp", expires_at=NOON), NOON, key_life, RULES))

    assert (settlement.state, settlement.reason, settlement.due_at) == (State.EXPIRED, Reason.EXPIRED, None)


def test_under_a_key_too_it_is_not_sent_again_for_ever() -> None:
    assert left(settled(unknown(), NOON + timedelta(seconds=10), 900, RULES, spent=True)).rule == "same_key"


@pytest.mark.parametrize("key_life", [None, 900])
def test_what_brought_down_three_workers_is_left_and_not_sent_again(key_life: int | None) -> None:
    assert left(settled(unknown("otp", strikes=3), NOON, key_life, RULES)).reason is Reason.POISON
    assert sent_again(settled(unknown("otp", strikes=2), NOON, key_life, RULES)).state is State.SCHEDULED
