"""Every row of the calendars tries its own moments."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from phonenumbers.timezone import time_zones_for_number

from wasl.calendars import UNKNOWN, Row, calendars, weekend
from wasl.policies.openings import DAY, Openings, Rule

ROWS = [pytest.param(country, row, id=f"{country}-{row.name}") for country, rows in calendars().items() for row in rows]
ZONES = {
    "SA": "Asia/Riyadh", "AE": "Asia/Dubai", "US": "America/New_York", "FR": "Europe/Paris", "DE": "Europe/Berlin", 
    "NL": "Europe/Amsterdam", "BE": "Europe/Brussels", "GB": "Europe/London", "IE": "Europe/Dublin", UNKNOWN: "UTC",
}  # fmt: skip


def is_open(row: Row, country: str, at: datetime) -> bool:
    rule, second = Rule("row", "row", row.week(weekend(country)), row.dates), int(at.timestamp())
    opening = Openings([rule], [ZONES[country]]).after(second, second + 1)
    return opening is not None and opening.begin <= second


@pytest.mark.parametrize(("country", "row"), ROWS)
def test_a_row_is_open_and_closed_when_it_says(country: str, row: Row) -> None:
    assert [at for at in row.open if not is_open(row, country, at)] == []
    assert [at for at in row.closed if is_open(row, country, at)] == []
    assert row.open or row.closed


@pytest.mark.parametrize(("country", "row"), ROWS)
def test_a_row_with_hours_names_both_their_ends(country: str, row: Row) -> None:
    """The first and the last second that are open, and those beside them."""
    zone = ZoneInfo(ZONES[country])
    for window in (row.windows or ()) if window_matters(row) else ():
        opened = {at.astimezone(zone).strftime("%H:%M:%S") for at in row.open}
        closed = {at.astimezone(zone).strftime("%H:%M:%S") for at in row.closed}
        begin, end = str(window).split("-")

        assert f"{begin}:00" in opened
        assert f"{end}:00" in closed


def window_matters(row: Row) -> bool:
    return [str(window) for window in row.windows or ()] != ["00:00-24:00"]


@pytest.mark.parametrize(("country", "row"), ROWS)
def test_dates_reach_a_year_beyond_the_day_on_which_they_were_checked(country: str, row: Row) -> None:
    if row.dates:
        assert max(dates.last for dates in row.dates) >= row.checked + timedelta(days=365)


def test_the_countries_to_start_with_are_there() -> None:
    assert {"SA", "AE", "US", "FR", "DE", UNKNOWN} <= set(calendars())


def test_weekends_by_country() -> None:
    assert (weekend("SA"), weekend("EG"), weekend("AE"), weekend("DE"), weekend("IR"), weekend(None)) == (
        ("fri", "sat"), ("fri", "sat"), ("sat", "sun"), ("sat", "sun"), ("fri",), ("sat", "sun"),
    )  # fmt: skip


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_number_has_an_hour_that_is_legal_in_all_its_zones(country: str) -> None:
    """Else nobody there would ever get a promotion."""
    sample = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    zones = [zone for zone in time_zones_for_number(sample) if zone != "Etc/Unknown"] if sample else []
    rows = [row for row in calendars().get(country, calendars()[UNKNOWN]) if "sms" in row.channels and not row.dates]
    monday = datetime(2026, 1, 12, tzinfo=UTC)

    found = Openings([Rule(row.name, "", row.week(weekend(country))) for row in rows], zones or ["UTC"])

    first = int(monday.timestamp())
    assert found.after(first, first + 3 * DAY) is not None


def test_each_holiday_is_a_real_day_off_in_france() -> None:
    holidays = next(row for row in calendars()["FR"] if row.name == "holidays")

    assert [dates for dates in holidays.dates if dates.first != dates.last] == []
    assert date(2027, 3, 29) in {dates.first for dates in holidays.dates}  # Easter Monday
