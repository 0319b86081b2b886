"""Moments as a viewer reads them."""

from datetime import UTC, datetime, timedelta

import pytest
from babel import Locale

from wasl.console.times import Times

NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def times(zone: str = "Asia/Riyadh", lang: str = "en") -> Times:
    return Times(Locale.parse(lang), zone, NOW)


@pytest.mark.parametrize("lang", ["ar", "de", "en", "fa", "fr", "ur"])
def test_every_moment_can_be_told_in_every_language(lang: str) -> None:
    minutes = [timedelta(minutes=minute) for minute in range(0, 14 * 24 * 60, 7)]
    aways = [timedelta(seconds=second) for second in range(120)] + minutes

    told = [times(lang=lang).relative(NOW + sign * away) for away in aways for sign in (1, -1)]

    assert all(told)


def test_a_moment_is_told_in_the_zone_of_the_viewer() -> None:
    moment = datetime(2026, 5, 3, 22, 8, 1, 120_000, tzinfo=UTC)

    assert times().absolute(moment) == "May 4, 2026, 01:08:01 UTC+3"
    assert times("America/St_Johns").absolute(moment) == "May 3, 2026, 19:38:01 UTC−2:30"
    assert times("UTC").absolute(moment) == "May 3, 2026, 22:08:01 UTC"
    assert times().second(moment) == "01:08:01.120"
    assert times().hour(moment) == "01:08"
    assert times().iso(moment) == "2026-05-03T22:08:01.120Z"
    assert times(lang="ar").absolute(moment).startswith("04\u200f/05\u200f/2026، 01:08:01")
    assert times(lang="ur").absolute(moment).startswith("4 مئی، 2026، 01:08:01")
    assert times(lang="ar").weekday(moment) == "الاثنين 4 مايو 2026"


@pytest.mark.parametrize(
    ("away", "lang", "told"),
    [
        (timedelta(minutes=-3), "en", "3 min. ago"),
        (timedelta(hours=2), "en", "in 2 hr."),
        (timedelta(days=-20), "en", "Apr 13, 2026"),
        (timedelta(minutes=-3), "ar", "قبل 3 دقائق"),
    ],
)
def test_what_is_near_is_told_by_how_far_it_is(away: timedelta, lang: str, told: str) -> None:
    assert times(lang=lang).relative(NOW + away) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.41, "410 ms"), (4.0, "4 s"), (4.25, "4.2 s"), (62.2, "62 s"), (200, "3 min"), (7300, "2 hr")]
)
def test_how_long_something_took_is_short(seconds: float, told: str) -> None:
    assert times().lasted(seconds) == told


def test_how_long_something_took_is_said_in_the_language_of_the_page() -> None:
    assert times(lang="ar").lasted(0.41) == "410 ملي ث"
    assert times(lang="ar").lasted(4) == "4 ث"
