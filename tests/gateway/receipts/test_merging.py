"""Merging by rank: the same signs end the same, one by one or together, in any order."""

import json
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wasl.ledger.merging import Sign, Standing, merged, negative
from wasl_contracts import EventKind, Mark, Reason, State

SENT = Standing(State.SENT, None, None, ())
UNKNOWN = Standing(State.UNKNOWN, Reason.OUTCOME_UNKNOWN, None, ())


def after(before: Standing, signs: Sequence[Sign], sent_by: Sequence[int] = (1,)) -> Standing:
    """One by one, as the ledger does with what comes one by one."""
    told: list[Sign] = []
    for one in signs:
        told += [one] if negative(one.kind) else []
        before = merged(before, [one], told if negative(one.kind) else (), sent_by)
    return before


def sign(kind: EventKind, at: int = 0, attempt: int | None = 1, **how: object) -> Sign:
    return Sign(kind, at, attempt, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "kinds", "state", "marks"),
    [
        (SENT, ["delivered"], "delivered", ()),
        (SENT, ["delivered", "sent", "deferred"], "delivered", ()),
        (SENT, ["failed"], "failed", ()),
        (SENT, ["failed", "delivered"], "delivered", ()),
        (SENT, ["delivered", "bounced"], "bounced", ()),
        (SENT, ["failed", "bounced"], "bounced", ()),
        (SENT, ["read"], "delivered", (Mark.READ,)),
        (SENT, ["clicked"], "delivered", (Mark.CLICKED,)),
        (SENT, ["opened"], "delivered", (Mark.OPENED,)),
        (SENT, ["replied"], "sent", (Mark.REPLIED,)),
        (SENT, ["unsubscribed"], "sent", (Mark.UNSUBSCRIBED,)),
        (UNKNOWN, ["sent"], "sent", ()),
        (UNKNOWN, ["delivered"], "delivered", ()),
        (UNKNOWN, ["failed"], "failed", ()),
        (UNKNOWN, ["bounced"], "bounced", ()),
        (Standing(State.CANCELLED, Reason.CANCELLED, None, ()), ["delivered"], "cancelled", ()),
    ],
)
def test_what_is_reported_leads_by_rank(before: Standing, kinds: list[EventKind], state: str, marks: tuple[Mark, ...]) -> None:
    ends = {json.dumps([*_plain(after(before, [sign(kind) for kind in order]))]) for order in permutations(kinds)}

    assert ends == {json.dumps([*_plain(merged(before, [sign(kind) for kind in kinds], [sign(k) for k in kinds if negative(k)], [1]))])}
    assert json.loads(ends.pop())[::3] == [state, list(marks)]


def test_what_a_machine_opened_says_nothing() -> None:
    assert after(SENT, [sign("opened", machine=True), sign("clicked", machine=True)]) == SENT


def test_a_failure_of_one_attempt_says_nothing_of_another_that_may_have_sent_it() -> None:
    first, second = sign("failed", attempt=1), sign("failed", attempt=2)

    assert after(UNKNOWN, [first], [1, 2]).state is State.UNKNOWN
    assert after(SENT, [first], [1, 2]).state is State.SENT
    assert after(UNKNOWN, [first, second], [1, 2]).state is after(UNKNOWN, [second, first], [1, 2]).state is State.FAILED


def test_a_proof_of_delivery_ends_the_doubt_whether_it_was_confirmed() -> None:
    doubted = Standing(State.SENT, Reason.NO_RECEIPTS, None, (Mark.UNCONFIRMED,))

    assert after(doubted, [sign("delivered")]) == Standing(State.DELIVERED, None, None, ())


SIGNS = st.builds(
    Sign,
    kind=st.sampled_from(["sent", "deferred", "delivered", "bounced", "failed", "opened", "read", "clicked", "replied", "complained"]),
    at=st.integers(0, 3),
    attempt=st.sampled_from([1, 2, None]),
    machine=st.booleans(),
    dead=st.booleans(),
    reason=st.sampled_from([None, Reason.UNREACHABLE, Reason.INVALID_ADDRESS]),
    code=st.sampled_from([None, "550", "511"]),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([SENT, UNKNOWN]), st.lists(SIGNS, max_size=6), st.randoms(), st.sets(st.sampled_from([1, 2]), min_size=1))
def test_any_order_ends_the_same(before: Standing, signs: list[Sign], chance: object, sent_by: set[int]) -> None:
    shuffled = list(signs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    told = [one for one in signs if negative(one.kind)]

    assert after(before, signs, sorted(sent_by)) == after(before, shuffled, sorted(sent_by))
    assert after(before, signs, sorted(sent_by)) == merged(before, signs, told, sent_by)


def _plain(standing: Standing) -> tuple[object, ...]:
    return standing.state, standing.reason, standing.code, list(standing.marks)
