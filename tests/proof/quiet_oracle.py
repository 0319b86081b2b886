"""When a message may go, said again as simply as it can be: look at the clocks of every zone, minute by minute.

It shares no code with the policy: the rules are read as text, the calendars as files.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from phonenumbers import parse, region_code_for_number
from phonenumbers.timezone import time_zones_for_number

import wasl.calendars

Hours = Mapping[str, Any]
MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FOLDER = Path(wasl.calendars.__file__).parent
CALENDARS = {file.stem.upper(): tomllib.loads(file.read_text("utf-8")).get("rows", []) for file in FOLDER.glob("*.toml")}
WEEKENDS = tomllib.loads((FOLDER / "weekends.toml").read_text("utf-8"))["weekends"]


class Person:
    """Where somebody is, by what is known of them."""

    def __init__(self, number: str | None, own: str | None, country: str | None, timezone: str, of_own: str | None) -> None:
        parsed = parse(number) if number else None
        zones = [zone for zone in time_zones_for_number(parsed) if zone != "Etc/Unknown"] if parsed else []
        self.zones = [ZoneInfo(zone) for zone in ([own] if own else zones or [timezone])]
        self.country = (region_code_for_number(parsed) if parsed else None) or of_own or country


def rules(config: Mapping[str, Any], country: str | None, channel: str, categories: set[str]) -> list[list[Hours]]:
    """Groups of layers: in each group, on each day, only the first layer that says something of it holds."""
    own = [rule for rule in config.values() if isinstance(rule, dict) and _about(rule, channel, categories)]
    of_country = [rule for rule in own if country in rule.get("countries", ())]
    of_all = [rule for rule in own if not rule.get("countries")]
    layers = [*_by_dates(of_country), *_by_dates(_calendar(country, channel, categories))]
    return [*_groups(layers), *_groups(_by_dates(of_all))]


def _groups(layers: list[list[Hours]]) -> list[list[Hours]]:
    """Each rule, with all that stands above it."""
    found, above = [], []
    for layer in layers:
        found += [[*above, rule] for rule in layer]
        above += layer
    return found


def _calendar(country: str | None, channel: str, categories: set[str]) -> list[Hours]:
    for name in (country, "UNKNOWN"):
        rows = [row for row in CALENDARS.get(name or "UNKNOWN", []) if "promotional" in categories]
        if fit := [row for row in rows if channel in row.get("channels", ())] or [row for row in rows if "channels" not in row]:
            return fit
    return []


def _about(rule: Hours, channel: str, categories: set[str]) -> bool:
    return bool(set(rule.get("categories", ["promotional"])) & categories) and channel in rule.get("channels", [channel])


def _by_dates(hours: Iterable[Hours]) -> list[list[Hours]]:
    hours = list(hours)
    return [[rule for rule in hours if "dates" in rule], [rule for rule in hours if "dates" not in rule]]


def legal(group: list[list[Hours]], person: Person, at: datetime) -> bool:
    """Whether a message may go at that moment."""
    return all(_open(layers, person.country, at.astimezone(zone)) for layers in group for zone in person.zones)


def first_legal(group: list[list[Hours]], person: Person, at: datetime, before: datetime) -> datetime | None:
    """The first second from that moment on; all rules and all clocks change on whole minutes."""
    if legal(group, person, at):
        return at
    minute = at.replace(second=0, microsecond=0) + MINUTE
    while minute < before:
        if legal(group, person, minute):
            return minute
        minute += MINUTE
    return None


def _open(layers: list[Hours], country: str | None, clocks: datetime) -> bool:
    *above, rule = layers
    today, minute = clocks.date(), clocks.hour * 60 + clocks.minute
    yesterday = today - timedelta(days=1)
    return _inside(rule, above, country, today, minute) or _inside(rule, above, country, yesterday, minute + 1440)


def _inside(rule: Hours, above: list[Hours], country: str | None, day: date, minute: int) -> bool:
    if not _on(rule, day) or any(_on(other, day) for other in above):
        return minute < 1440
    return any(begin <= minute < end for begin, end in _windows(rule, country, day))


def _on(rule: Hours, day: date) -> bool:
    spans = [str(dates).split("/") for dates in rule.get("dates", ["0001-01-01/9999-12-31"])]
    return any(span[0] <= day.isoformat() <= span[-1] for span in spans)


def _windows(rule: Hours, country: str | None, day: date) -> list[tuple[int, int]]:
    name, days = DAYS[day.weekday()], rule.get("days", {})
    weekend = next((one["days"] for one in WEEKENDS if country in one["countries"]), ["sat", "sun"])
    if name in days or (name in weekend and "weekend" in days):
        written = days.get(name, days.get("weekend"))
    elif "from" in rule:
        quiet, loud = _minutes(rule["from"]), _minutes(rule["to"])
        return [(loud, quiet)] if loud < quiet else [(0, quiet), (loud, 1440)]
    else:
        written = rule.get("windows", ["00:00-24:00"])
    spans = [tuple(map(_minutes, window.split("-"))) for window in written]
    return [(begin, end if begin < end else end + 1440) for begin, end in spans]


def _minutes(written: str) -> int:
    hours, minutes = written.split(":")
    return int(hours) * 60 + int(minutes)


def utc(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)
