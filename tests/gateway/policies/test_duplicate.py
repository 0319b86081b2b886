from datetime import timedelta

import pytest

from tests.gateway.scripted import NOON, candidate
from wasl.policies.duplicate import FACT_LIFE, LATE, SOON, judge
from wasl.policies.verdict import Allow, Defer, Inputs, Standing, Telling, Verdict, Withhold
from wasl_contracts import Reason

NEWER, OLDER = "msg_2", "msg_0"


def judged(*others: Telling, fact: str | None = "order-1042 shipped") -> Verdict:
    """What is said of msg_1 when the others tell the fact."""
    return judge(candidate(fact=fact), Inputs(telling={("default", "u_1", "order-1042 shipped"): others}), NOON)


def telling(message_id: str, standing: Standing, *, created: timedelta = timedelta(0), due: timedelta | None = None) -> Telling:
    return Telling(message_id, NOON + created, standing, NOON + due if due is not None else None)


def test_a_message_without_a_fact_or_with_a_new_one_is_allowed() -> None:
    assert isinstance(judged(telling(OLDER, "sent"), fact=None), Allow)
    assert isinstance(judged(telling(OLDER, "sent"), fact="order-1042 delivered"), Allow)
    assert isinstance(judged(), Allow)


@pytest.mark.parametrize("standing", ["waiting", "calling", "sent"])
def test_a_message_is_no_duplicate_of_itself(standing: Standing) -> None:
    assert isinstance(judged(telling("msg_1", standing)), Allow)


@pytest.mark.parametrize("other", [OLDER, NEWER])
def test_what_was_told_is_withheld_and_names_the_message_that_told_it(other: str) -> None:
    seen = {"message": other, "standing": "sent"}

    assert judged(telling(other, "sent")) == Withhold("duplicate", f"message {other}", seen, Reason.DUPLICATE)


@pytest.mark.parametrize("apart", [FACT_LIFE, -FACT_LIFE])
def test_messages_that_were_accepted_72_hours_apart_are_not_the_same(apart: timedelta) -> None:
    instant = timedelta(microseconds=1)
    nearer = apart - instant if apart > timedelta(0) else apart + instant

    assert isinstance(judged(telling(OLDER, "sent", created=apart)), Allow)
    assert isinstance(judged(telling(OLDER, "sent", created=nearer)), Withhold)


def test_of_those_that_wait_the_earliest_accepted_goes() -> None:
    assert isinstance(judged(telling(NEWER, "waiting")), Allow)
    assert isinstance(judged(telling(OLDER, "waiting")), Defer)
    assert isinstance(judged(telling(OLDER, "waiting", created=-2 * FACT_LIFE)), Defer)


@pytest.mark.parametrize("other", [OLDER, NEWER])
def test_a_call_that_is_out_is_waited_for_whoever_came_first(other: str) -> None:
    verdict = judged(telling(other, "calling"))

    assert isinstance(verdict, Defer)
    assert (verdict.until, verdict.reason, verdict.source) == (NOON + SOON, Reason.DUPLICATE, f"message {other}")


@pytest.mark.parametrize(
    ("due", "again"),
    [
        (timedelta(0), SOON),
        (timedelta(minutes=9), timedelta(minutes=9)),
        (timedelta(days=3), LATE),
        (None, LATE),
    ],
)
def test_it_looks_again_when_the_other_one_is_due(due: timedelta | None, again: timedelta) -> None:
    verdict = judged(telling(OLDER, "waiting", due=due))

    assert isinstance(verdict, Defer)
    assert verdict.until == NOON + again


def test_what_was_told_weighs_more_than_what_waits() -> None:
    verdict = judged(telling(OLDER, "waiting"), telling(NEWER, "calling"), telling("msg_3", "sent"))

    assert isinstance(verdict, Withhold)
    assert verdict.inputs["message"] == "msg_3"
