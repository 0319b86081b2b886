from datetime import timedelta

import pytest

from tests.gateway.scripted import NOON, claimed, envelope
from wasl.clock import micros
from wasl.unknown import lost, settled
from wasl_contracts import Mark, Reason, State

DUPLICATE = (Mark.POSSIBLE_DUPLICATE,)


def unknown(category: str = "transactional", marks: tuple[Mark, ...] = (), **fields: object):  # type: ignore[no-untyped-def]
    return claimed(envelope(category=category, **fields), state=State.UNKNOWN, marks=marks, attempts=1, refused=("spare",))


def test_a_call_whose_worker_died_is_unknown_and_its_attempt_ended() -> None:
    given = claimed(state=State.SENDING, attempts=3, marks=DUPLICATE, refused=("spare",))

    settlement = lost(given, NOON, timedelta(seconds=120))

    assert (settlement.state, settlement.reason, settlement.due_at) == (
        State.UNKNOWN, Reason.WORKER_LOST, micros(NOON + timedelta(seconds=120)),
    )  # fmt: skip
    assert (settlement.marks, settlement.refused) == (DUPLICATE, ("spare",))
    assert settlement.ended is not None
    assert (settlement.ended.number, settlement.ended.outcome) == (3, "unknown")


@pytest.mark.parametrize(
    ("category", "marks", "sends_again"),
    [
        ("otp", (), True),
        ("otp", DUPLICATE, True),
        ("transactional", (), True),
        ("transactional", DUPLICATE, False),
        ("service", (), True),
        ("service", DUPLICATE, False),
        ("promotional", (), False),
    ],
)
def test_without_proof_the_category_decides_and_a_resend_is_marked(category: str, marks: tuple[Mark, ...], sends_again: bool) -> None:
    settlement = settled(unknown(category, marks), NOON, None)

    if not sends_again:
        assert settlement is None
        return
    assert settlement is not None
    assert (settlement.state, settlement.reason, settlement.due_at) == (State.SCHEDULED, Reason.OUTCOME_UNKNOWN, micros(NOON))
    assert settlement.marks == DUPLICATE
    assert settlement.refused == ("spare",)


@pytest.mark.parametrize("category", ["otp", "transactional", "service", "promotional"])
def test_inside_the_life_of_its_key_it_is_sent_again_unmarked(category: str) -> None:
    settlement = settled(unknown(category), NOON + timedelta(seconds=899), 900)

    assert settlement is not None
    assert (settlement.state, settlement.reason, settlement.marks) == (State.SCHEDULED, Reason.RETRYING, ())


def test_after_the_life_of_its_key_the_category_decides() -> None:
    late = NOON + timedelta(seconds=900)

    assert settled(unknown("promotional"), late, 900) is None
    again = settled(unknown(), late, 900)
    assert again is not None
    assert again.marks == DUPLICATE


@pytest.mark.parametrize("key_life", [None, 900])
def test_what_has_expired_is_not_sent_again(key_life: int | None) -> None:
    settlement = settled(unknown("otp", expires_at=NOON), NOON, key_life)

    assert settlement is not None
    assert (settlement.state, settlement.reason, settlement.due_at) == (State.EXPIRED, Reason.EXPIRED, None)


def test_under_a_key_too_it_is_not_sent_again_for_ever() -> None:
    assert settled(unknown(), NOON + timedelta(seconds=10), 900, spent=True) is None
