"""The histogram of a search, counted from ids alone: they begin with their time, so a span of time is a prefix of theirs."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.clock import micros, moment
from wasl.ids import message_ids_at
from wasl.ledger.listed import pairs
from wasl.ledger.search_legs import Step, Wanted, window
from wasl.ledger.search_terms import leading, states
from wasl.ledger.search_windows import boundary, conditions_of, joined
from wasl.ledger.tables import messages
from wasl.searching.seen import Bar, Strip
from wasl_contracts import State

_ROWS = 10_000  # that are looked at where every one has to be
_ENTRIES = 20_000  # of the index on states, for each state, in all brands
_WINDOW = 500
_PATIENCE = 0.03  # seconds, after which no further window is looked at
_DIGITS = 15  # of an id's time, in 1/4096 of a millisecond
_SCALES = tuple(16**dropped for dropped in range(4, 12))
_GROUPS: Mapping[State, str] = {
    State.SENT: "ok",
    State.DELIVERED: "ok",
    State.FAILED: "failed",
    State.BOUNCED: "failed",
    State.EXPIRED: "failed",
    State.UNKNOWN: "failed",
    State.WITHHELD: "withheld",
}
_WAITING = "waiting"
_Counts = Counter[tuple[int, str]]
_FLOOR = """SELECT max((
    SELECT d.message_id FROM deliveries AS d WHERE d.brand = pairs.brand AND d.state = pairs.state AND d.message_id BETWEEN :first AND :last
    ORDER BY d.message_id DESC LIMIT 1 OFFSET :most
)) FROM ({pairs}) AS pairs"""
"""The newest message of those that are too many for their brand and state."""
_GROUPED = " ".join(f"WHEN '{state}' THEN '{group}'" for state, group in _GROUPS.items())
_COUNTED = f"""SELECT CASE d.state {_GROUPED} ELSE '{_WAITING}' END, substr(d.message_id, 5, :digits), count(*)
FROM ({{pairs}}) AS pairs
JOIN deliveries AS d ON d.brand = pairs.brand AND d.state = pairs.state AND d.message_id BETWEEN :first AND :last
GROUP BY 1, 2"""  # noqa: S608 - what is asked for is bound


@dataclass(frozen=True, slots=True)
class Scale:
    """The bars of a histogram in units of an id's time; each is a whole number of `unit`, which is a power of 16."""

    start: int
    each: int
    bars: int
    unit: int

    @classmethod
    def of(cls, span: tuple[datetime, datetime], bars: int) -> "Scale":
        start, end = (micros(at) * 4096 // 1000 for at in span)
        unit = max((one for one in _SCALES if one * bars * 4 <= end - start), default=_SCALES[0])
        end = -(-end // unit) * unit
        each = max(unit, -(-(end - start) // (bars * unit)) * unit)
        return cls(end - each * bars, each, bars, unit)

    @property
    def digits(self) -> int:
        """How many digits of an id tell its unit."""
        return _DIGITS - 4 - _SCALES.index(self.unit)

    def edge(self, number: int) -> datetime:
        """Where a bar begins."""
        return moment((self.start + number * self.each) * 1000 // 4096)


async def drawn(connection: AsyncConnection, wanted: Wanted, scale: Scale) -> Strip:
    """The bars, of so much of what fits, the newest, as can be counted in short time."""
    since, until = scale.edge(0), scale.edge(scale.bars)
    search = wanted.search
    inside = replace(wanted, search=replace(search, since=max(since, search.since or since), until=min(until, search.until or until)))
    left = [states(term) for term in search.terms if term.key == "status"]
    if len(left) == len(search.terms) <= 1 and not any(term.negated for term in search.terms):
        counts, begins = await _by_state(connection, inside, scale, left[0] if left else list(State))
    else:
        counts, begins = await _by_rows(connection, inside, scale)
    return _strip(counts, scale, begins)


async def _by_state(connection: AsyncConnection, wanted: Wanted, scale: Scale, wanted_states: list[State]) -> tuple[_Counts, int]:
    """Of the index on states: each way that was tried counts."""
    first, last = (message_ids_at(micros(at)) for at in (wanted.search.since, wanted.search.until) if at is not None)
    places = json.dumps([(brand, state.value) for brand in wanted.brands for state in wanted_states])
    told = {"pairs": places, "first": first, "last": last, "most": max(1, _ENTRIES // max(1, len(wanted.brands)))}
    floor = (await connection.execute(_of(connection, _FLOOR), told)).scalar_one()
    found = await connection.execute(_of(connection, _COUNTED), {**told, "first": floor or first, "digits": scale.digits})
    counts: _Counts = Counter()
    for group, prefix, count in found:
        counts[int(prefix, 16) * scale.unit, group] += count
    return counts, scale.start if floor is None else (int(floor[4 : 4 + scale.digits], 16) + 1) * scale.unit


def _of(connection: AsyncConnection, query: str) -> TextClause:
    return text(query.format(pairs=pairs(connection.dialect.name, "pairs", "brand", "state")))


async def _by_rows(connection: AsyncConnection, wanted: Wanted, scale: Scale) -> tuple[_Counts, int]:
    """Of the messages that fit: each counts once."""
    counts: _Counts = Counter()
    conditions, looked, place, began = conditions_of(wanted), 0, None, time.monotonic()
    unit = func.substr(messages.c.id, 5, scale.digits)
    while wanted.brands:
        step = Step(_WINDOW, place)
        seen = window(wanted, step, connection.dialect.name)
        grouped = joined(select(unit, leading.c.state, func.count()), seen, conditions).group_by(unit, leading.c.state)
        for prefix, state, count in (await connection.execute(grouped)).all():
            counts[int(prefix, 16) * scale.unit, _GROUPS.get(State(state), _WAITING)] += count
        place, rows = await boundary(connection, seen, step)
        looked += rows
        if rows < step.size or place is None:
            break
        if looked >= _ROWS or time.monotonic() - began > _PATIENCE:
            return counts, max(scale.start, int(place[4 : 4 + scale.digits], 16) * scale.unit)
    return counts, scale.start


def _strip(counts: _Counts, scale: Scale, begins: int) -> Strip:
    """Units gathered into bars; a bar that was not counted as a whole is left empty."""
    cut = -(-(begins - scale.start) // scale.each)
    gathered: list[Counter[str]] = [Counter() for _ in range(scale.bars)]
    for (at, group), count in counts.items():
        number = (at - scale.start) // scale.each
        if cut <= number < scale.bars:
            gathered[number][group] += count
    bars = tuple(Bar(start=scale.edge(n), end=scale.edge(n + 1), groups=dict(gathered[n])) for n in range(scale.bars))
    return Strip(bars=bars, counted_from=scale.edge(cut) if begins > scale.start else None)
