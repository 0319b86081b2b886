"""Which rules hold for a country, a channel and a category: the brand's own, and the calendars of the countries."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from wasl.calendars import UNKNOWN, calendars, weekend
from wasl.config import Config
from wasl.config.quiet import Dates, Hours
from wasl.policies.openings import Rule


class _Written(NamedTuple):
    hours: Hours
    name: str
    source: str


def rules_for(config: Config, country: str | None, channel: str, categories: Collection[str]) -> list[Rule]:
    """All of them hold together.

    The brand's rules that name the country stand in place of its calendar, those that name none hold beside it; and on their dates,
    rules with dates stand in place of those without.
    """
    own = list(_own(config, channel, categories))
    of_country = [written for written, countries in own if country in countries]
    of_all = [written for written, countries in own if not countries]
    calendar = list(_calendar(country, channel, categories)) if config.quiet_hours.calendars else []
    days = weekend(country)
    above = [*_dated_first(of_country), *_dated_first(calendar)]
    return [
        Rule(written.name, written.source, written.hours.week(days), written.hours.dates, replaced)
        for layers in (above, _dated_first(of_all))
        for written, replaced in _in_force(layers)
    ]


def _own(config: Config, channel: str, categories: Collection[str]) -> Iterator[tuple[_Written, Collection[str]]]:
    for name, rule in config.quiet_hours.rules.items():
        if not set(rule.categories).isdisjoint(categories) and (not rule.channels or channel in rule.channels):
            yield _Written(rule, name, config.line("quiet_hours", name) or f"quiet_hours.{name}"), rule.countries


def _calendar(country: str | None, channel: str, categories: Collection[str]) -> Iterator[_Written]:
    """The country's rows for the channel, else those for all channels; where it has neither, those of the unknown country."""
    for name in (country or UNKNOWN, UNKNOWN):
        rows = [row for row in calendars().get(name, ()) if not set(row.categories).isdisjoint(categories)]
        fit = [row for row in rows if channel in row.channels] or [row for row in rows if not row.channels]
        for row in fit:
            yield _Written(row, f"{name}/{row.name}", f"calendars/{name.lower()}.toml {row.name} (checked {row.checked})")
        if fit:
            return


def _dated_first(written: Sequence[_Written]) -> list[list[_Written]]:
    return [[one for one in written if one.hours.dates], [one for one in written if not one.hours.dates]]


def _in_force(layers: Sequence[Sequence[_Written]]) -> Iterator[tuple[_Written, tuple[Dates, ...]]]:
    """Each with the dates on which those of a layer above stand in for it; nothing below one that has no dates."""
    replaced: tuple[Dates, ...] = ()
    for layer in layers:
        yield from ((written, replaced) for written in layer)
        if any(not written.hours.dates for written in layer):
            return
        replaced += tuple(dates for written in layer for dates in written.hours.dates)
