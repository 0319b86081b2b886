"""What `[quiet_hours]` may say, and how its mistakes read."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.config_files import mistakes
from wasl.config import Config, load
from wasl.config.quiet import WEEKDAYS, Dates, QuietRule, Window

WHOLE = (Window(0, 1440),)


def week(weekend: Any = (), **rule: Any) -> tuple[str, ...]:
    """The windows of Monday to Sunday."""
    return tuple(", ".join(map(str, day)) for day in QuietRule.model_validate(rule).week(weekend))


@pytest.mark.parametrize(
    ("rule", "everyday"),
    [
        ({"from": "22:00", "to": "08:00"}, "08:00-22:00"),
        ({"from": "00:00", "to": "08:00"}, "08:00-24:00"),
        ({"from": "22:00", "to": "24:00"}, "00:00-22:00"),
        ({"from": "12:00", "to": "14:00"}, "00:00-12:00, 14:00-24:00"),
        ({"windows": ["09:00-19:00"]}, "09:00-19:00"),
        ({"windows": ["20:00-02:00", "10:00-15:00"]}, "10:00-15:00, 20:00-02:00"),
        ({"windows": []}, ""),
        ({"days": {"sun": []}, "windows": ["00:00-24:00"]}, "00:00-24:00"),
    ],
)
def test_quiet_hours_leave_windows_open(rule: dict[str, Any], everyday: str) -> None:
    assert week(**rule)[0] == everyday


def test_a_days_own_name_comes_before_the_weekend_and_the_weekend_before_the_rest() -> None:
    days = {"weekend": ["10:00-12:00"], "fri": []}

    assert week(("fri", "sat"), windows=["08:00-20:00"], days=days) == (*["08:00-20:00"] * 4, "", "10:00-12:00", "08:00-20:00")
    assert len(WEEKDAYS) == 7


def test_dates_are_days_or_spans_written_as_text_or_as_toml_dates() -> None:
    rule = QuietRule.model_validate({"windows": [], "dates": ["2027-02-08/2027-03-09", date(2027, 5, 1), "2027-05-06"]})

    assert rule.dates == (
        Dates(date(2027, 2, 8), date(2027, 3, 9)), Dates(date(2027, 5, 1), date(2027, 5, 1)), Dates(date(2027, 5, 6), date(2027, 5, 6)),
    )  # fmt: skip


def test_rules_are_read_from_the_file_with_their_places(here: Path) -> None:
    (here / "wasl.toml").write_text(
        'timezone = "Asia/Riyadh"\n[quiet_hours]\njitter = "5m"\n[quiet_hours.default]\nfrom = "22:00"\nto = "08:00"\n'
        'categories = ["promotional", "service"]\n[quiet_hours.eid]\ncountries = ["SA", "AE"]\ndates = [2027-03-10]\nwindows = []\n'
    )

    config = load(None, {"WASL_QUIET_HOURS__DEFAULT__TO": "09:00"})

    assert (config.timezone, config.quiet_hours.jitter.total_seconds(), config.quiet_hours.calendars) == ("Asia/Riyadh", 300, True)
    assert list(config.quiet_hours.rules) == ["default", "eid"]
    assert config.quiet_hours.rules["default"].week(())[0] == (Window(9 * 60, 22 * 60),)
    assert config.line("quiet_hours", "eid") == "wasl.toml:8"


def test_what_is_stored_of_a_configuration_reads_as_it_was() -> None:
    told = {
        "jitter": "5m",
        "default": {"from": "22:00", "to": "08:00", "days": {"fri": ["20:00-02:00"]}},
        "eid": {"windows": [], "dates": ["2027-03-10"]},
    }
    config = Config.model_validate({"quiet_hours": told, "timezone": "Asia/Riyadh"})

    again = Config.model_validate_json(config.model_dump_json())

    assert (again.quiet_hours, again.timezone) == (config.quiet_hours, "Asia/Riyadh")
    assert list(again.quiet_hours.rules) == ["default", "eid"]


def test_every_mistake_has_its_place_and_says_what_to_write(here: Path) -> None:
    found = mistakes(
        """\
timezone = "Mars"
[quiet_hours]
jitter = "soon"
[quiet_hours.one]
from = "10pm"
to = "08:00"
[quiet_hours.two]
form = "22:00"
windows = ["9-17", "12:00-12:00"]
countries = ["sa"]
categories = ["otp"]
days = { friday = [] }
dates = ["2027-03-10/2027-03-01", "soon"]
[quiet_hours.three]
[quiet_hours.four]
from = "22:00"
[quiet_hours.five]
from = "22:00"
to = "08:00"
windows = []
channels = ["smss"]
[topics.codes]
category = "otp"
quiet_hours = true
"""
    )

    assert found == [
        "wasl.toml:1:1: timezone: is not an IANA time zone; write it like Asia/Riyadh",
        "wasl.toml:3:1: quiet_hours.jitter: is not a duration; write a number and a unit, like 90s, 15m, 4h or 3d",
        "wasl.toml:5:1: quiet_hours.one.from: is not a time of day; write it like 08:00 or 22:30",
        "wasl.toml:8:1: quiet_hours.two.form: unknown setting (did you mean 'from'?)",
        "wasl.toml:9:12: quiet_hours.two.windows.0: is not a time of day; write it like 08:00 or 22:30",
        "wasl.toml:9:20: quiet_hours.two.windows.1: has no length; write 00:00-24:00 for the whole day, and no window for none of it",
        "wasl.toml:10:14: quiet_hours.two.countries.0: should be two capital letters, like SA (ISO 3166)",
        "wasl.toml:11:15: quiet_hours.two.categories.0: should be 'service' or 'promotional'",
        "wasl.toml:12:10: quiet_hours.two.days.friday: should be 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun' or 'weekend'"
        " (did you mean 'fri'?)",
        "wasl.toml:13:10: quiet_hours.two.dates.0: end before they begin, or are not of this age",
        "wasl.toml:13:35: quiet_hours.two.dates.1: are not days; write 2027-03-10, or 2027-02-08/2027-03-09 with both ends",
        'wasl.toml:14:14: quiet_hours.three: says no hours; add from = "22:00" and to = "08:00", or windows = ["09:00-19:00"]',
        "wasl.toml:15:14: quiet_hours.four: needs both from and to, like 22:00 and 08:00",
        "wasl.toml:17:14: quiet_hours.five: has quiet hours and windows; keep from and to, or windows",
        "wasl.toml:22:9: topics.codes: has quiet_hours, but its otp messages never wait; make it a service topic",
    ]


def test_a_channel_that_is_not_there_and_a_name_that_is_none_are_mistakes(here: Path) -> None:
    channels = '[providers.text]\nplugin = "twilio"\n[channels]\nsms = ["text"]\n'

    assert mistakes(f'{channels}[quiet_hours.one]\nwindows = []\nchannels = ["smss"]\n') == [
        "wasl.toml:7:13: quiet_hours.one.channels.0: there is no channel smss (did you mean 'sms'?)",
    ]
    assert mistakes('[quiet_hours."At Night"]\nwindows = []\n') == [
        "wasl.toml:1:2: quiet_hours: has a rule 'At Night'; use a small letter first, then small letters, digits, _ or -",
    ]
