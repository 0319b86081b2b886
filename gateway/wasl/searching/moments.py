"""Moments as people write them: `2026-11-23`, `2026-11-23T10:00`, `24h` (ago), `today`, `yesterday`, in the zone of who writes."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

_AGO = re.compile(r"([0-9]{1,5})(min|m|h|d|w)")
_UNITS = {"m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DAY = timedelta(days=1)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")


class Span(NamedTuple):
    """From a moment, until another one, in UTC; a moment is a span without length."""

    start: datetime
    end: datetime


def span(written: str, now: datetime, zone: tzinfo) -> Span | None:
    """What was written as a span of time: a day is a whole day of the zone. None where it is none."""
    if (ago := _AGO.fullmatch(written.lower())) is not None:
        return _moment(now - int(ago[1]) * _UNITS[ago[2]])
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if written.lower() in ("today", "yesterday"):
        return _day(today if written.lower() == "today" else today - _DAY)
    if not _ISO.fullmatch(written):
        return None
    try:
        read = datetime.fromisoformat(written)
        placed = read.replace(tzinfo=zone) if read.tzinfo is None else read
        return _day(placed) if len(written) == len("2026-11-23") else _moment(placed)
    except (ValueError, OverflowError):
        return None


def _day(begins: datetime) -> Span:
    # The next midnight on the clock there, be the day 23 hours long or 25.
    return Span(begins.astimezone(UTC), (begins + _DAY).astimezone(UTC))


def _moment(found: datetime) -> Span:
    return Span(found.astimezone(UTC), found.astimezone(UTC))
