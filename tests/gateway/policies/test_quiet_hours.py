from datetime import timedelta

import pytest

from tests.gateway.policies.hours import NIGHT, TOPICS, ask, opens, quiet, utc, way
from wasl.policies.again import ALLOWED, NotKept, Ruling, judge_again
from wasl.policies.verdict import Allow, Candidate, Defer, Inputs, Withhold
from wasl_contracts import Reason


def test_at_night_it_is_deferred_to_the_first_legal_second_and_some_more() -> None:
    verdict = ask(quiet(), "2026-03-01T23:10:00+03:00")

    assert isinstance(verdict, Defer)
    assert (verdict.reason, verdict.source) == (Reason.QUIET_HOURS, "calendars/sa.toml text (checked 2026-11-23)")
    late = verdict.until - utc("2026-03-02T09:00:00+03:00")
    assert late == timedelta(seconds=int(str(verdict.inputs["jitter"])))
    assert timedelta(0) <= late < timedelta(minutes=10)
    seen = {name: verdict.inputs[name] for name in ("country", "zone", "zone_of", "local", "window")}
    assert seen == {
        "country": "SA", "zone": "Asia/Riyadh", "zone_of": "number", "local": "2026-03-01T23:10:00", "window": "09:00-19:00",
    }  # fmt: skip


def test_by_day_it_goes_and_the_record_tells_until_when_it_could() -> None:
    verdict = ask(quiet(), "2026-03-01T15:00:00+03:00")

    assert verdict == Allow(
        "quiet_hours",
        "calendars/sa.toml text (checked 2026-11-23)",
        {"country": "SA", "zone": "Asia/Riyadh", "zone_of": "number", "closes": "2026-03-01T16:00:00+00:00"},
    )


@pytest.mark.parametrize("category", ["otp", "transactional"])
def test_codes_and_transactional_messages_go_at_any_hour(category: str) -> None:
    everything = quiet(quiet_hours={"never": {"windows": [], "categories": ["service", "promotional"]}})

    verdict = ask(everything, "2026-03-01T23:10:00+03:00", way(topic="default", category=category))

    assert verdict == Allow("quiet_hours", f"category {category}", {"hours": "any"})


def test_a_topic_may_go_at_any_hour_and_a_service_topic_may_be_held() -> None:
    policy = quiet()

    urgent = ask(policy, "2026-03-01T23:10:00+03:00", way(topic="urgent"))
    news = ask(policy, "2026-03-01T23:10:00+03:00", way(topic="news", category="service"))
    digest = ask(policy, "2026-03-01T23:10:00+03:00", way(topic="digest", category="service"))

    assert [type(verdict) for verdict in (urgent, news, digest)] == [Allow, Allow, Defer]
    assert urgent.source == "topics.urgent"


def test_a_rule_that_names_service_holds_for_service_topics_but_not_for_those_that_say_no() -> None:
    policy = quiet(
        quiet_hours={"default": {**NIGHT, "categories": ["service"]}},
        topics={**TOPICS, "now": {"category": "service", "quiet_hours": False}},
    )

    held = ask(policy, "2026-03-01T23:10:00+03:00", way(topic="news", category="service"))
    free = ask(policy, "2026-03-01T23:10:00+03:00", way(topic="now", category="service"))

    assert opens(held) == utc("2026-03-02T08:00:00+03:00")
    assert isinstance(free, Allow)


def test_what_would_only_be_legal_after_its_expiry_expires_at_once_and_says_when_it_could_have_gone() -> None:
    verdict = ask(quiet(), "2026-03-01T23:10:00+03:00", way(expires_at=utc("2026-03-02T09:00:00+03:00")))

    assert isinstance(verdict, Withhold)
    assert verdict.reason is Reason.EXPIRED
    assert (verdict.inputs["opens"], verdict.inputs["expires_at"]) == ("2026-03-02T06:00:00+00:00", "2026-03-02T06:00:00+00:00")


def test_hours_that_never_open_expire_it_at_once() -> None:
    verdict = ask(quiet(quiet_hours={"never": {"windows": [], "countries": ["SA"]}}), "2026-03-01T12:00:00+03:00")

    assert isinstance(verdict, Withhold)
    assert (verdict.inputs["opens"], verdict.inputs["window"]) == (None, "none")


