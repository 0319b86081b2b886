"""Nights on which clocks change, zones with odd offsets, and a day that was left out."""

from datetime import timedelta

import pytest

from tests.gateway.policies.hours import ask, opens, quiet, utc, way
from wasl.policies.verdict import Inputs


@pytest.mark.parametrize(
    ("number", "at", "first"),
    [
        # Berlin: clocks go from 02:00 to 03:00 on 29 March, and from 03:00 back to 02:00 on 25 October.
        ("+4915123456789", "2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00"),
        ("+4915123456789", "2026-10-24T23:00:00+02:00", "2026-10-25T08:00:00+01:00"),
        ("+12125550123", "2026-03-08T01:30:00-05:00", "2026-03-08T08:00:00-04:00"),
        ("+12125550123", "2026-11-01T01:30:00-04:00", "2026-11-01T08:00:00-05:00"),
        # Cairo: from 24 April 00:00 to 01:00, and from 30 October 00:00 back to 23:00. No calendar of its own: 09:00.
        ("+201001234567", "2026-04-23T23:00:00+02:00", "2026-04-24T09:00:00+03:00"),
        ("+201001234567", "2026-10-29T23:30:00+03:00", "2026-10-30T09:00:00+02:00"),
    ],
)
def test_on_nights_when_clocks_change_it_goes_at_the_hour_that_they_show(number: str, at: str, first: str) -> None:
    assert opens(ask(quiet(), at, way(number=number, expires_at=utc(at) + timedelta(days=3)))) == utc(first)


@pytest.mark.parametrize(
    ("zone", "window", "at", "first", "closes"),
    [
        # It begins in the hour that is left out: at the first second after it.
        ("Europe/Berlin", "02:30-04:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00", None),
        # It lies in the hour that is left out: not on that day.
        ("Europe/Berlin", "02:10-02:50", "2026-03-29T01:00:00+01:00", "2026-03-30T02:10:00+02:00", None),
        # It lies in the hour that comes twice: it opens twice.
        ("Europe/Berlin", "02:10-02:50", "2026-10-25T01:00:00+02:00", "2026-10-25T02:10:00+02:00", None),
        ("Europe/Berlin", "02:10-02:50", "2026-10-25T02:55:00+02:00", "2026-10-25T02:10:00+01:00", None),
        ("Europe/Berlin", "02:10-02:50", "2026-10-25T02:20:00+01:00", None, "2026-10-25T02:50:00+01:00"),
        ("Asia/Kathmandu", "09:00-19:00", "2026-03-01T22:00:00+05:45", "2026-03-02T09:00:00+05:45", None),
        ("Australia/Lord_Howe", "02:00-03:00", "2026-04-04T23:00:00+11:00", "2026-04-05T02:00:00+10:30", None),
        ("America/St_Johns", "09:00-19:00", "2026-03-01T08:59:59-03:30", "2026-03-01T09:00:00-03:30", None),
        # Samoa left out Friday, 30 December 2011.
        ("Pacific/Apia", "09:00-19:00", "2011-12-29T20:00:00-10:00", "2011-12-31T09:00:00+14:00", None),
        ("Pacific/Apia", "20:00-02:00", "2011-12-29T23:00:00-10:00", None, "2011-12-31T02:00:00+14:00"),
        # Over midnight.
        ("Asia/Riyadh", "20:00-02:00", "2026-03-01T12:00:00+03:00", "2026-03-01T20:00:00+03:00", None),
        ("Asia/Riyadh", "20:00-02:00", "2026-03-02T01:59:59+03:00", None, "2026-03-02T02:00:00+03:00"),
        ("Asia/Riyadh", "20:00-02:00", "2026-03-02T02:00:00+03:00", "2026-03-02T20:00:00+03:00", None),
    ],
)
def test_every_second_is_what_the_clocks_show(zone: str, window: str, at: str, first: str | None, closes: str | None) -> None:
    policy = quiet(quiet_hours={"calendars": False, "hours": {"windows": [window]}})

    now = utc(at)
    verdict = policy(way(number=None, timezone=zone, expires_at=now + timedelta(days=4)), Inputs(), now)

    if closes is not None:
        assert verdict.inputs["closes"] == utc(closes).isoformat()
    else:
        assert first is not None
        assert opens(verdict) == utc(first)


def test_windows_that_touch_are_one_opening() -> None:
    policy = quiet(quiet_hours={"calendars": False, "hours": {"windows": ["09:00-12:00", "12:00-24:00", "00:00-02:00"]}})

    verdict = ask(policy, "2026-03-01T10:00:00+03:00")

    assert verdict.inputs["closes"] == utc("2026-03-02T02:00:00+03:00").isoformat()
