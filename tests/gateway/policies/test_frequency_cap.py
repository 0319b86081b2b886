"""One cap, judged by hand-made uses."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.gateway.scripted import NOON, candidate
from wasl.config import Config
from wasl.policies.frequency_cap import Caps, FrequencyCap
from wasl.policies.verdict import Allow, Defer, Inputs, Use, Withhold
from wasl_contracts import Reason

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OFFER = {"topic": "offers", "category": "promotional"}
TOPICS = {
    "offers": {"category": "promotional"},
    "news": {"category": "promotional"},
    "notices": {"category": "service"},
    "orders": {"category": "transactional"},
    "codes": {"category": "otp"},
}


def cap(**told: Any) -> FrequencyCap:
    usual = {"limit": 2, "per": "1d"}
    return FrequencyCap("few", Config.model_validate({"topics": TOPICS, "caps": {"few": {**usual, **told}}}))


def use(ago: timedelta, topic: str = "offers", message: str | None = None, channel: str = "email") -> Use:
    category: Any = TOPICS[topic]["category"]
    return Use(message or f"msg_{ago}", topic, category, channel, NOON - ago)


def used(*uses: Use) -> Inputs:
    return Inputs(uses={("default", "u_1"): uses})


def judge(rule: FrequencyCap, *uses: Use, now: datetime = NOON, **fields: Any) -> Allow | Withhold | Defer:
    return rule(candidate(**{**OFFER, "message_id": "msg_new", **fields}), used(*uses), now)


def test_below_the_limit_it_may_go_and_the_verdict_tells_what_was_counted() -> None:
    verdict = judge(cap(), use(HOUR))

    since = (NOON - timedelta(days=1)).isoformat()
    counted = {"cap": "few", "limit": 2, "per": "1d", "counted": 1, "reserved": 0, "since": since}
    assert verdict == Allow("frequency_cap", "caps.few", counted)


def test_at_the_limit_it_waits_until_the_oldest_use_leaves_the_window() -> None:
    verdict = judge(cap(), use(23 * HOUR), use(HOUR))

    assert isinstance(verdict, Defer)
    assert (verdict.reason, verdict.ends_route) == (Reason.FREQUENCY_CAP, True)
    assert verdict.inputs["free_at"] == (NOON + HOUR).isoformat()
    assert NOON + HOUR <= verdict.until < NOON + HOUR + MINUTE
    assert verdict.until - (NOON + HOUR) == timedelta(seconds=float(str(verdict.inputs["jitter"])))


def test_a_place_is_free_at_the_very_moment_at_which_a_use_is_as_old_as_the_window() -> None:
    full = [use(timedelta(days=1) - timedelta(microseconds=1)), use(HOUR)]

    assert isinstance(judge(cap(), *full), Defer)
    assert isinstance(judge(cap(), *full, now=NOON + timedelta(microseconds=1)), Allow)


def test_the_window_rolls_so_that_before_and_after_midnight_do_not_both_pass() -> None:
    rule, evening = cap(limit=1), NOON.replace(hour=23)

    midnight = judge(rule, Use("msg_1", "offers", "promotional", "email", evening), now=evening + HOUR)

    assert isinstance(midnight, Defer)
    assert midnight.inputs["free_at"] == (evening + timedelta(days=1)).isoformat()


def test_more_than_one_must_leave_where_the_limit_was_passed() -> None:
    verdict = judge(cap(), use(5 * HOUR), use(4 * HOUR, "orders"), use(3 * HOUR, "orders"), use(2 * HOUR, "orders"))

    assert verdict.inputs["counted"] == 4
    assert verdict.inputs["free_at"] == (NOON + 21 * HOUR).isoformat()


def test_retries_devices_and_channels_of_a_message_are_one_use_until_the_newest_of_them_leaves() -> None:
    tries = [use(23 * HOUR, message="msg_1"), use(20 * HOUR, message="msg_1", channel="sms"), use(2 * HOUR, message="msg_1")]

    assert judge(cap(), *tries).inputs["counted"] == 1
    verdict = judge(cap(limit=1), *tries)
    assert verdict.inputs["free_at"] == (NOON + 22 * HOUR).isoformat()


def test_what_has_a_place_needs_no_other_one() -> None:
    verdict = judge(cap(limit=1), use(HOUR, message="msg_new"), use(2 * HOUR))

    assert isinstance(verdict, Allow)
    assert (verdict.inputs["again"], verdict.inputs["counted"]) == (True, 2)


def test_a_use_with_a_time_that_is_still_to_come_counts() -> None:
    assert isinstance(judge(cap(limit=1), use(-MINUTE)), Defer)


def test_transactional_messages_are_counted_and_never_kept_back() -> None:
    orders = [use(HOUR, "orders"), use(2 * HOUR, "codes")]

    assert isinstance(judge(cap(), *orders), Defer)
    for topic in ("orders", "codes"):
        verdict = judge(cap(), *orders, use(MINUTE), topic=topic, category=TOPICS[topic]["category"])
        assert verdict == Allow("frequency_cap", "caps.few", {"cap": "few", "exempt": True})


def test_a_topic_may_say_otherwise_than_its_category() -> None:
    topics = {"orders": {"category": "transactional", "caps": True}, "alarms": {"category": "service", "caps": False}}
    rule = FrequencyCap("few", Config.model_validate({"topics": topics, "caps": {"few": {"limit": 1, "per": "1d"}}}))

    assert isinstance(judge(rule, use(HOUR), topic="orders", category="transactional"), Defer)
    assert isinstance(judge(rule, use(HOUR), topic="alarms", category="service"), Allow)
    assert isinstance(judge(rule, use(HOUR), topic="gone since", category="service"), Defer)


FILTERS = [
    ({"topics": ["news"]}, {"topic": "news"}, {"topic": "offers"}),
    ({"categories": ["service"]}, {"topic": "notices", "category": "service"}, {"topic": "offers"}),
    ({"channels": ["sms"]}, {"channel": "sms"}, {"channel": "email"}),
    ({"topics": ["news"], "channels": ["sms"]}, {"topic": "news", "channel": "sms"}, {"topic": "news", "channel": "email"}),
]


@pytest.mark.parametrize(("filters", "inside", "outside"), FILTERS)
def test_what_does_not_fit_is_neither_kept_back_nor_counted(
    filters: Mapping[str, Any], inside: Mapping[str, Any], outside: Mapping[str, Any]
) -> None:
    rule = cap(limit=1, **filters)

    def sent(where: Mapping[str, Any]) -> Use:
        return use(HOUR, where.get("topic", "offers"), channel=where.get("channel", "email"))

    assert isinstance(judge(rule, sent(inside), **inside), Defer)
    assert isinstance(judge(rule, sent(outside), **inside), Allow)
    assert judge(rule, sent(inside), **outside).inputs == {"cap": "few", "elsewhere": True}


SENT = [("news", "email"), ("offers", "sms"), ("offers", "email"), ("notices", "sms"), ("notices", "email")]
SCOPES = [
    ("person", SENT),
    ("channel", [("news", "email"), ("offers", "email"), ("notices", "email")]),
    ("topic", [("offers", "sms"), ("offers", "email")]),
    ("category", [("news", "email"), ("offers", "sms"), ("offers", "email")]),
]


@pytest.mark.parametrize(("scope", "sharing"), SCOPES)
def test_the_scope_tells_what_shares_the_places_with_an_offer_by_email(scope: str, sharing: list[tuple[str, str]]) -> None:
    rule = cap(limit=1, scope=scope)

    found = [sent for sent in SENT if isinstance(judge(rule, use(HOUR, sent[0], channel=sent[1])), Defer)]

    assert found == sharing


def test_another_person_and_another_brand_have_places_of_their_own() -> None:
    full = {("default", "u_2"): [use(HOUR)], ("acme", "u_1"): [use(HOUR)]}

    assert isinstance(cap(limit=1)(candidate(**OFFER), Inputs(uses=full), NOON), Allow)


def test_promotions_leave_the_reserved_places_and_others_take_them() -> None:
    rule = cap(limit=3, reserve={"service": 1})
    promotions = [use(HOUR), use(2 * HOUR)]

    verdict = judge(rule, *promotions)
    assert isinstance(verdict, Defer)
    assert (verdict.inputs["counted"], verdict.inputs["reserved"]) == (2, 1)
    assert verdict.inputs["free_at"] == (NOON + 22 * HOUR).isoformat()
    assert isinstance(judge(rule, *promotions, topic="notices", category="service"), Allow)


def test_a_reserved_place_that_is_taken_is_not_kept_once_more() -> None:
    rule = cap(limit=3, reserve={"service": 1})

    assert isinstance(judge(rule, use(HOUR, "notices"), use(2 * HOUR)), Allow)
    assert isinstance(judge(rule, use(HOUR, "notices"), use(2 * HOUR, "notices")), Allow)


def test_who_leaves_a_reserved_place_leaves_it_reserved() -> None:
    rule = cap(limit=3, reserve={"service": 1})

    verdict = judge(rule, use(20 * HOUR, "notices"), use(2 * HOUR), use(HOUR))

    assert verdict.inputs["free_at"] == (NOON + 22 * HOUR).isoformat()


def test_the_next_channel_is_free_where_the_cap_says_so() -> None:
    verdict = judge(cap(limit=1, over="next_channel"), use(HOUR))

    assert isinstance(verdict, Withhold)
    assert (verdict.reason, verdict.ends_route, verdict.inputs["over"]) == (Reason.FREQUENCY_CAP, False, "next_channel")


def test_over_withhold_the_message_ends() -> None:
    verdict = judge(cap(limit=1, over="withhold"), use(HOUR))

    assert isinstance(verdict, Withhold)
    assert (verdict.reason, verdict.ends_route) == (Reason.FREQUENCY_CAP, True)


def test_jitter_is_the_same_for_one_message_and_spreads_over_many() -> None:
    rule = cap(limit=1)

    found = [judge(rule, use(HOUR), message_id=f"msg_{number}") for number in range(200)]
    late = sorted(verdict.until - (NOON + 23 * HOUR) for verdict in found if isinstance(verdict, Defer))

    assert judge(rule, use(HOUR), message_id="msg_7") == found[7]
    assert timedelta(0) <= late[0] < 2 * timedelta(seconds=1)
    assert 58 * timedelta(seconds=1) < late[-1] < MINUTE
    assert all(later - earlier < timedelta(seconds=5) for earlier, later in pairwise(late))


def test_a_short_window_has_little_jitter() -> None:
    verdict = judge(cap(limit=1, per="1s"), use(timedelta(milliseconds=500)))

    assert isinstance(verdict, Defer)
    assert verdict.until - NOON < timedelta(milliseconds=510)


def test_uses_are_asked_only_of_those_whom_a_cap_could_keep_something_from() -> None:
    caps = Caps(Config.model_validate({"topics": TOPICS, "caps": {"few": {"limit": 1, "per": "1h", "channels": ["email"]}}}))
    none = Caps(Config.model_validate({"topics": TOPICS}))

    offer, order = candidate(**OFFER), candidate(topic="orders", category="transactional", recipient_id="u_2")
    elsewhere = candidate(channel="sms", recipient_id="u_3", **OFFER)

    assert caps.ask([offer, order, elsewhere]) == {("default", "u_1")}
    assert none.ask([offer]) == set()
    assert caps.since(NOON) == NOON - HOUR