def test_jitter_is_the_same_each_time_and_spreads_messages() -> None:
    policy = quiet()
    untils = [[ask(policy, "2026-03-01T23:10:00+03:00", way(message_id=f"msg_{n}")).until for n in range(300)] for _ in range(2)]  # type: ignore[union-attr]

    assert untils[0] == untils[1]
    late = sorted((until - utc("2026-03-02T09:00:00+03:00")).total_seconds() for until in untils[0])
    assert late[0] < 30
    assert late[-1] > 570
    assert len(set(late)) > 200


def test_jitter_goes_neither_beyond_the_window_nor_beyond_the_expiry() -> None:
    narrow = quiet(quiet_hours={"jitter": "2h", "narrow": {"windows": ["09:00-09:02"], "countries": ["SA"]}})
    wide = quiet(quiet_hours={"jitter": "2h"})
    soon = utc("2026-03-02T09:01:00+03:00")

    for n in range(100):
        in_window = ask(narrow, "2026-03-01T23:10:00+03:00", way(message_id=f"msg_{n}"))
        in_life = ask(wide, "2026-03-01T23:10:00+03:00", way(message_id=f"msg_{n}", expires_at=soon))

        assert isinstance(in_window, Defer)
        assert in_window.until <= utc("2026-03-02T09:01:00+03:00")
        assert isinstance(in_life, Defer)
        assert in_life.until <= soon - timedelta(seconds=30)


@pytest.mark.parametrize(
    ("given", "country", "zone", "of"),
    [
        (way(timezone="America/New_York"), "SA", "America/New_York", "recipient"),
        (way(), "SA", "Asia/Riyadh", "number"),
        (way("push"), "SA", "Asia/Riyadh", "number"),
        (way("push", number=None, timezone="Europe/Paris"), "FR", "Europe/Paris", "recipient"),
        (way("push", number=None, timezone="Etc/GMT+3"), "AE", "Etc/GMT+3", "recipient"),
        (way("push", number=None), "AE", "Asia/Dubai", "brand"),
        (way("push", number=None, locale="fr-FR"), "AE", "Asia/Dubai", "brand"),
    ],
)
def test_own_zone_before_the_numbers_before_the_brands(given: Candidate, country: str, zone: str, of: str) -> None:
    push = quiet(country="AE", timezone="Asia/Dubai", quiet_hours={"all": {"windows": ["00:01-23:59"]}})

    verdict = push(given, Inputs(), utc("2026-03-01T15:00:00+00:00"))

    assert (verdict.inputs["country"], verdict.inputs["zone"], verdict.inputs["zone_of"]) == (country, zone, of)


def test_a_number_that_may_be_in_several_zones_must_be_allowed_in_all_of_them() -> None:
    toll_free = way(number="+18005550123")

    early = ask(quiet(), "2026-03-02T08:30:00-05:00", toll_free)  # half past eight in New York, and night in Honolulu

    assert int(str(early.inputs["zones"])) > 30
    assert early.inputs["zone"] != "America/New_York"
    assert opens(early) == utc("2026-03-03T08:00:00+10:00")  # in Guam, the last one to get up; half past six in the evening in St John's
    common = ask(quiet(), "2026-03-03T08:00:00+10:00", toll_free)
    assert common.inputs["closes"] == utc("2026-03-02T21:00:00-03:30").isoformat()


def test_the_weekend_is_that_of_the_country() -> None:
    weekdays = {"windows": ["08:00-20:00"], "days": {"weekend": []}, "countries": ["SA", "DE", "AE"]}
    policy = quiet(quiet_hours={"weekdays": weekdays})

    riyadh = ask(policy, "2026-03-05T22:00:00+03:00")  # a Thursday
    berlin = ask(policy, "2026-03-05T22:00:00+01:00", way(number="+4915123456789", expires_at=utc("2026-03-09T00:00:00Z")))
    dubai = ask(policy, "2026-03-06T22:00:00+04:00", way(number="+971501234567", expires_at=utc("2026-03-19T00:00:00Z")))

    assert opens(riyadh) == utc("2026-03-08T08:00:00+03:00")  # Sunday
    assert opens(berlin) == utc("2026-03-06T08:00:00+01:00")  # Friday
    assert opens(dubai) == utc("2026-03-09T08:00:00+04:00")  # Monday


