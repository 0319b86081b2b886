"""Dates and times as a language writes them, in the recipient's time zone and the brand's calendar."""

from contextlib import suppress
from datetime import date, datetime, time
from typing import Literal

from babel.dates import format_date, format_time, get_datetime_format

from wasl.content.hijri import hijri_date
from wasl.content.languages import Writing
from wasl.content.work import NotAllowed

Length = Literal["short", "medium", "long", "full"]
LENGTHS: tuple[Length, ...] = ("short", "medium", "long", "full")
CALENDARS = ("gregorian", "islamic")

Moment = date | datetime | time


def moment(value: object, writing: Writing) -> Moment:
    """What a text like 2026-01-31, 2026-01-31T09:00:00Z or 09:30 says, in the recipient's time zone.

    A time with an offset is converted; one without is the recipient's own.

    Raises:
        NotAllowed: it says none.
    """
    if isinstance(value, str):
        for read in (date.fromisoformat, datetime.fromisoformat, time.fromisoformat):
            with suppress(ValueError):
                return _in_zone(read(value), writing)
    raise NotAllowed("the template writes as a date what is not one; give text like 2026-01-31 or 2026-01-31T09:00:00Z")


def written_date(value: object, writing: Writing, length: Length = "medium", calendar: str | None = None) -> str:
    """The day, in the brand's calendar or in a named one."""
    day = moment(value, writing)
    if isinstance(day, time):
        raise NotAllowed("the template writes the date of a time that has none")
    return writing.in_digits(_date(day, writing, length, calendar or writing.calendar))


def written_time(value: object, writing: Writing, length: Length = "short") -> str:
    """The time of day; `long` and `full` tell the time zone."""
    return writing.in_digits(_time(_with_time(moment(value, writing)), writing, length))


def written_datetime(value: object, writing: Writing, length: Length = "medium", calendar: str | None = None) -> str:
    """The day and the time of day; `long` and `full` tell the time zone."""
    both = moment(value, writing)
    if not isinstance(both, datetime):
        raise NotAllowed("the template writes date and time of a value that has not both")
    pattern = str(get_datetime_format(length, locale=writing.locale)).replace("'", "")
    day, hour = _date(both, writing, length, calendar or writing.calendar), _time(both, writing, length)
    return writing.in_digits(pattern.replace("{0}", hour).replace("{1}", day))


def _date(day: date, writing: Writing, length: Length, calendar: str) -> str:
    islamic = hijri_date(day, writing.locale, length) if calendar == "islamic" else None
    return islamic or format_date(day, length, locale=writing.locale)


def _time(hour: datetime | time, writing: Writing, length: Length) -> str:
    return format_time(hour, length, tzinfo=writing.zone, locale=writing.locale)


def _in_zone(read: Moment, writing: Writing) -> Moment:
    if not isinstance(read, datetime):
        return read
    return read.replace(tzinfo=writing.zone) if read.tzinfo is None else read.astimezone(writing.zone)


def _with_time(read: Moment) -> datetime | time:
    if isinstance(read, datetime | time):
        return read
    raise NotAllowed("the template writes the time of a date that has none")
