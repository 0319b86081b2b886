"""Moments as a viewer reads them: in their zone and language, relative in lists, whole beside it."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.units import format_unit

from wasl.console.words import comma

_SECONDS = 90  # up to which a duration is told in them


def day_of(written: str) -> date:
    """A day as forms write it, 2026-05-03.

    Raises:
        ValueError: it is none, or so far away that the days beside it may be none.
    """
    found = date.fromisoformat(written.strip())
    if not 1000 < found.year < 9000:
        raise ValueError(written)
    return found


class Times:
    """Writes moments; `now` is the moment that "3 minutes ago" is told from."""

    def __init__(self, locale: Locale, zone: str, now: datetime) -> None:
        self.zone = zone
        self.now = now
        self._locale = locale
        self._in: tzinfo = UTC if zone == "UTC" else ZoneInfo(zone)

    def local(self, moment: datetime) -> datetime:
        """The moment by the clocks of the zone."""
        return moment.astimezone(self._in)

    def iso(self, moment: datetime) -> str:
        """For machines: the attribute `datetime` of <time>."""
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def absolute(self, moment: datetime) -> str:
        """Day, time to the second, and zone."""
        local = self.local(moment)
        return f"{_day(local.date(), self._locale)}{comma(self._locale.language)}{local:%H:%M:%S} {self.offset(moment)}"

    def offset(self, moment: datetime) -> str:
        """How far the zone is from UTC then: UTC, UTC+3, UTC−3:30."""
        away = self.local(moment).utcoffset() or timedelta()
        hours, minutes = divmod(abs(away) // timedelta(minutes=1), 60)
        sign = "−" if away < timedelta() else "+"
        return f"UTC{sign}{hours}{f':{minutes:02}' if minutes else ''}" if away else "UTC"

    def relative(self, moment: datetime) -> str:
        """3 minutes ago, in 2 hours; what is more than two weeks away is told by its day."""
        away = moment - self.now
        if abs(away) > timedelta(days=14):
            return self.day(moment)
        try:
            return self._away(away, "short")
        except KeyError:  # Babel 2.18 lacks some short forms: in Arabic "in 30 seconds" and "10 days ago"
            return self._away(away, "long")

    def _away(self, away: timedelta, form: Literal["short", "long"]) -> str:
        return str(format_timedelta(away, granularity="second", add_direction=True, format=form, locale=self._locale))

    def day(self, moment: datetime) -> str:
        """The day: 3 May 2026."""
        return _day(self.local(moment).date(), self._locale)

    def weekday(self, moment: datetime) -> str:
        """The day with its weekday, for headings: Sunday 3 May 2026."""
        return str(format_datetime(self.local(moment), "EEEE d MMMM y", tzinfo=self._in, locale=self._locale))

    def hour(self, moment: datetime) -> str:
        """The time of day: 23:08."""
        return f"{self.local(moment):%H:%M}"

    def second(self, moment: datetime) -> str:
        """The time of day to the millisecond: 23:08:01.120."""
        local = self.local(moment)
        return f"{local:%H:%M:%S}.{local.microsecond // 1000:03}"

    def lasted(self, seconds: float) -> str:
        """How long something took: 410 ms, 4 s, 3 min, 2 hr."""
        if seconds >= _SECONDS:
            return str(format_timedelta(timedelta(seconds=seconds), threshold=1.5, format="short", locale=self._locale))
        count, unit = (round(seconds * 1000), "millisecond") if seconds < 1 else (round(seconds, 1 if seconds < 10 else None), "second")
        length: Literal["narrow", "short"] = "narrow" if self._locale.language == "en" else "short"
        told = str(format_unit(count, unit, length, locale=self._locale, numbering_system="latn"))
        return re.sub(r"(?<=\d)(?=[a-z])", " ", told)  # English writes 410ms


@lru_cache(maxsize=1024)
def _day(day: date, locale: Locale) -> str:
    """A list has the same few days again and again, and Babel takes 50 µs for each."""
    return format_date(day, "medium", locale=locale)
