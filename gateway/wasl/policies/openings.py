"""When rules let messages go, as intervals of time: what a wall clock shows in a zone, turned into seconds of UTC.

A second is open when every rule is open in every zone at what the clocks there show. So nothing special is needed where clocks jump: an
hour that does not exist has no seconds, and one that comes twice has them twice.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from wasl.config.quiet import Dates, Week, Window

DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_STEP = 3 * 3600  # no zone has moved its clocks twice within this time
_MOST_DAYS = 500  # kept of one pair of rules and zones
_WHOLE_DAY = (Window(0, 24 * 60),)
_JOINED = 8  # days over which an opening is followed to its end


class Opening(NamedTuple):
    """From one second to another (since 1970, UTC), the second not included."""

    begin: int
    end: int


class Rule:
    """The windows of a week, on `dates` only where there are any, and nowhere on the dates that others stand in for.

    Where it does not hold, it is open. `name` is what it is called for ever; `source` tells where it is written now.
    """

    def __init__(self, name: str, source: str, week: Week, dates: Sequence[Dates] = (), replaced: Sequence[Dates] = ()) -> None:
        self.name = name
        self.source = source
        self._week = week
        self._dates = dates
        self._replaced = replaced
        self.always = all(windows == _WHOLE_DAY for windows in week)
        self.never = not any(week) and not dates and not replaced
        self.openings: Callable[[str, int], tuple[Opening, ...]] = lru_cache(maxsize=4096)(self._found_openings)

    def windows(self, day: date) -> tuple[Window, ...]:
        """What is open of a day, by the clocks of the recipient."""
        return self._week[day.weekday()] if self.holds(day) else _WHOLE_DAY

    def holds(self, day: date) -> bool:
        """Whether it says something of that day."""
        return (not self._dates or _among(day, self._dates)) and not _among(day, self._replaced)

    def _found_openings(self, zone: str, day: int) -> tuple[Opening, ...]:
        """What is open of a day of UTC, counted from 1970; apart from one another, in order."""
        return _joined(sorted(self._pieces(ZoneInfo(zone), day * DAY)))

    def _pieces(self, zone: ZoneInfo, midnight: int) -> Iterator[Opening]:
        for begin, end, offset in _offsets(zone, midnight, midnight + DAY):
            for local in range((begin + offset) // DAY - 1, (end + offset - 1) // DAY + 1):  # a window of yesterday may end today
                for window in self.windows(date.fromordinal(_EPOCH + local)):
                    opens = max(begin, local * DAY + window.begin * 60 - offset)
                    closes = min(end, local * DAY + window.end * 60 - offset)
                    if opens < closes:
                        yield Opening(opens, closes)


class Openings:
    """What is open by all rules in all zones."""

    def __init__(self, rules: Sequence[Rule], zones: Sequence[str]) -> None:
        self.rules = rules
        self.zones = zones
        self._days: dict[int, tuple[Opening, ...]] = {}

    def after(self, second: int, before: int) -> Opening | None:
        """The opening that holds at a second, else the next one that begins before the second one; None where there is none.

        It ends where messages may go no more, or after some days.
        """
        if any(rule.never for rule in self.rules):
            return None
        for day in range(second // DAY, (before - 1) // DAY + 1):
            openings = self._on(day)
            place = bisect_right(openings, second, key=attrgetter("end"))
            if place < len(openings) and (openings[place].begin < before or openings[place].begin <= second):
                return self._to_its_end(openings[place], day)
        return None

    def closed(self, second: int) -> tuple[Rule, str]:
        """The first rule that is closed at a second at which not all are open, and the zone in which it is."""
        pairs = ((rule, zone) for rule in self.rules for zone in self.zones)
        return next(pair for pair in pairs if not any(o.begin <= second < o.end for o in pair[0].openings(pair[1], second // DAY)))

    def _to_its_end(self, opening: Opening, day: int) -> Opening:
        end = opening.end
        for following in range(day + 1, day + _JOINED):
            if end < following * DAY:
                break
            openings = self._on(following)
            if not openings or openings[0].begin > end:
                break
            end = openings[0].end
        return Opening(opening.begin, end)

    def _on(self, day: int) -> tuple[Opening, ...]:
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            found = self._days[day] = self._in_all(day)
        return found

    def _in_all(self, day: int) -> tuple[Opening, ...]:
        common: tuple[Opening, ...] = (Opening(day * DAY, (day + 1) * DAY),)
        for rule in self.rules:
            for zone in self.zones:
                common = _both(common, rule.openings(zone, day))
        return common


def shown(zone: str, second: int) -> datetime:
    """What clocks show in a zone at a second."""
    return datetime.fromtimestamp(second, ZoneInfo(zone))


def _offsets(zone: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The time from `begin` to `end` in pieces over which the zone's offset from UTC is the same."""
    since, offset = begin, _offset(zone, begin)
    for until in range(begin + _STEP, end + 1, _STEP):
        if _offset(zone, until) != offset:
            moved = _moved(zone, until - _STEP, until)
            yield since, moved, offset
            since, offset = moved, _offset(zone, moved)
    if since < end:
        yield since, end, offset


def _moved(zone: ZoneInfo, before: int, after: int) -> int:
    """The first second of the offset that holds at `after`, and did not at `before`."""
    offset = _offset(zone, after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == offset:
            after = middle
        else:
            before = middle
    return after


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return round(offset.total_seconds()) if offset else 0


def _among(day: date, dates: Sequence[Dates]) -> bool:
    return any(first <= day <= last for first, last in dates)


def _joined(openings: Sequence[Opening]) -> tuple[Opening, ...]:
    found: list[Opening] = []
    for opening in openings:
        if found and opening.begin <= found[-1].end:
            found[-1] = Opening(found[-1].begin, max(found[-1].end, opening.end))
        else:
            found.append(opening)
    return tuple(found)


def _both(these: Sequence[Opening], those: Sequence[Opening]) -> tuple[Opening, ...]:
    """What is open by both."""
    pairs = ((max(a.begin, b.begin), min(a.end, b.end)) for a in these for b in those)
    return tuple(Opening(begin, end) for begin, end in pairs if begin < end)
