"""Which deliveries a replay opens again, and why it leaves a message alone."""

from dataclasses import replace

import pytest

from wasl.ledger.dead_letters import Case, Standing, Terms, reopened
from wasl_contracts import Reason, State

NOW, LATER = 1_000, 2_000
ANY, TWICE = Terms(), Terms(possible_duplicate=True)
FAILED = Standing(
    number=1, state=State.FAILED, reason=Reason.PROVIDER_REJECTED, due_at=None, marks=(), fence=3, lane="email", channel="email",
    address_hash="h", address="a•••", provider="mail", refused='["mail"]', tried="[]", ordering_key=None, doubtful=False,
)  # fmt: skip
HELD = replace(FAILED, state=State.SCHEDULED, reason=Reason.AFTER_RESTORE)
UNKNOWN = replace(FAILED, state=State.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN, doubtful=True)


def case(*deliveries: Standing, mode: str = "first", category: str = "transactional", expires_at: int = LATER) -> Case:
    numbered = tuple(replace(delivery, number=number) for number, delivery in enumerate(deliveries, 1))
    return Case("default", "msg_1", mode, category, ("email", "sms"), 0, expires_at, numbered)


def numbers(found: object) -> list[int]:
    assert isinstance(found, tuple), found
    return [delivery.number for delivery in found]


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED, State.BOUNCED])
def test_what_failed_expired_or_bounced_goes_again(state: State) -> None:
    assert numbers(reopened(case(replace(FAILED, state=state)), ANY, NOW)) == [1]


def test_of_a_route_that_failed_to_its_end_the_last_delivery_is_opened() -> None:
    assert numbers(reopened(case(FAILED, FAILED, FAILED), ANY, NOW)) == [3]
    assert numbers(reopened(case(FAILED, replace(FAILED, state=State.WITHHELD)), ANY, NOW)) == [1]


def test_of_all_channels_each_that_failed_goes_again_whatever_became_of_the_others() -> None:
    sent = replace(FAILED, state=State.SENT)

    assert numbers(reopened(case(FAILED, sent, FAILED, mode="all"), ANY, NOW)) == [1, 3]
    assert reopened(case(sent, sent, mode="all"), ANY, NOW) == "already_sent"


@pytest.mark.parametrize("state", [State.SENT, State.DELIVERED])
def test_what_reached_the_person_by_another_way_is_left_alone(state: State) -> None:
    assert reopened(case(FAILED, replace(FAILED, state=state)), TWICE, NOW) == "already_sent"


@pytest.mark.parametrize("mode", ["first", "all"])
@pytest.mark.parametrize("state", [State.ACCEPTED, State.SCHEDULED, State.SENDING, State.UNKNOWN])
def test_what_is_under_way_is_left_alone(mode: str, state: State) -> None:
    live = replace(FAILED, state=state, reason=Reason.RETRYING, due_at=NOW)

    assert reopened(case(FAILED, live, mode=mode), TWICE, NOW) == "under_way"


@pytest.mark.parametrize("state", [State.WITHHELD, State.CANCELLED, State.SUPERSEDED])
def test_what_was_decided_against_is_left_alone(state: State) -> None:
    assert reopened(case(replace(FAILED, state=state)), TWICE, NOW) == "not_failed"


@pytest.mark.parametrize(
    "doubtful", [UNKNOWN, replace(FAILED, doubtful=True), replace(FAILED, state=State.EXPIRED, reason=Reason.EXPIRED, doubtful=True)]
)
def test_what_may_have_arrived_goes_only_where_somebody_says_so_and_then_by_its_own_way(doubtful: Standing) -> None:
    assert reopened(case(doubtful), ANY, NOW) == "may_have_arrived"
    assert numbers(reopened(case(doubtful), TWICE, NOW)) == [1]
    # No other device or channel is taken while this one may have been reached.
    assert reopened(case(doubtful, FAILED), ANY, NOW) == "may_have_arrived"
    assert numbers(reopened(case(doubtful, FAILED), TWICE, NOW)) == [1]
    assert numbers(reopened(case(doubtful, FAILED, mode="all"), ANY, NOW)) == [2]


def test_a_one_time_code_that_is_no_good_any_more_is_left_alone() -> None:
    assert reopened(case(FAILED, category="otp", expires_at=NOW), ANY, NOW) == "code_expired"
    assert numbers(reopened(case(FAILED, category="otp", expires_at=NOW + 1), ANY, NOW)) == [1]


def test_what_is_held_after_a_restore_is_released() -> None:
    assert numbers(reopened(case(HELD), ANY, NOW)) == [1]
    assert numbers(reopened(case(FAILED, HELD), ANY, NOW)) == [2]
    parked = replace(HELD, reason=Reason.IN_ORDER, due_at=LATER)
    assert reopened(case(parked), ANY, NOW) == "under_way"


def test_terms_are_held_against_the_message_as_a_whole() -> None:
    sent_elsewhere = case(FAILED, replace(FAILED, state=State.SENT))

    assert Terms(state=State.FAILED).fit(case(FAILED))
    assert not Terms(state=State.FAILED).fit(sent_elsewhere)
    assert not Terms(reason=Reason.POISON).fit(case(FAILED))