def test_friday_in_riyadh_can_have_hours_of_its_own() -> None:
    policy = quiet(quiet_hours={"riyadh": {"countries": ["SA"], "windows": ["09:00-22:00"], "days": {"fri": ["16:00-22:00"]}}})

    friday = ask(policy, "2026-03-06T10:00:00+03:00")
    saturday = ask(policy, "2026-03-07T10:00:00+03:00")

    assert opens(friday) == utc("2026-03-06T16:00:00+03:00")
    assert isinstance(saturday, Allow)


def test_a_rule_that_names_a_country_stands_in_place_of_its_calendar_and_of_no_other() -> None:
    policy = quiet(quiet_hours={"saudi": {"countries": ["SA"], "windows": ["09:00-22:00"]}})

    riyadh = ask(policy, "2026-03-01T21:00:00+03:00")
    dubai = ask(policy, "2026-03-01T21:30:00+04:00", way(number="+971501234567"))

    assert isinstance(riyadh, Allow)
    assert riyadh.source == "quiet_hours.saudi"
    assert isinstance(dubai, Defer)


def test_a_rule_that_names_no_country_holds_beside_the_calendars() -> None:
    policy = quiet(quiet_hours={"default": {"from": "17:00", "to": "06:00"}})

    early, late = ask(policy, "2026-03-01T08:00:00+03:00"), ask(policy, "2026-03-01T18:00:00+03:00")

    assert (early.source, late.source) == ("calendars/sa.toml text (checked 2026-11-23)", "quiet_hours.default")
    assert opens(late) == utc("2026-03-02T09:00:00+03:00")


def test_ramadan_stands_in_place_of_the_calendar_on_its_dates() -> None:
    ramadan = {"countries": ["SA"], "dates": ["2027-02-08/2027-03-09"], "windows": ["10:00-15:00", "21:00-02:00"]}
    policy = quiet(quiet_hours={"ramadan": ramadan})

    before, evening = ask(policy, "2027-02-07T22:00:00+03:00"), ask(policy, "2027-02-20T23:00:00+03:00")
    morning, after = ask(policy, "2027-02-20T09:30:00+03:00"), ask(policy, "2027-03-10T09:30:00+03:00")

    assert opens(before) == utc("2027-02-08T10:00:00+03:00")
    assert evening.inputs["closes"] == utc("2027-02-21T02:00:00+03:00").isoformat()
    assert (opens(morning), morning.source) == (utc("2027-02-20T10:00:00+03:00"), "quiet_hours.ramadan")
    assert isinstance(after, Allow)


def test_the_same_channel_of_another_kind_has_its_own_hours() -> None:
    policy = quiet()

    text, push, mail = (ask(policy, "2026-03-01T20:30:00+03:00", way(channel)) for channel in ("sms", "push", "email"))

    assert [type(verdict) for verdict in (text, push, mail)] == [Defer, Allow, Allow]
    assert mail.inputs["hours"] == "any"


@pytest.mark.parametrize("at", ["2026-03-01T15:00:00+03:00", "2026-03-01T23:10:00+03:00"])
@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("expires", ["2026-03-04T12:00:00+00:00", "2026-03-02T05:00:00+00:00"])
def test_what_it_kept_gives_the_same_verdict_again(at: str, channel: str, expires: str) -> None:
    verdict = quiet()(way(channel, expires_at=utc(expires)), Inputs(), utc(at))

    again = judge_again("quiet_hours", verdict.inputs, utc(at))

    expected = ALLOWED if isinstance(verdict, Allow) else Ruling("withhold", verdict.reason)
    assert again == (Ruling("defer", verdict.reason, verdict.until) if isinstance(verdict, Defer) else expected)


def test_what_it_kept_does_not_tell_of_other_hours() -> None:
    verdict = ask(quiet(), "2026-03-01T15:00:00+03:00")

    with pytest.raises(NotKept):
        judge_again("quiet_hours", verdict.inputs, utc("2026-03-01T20:00:00+03:00"))


def test_a_verdict_is_small_in_the_record() -> None:
    from pydantic_core import to_json

    from wasl.decisions import _stored_verdict

    allowed, deferred = ask(quiet(), "2026-03-01T15:00:00+03:00"), ask(quiet(), "2026-03-01T23:10:00+03:00")

    assert len(to_json(_stored_verdict(allowed))) < 150
    assert len(to_json(_stored_verdict(deferred))) < 300
