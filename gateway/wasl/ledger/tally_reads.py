"""Reading what was counted: sums over hours or days, never over messages."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal_column, select

from wasl.ledger.hot import Row
from wasl.ledger.store import Store
from wasl.ledger.tables import tallies
from wasl.ledger.tally_counts import OF_COSTS, OF_REASONS
from wasl.ledger.tally_tables import BUCKETS, COUNTS
from wasl.reported import Dimension, Measured

_COLUMNS = (*COUNTS, *BUCKETS)
Sums = Sequence[int]
"""What was counted, in the order of COUNTS and BUCKETS."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which rows: of these brands, hours or days, from one moment to before another (microseconds), of what these columns say."""

    brands: Sequence[str]
    grain: str
    since: int
    until: int
    only: Mapping[str, str]


class Whys(NamedTuple):
    """How many were withheld, and how many came to nothing, for each reason."""

    withheld: Counter[str]
    failed: Counter[str]


Costs = defaultdict[str, Counter[str]]
"""In micro units by currency, for each value of a dimension."""


class TallyReads:
    """Reads one database's tallies."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def sums(self, span: Span, dimension: Dimension) -> list[tuple[int, str, Sums]]:
        """What happened in each hour or day, for each value of a dimension; nothing for those in which nothing did."""
        keys = [tallies.c.at, tallies.c[dimension]]
        return [(row[0], row[1], list(map(int, row[2:]))) for row in await self._rows(span, "", keys, _COLUMNS)]

    async def sums_by(self, span: Span, dimension: Dimension) -> dict[str, Sums]:
        """What happened in all of the time, for each value of a dimension."""
        rows = await self._rows(span, "", [tallies.c[dimension]], _COLUMNS)
        return {row[0]: list(map(int, row[1:])) for row in rows}

    async def whys(self, span: Span) -> dict[int, Whys]:
        """Why things were withheld or failed, in each hour or day."""
        found: defaultdict[int, Whys] = defaultdict(lambda: Whys(Counter(), Counter()))
        for at, reason, withheld, *others in await self._rows(
            span, OF_REASONS, [tallies.c.at, tallies.c.reason], ("withheld", "failed", "bounced", "expired")
        ):
            found[at].withheld[reason] += int(withheld)
            found[at].failed[reason] += sum(map(int, others))
        return found

    async def costs(self, span: Span, dimension: Dimension) -> dict[int, Costs]:
        """What was spent in each hour or day, for each value of a dimension."""
        found: defaultdict[int, Costs] = defaultdict(lambda: defaultdict(Counter))
        keys = [tallies.c.at, tallies.c[dimension], tallies.c.currency]
        for at, name, currency, cost in await self._rows(span, OF_COSTS, keys, ("cost",)):
            found[at][name][currency] += int(cost)
        return found

    async def _rows(self, span: Span, kind: str, keys: Sequence[ColumnElement[Any]], names: Sequence[str]) -> list[Row]:
        async with self._store.engine.connect() as connection:
            return list(map(tuple, await connection.execute(_summed(span, kind, keys, names))))


def measured(many: Iterable[Sums], costs: Iterable[Counter[str]] = (), whys: Iterable[Whys] = ()) -> Measured:
    """All of these as one."""
    whole = [sum(column) for column in zip(*many, strict=True)] or [0] * len(_COLUMNS)
    why = Whys(Counter(), Counter())
    for one in whys:
        why.withheld.update(one.withheld)
        why.failed.update(one.failed)
    spent: Counter[str] = Counter()
    for cost in costs:
        spent.update(cost)
    return Measured(
        **dict(zip(COUNTS, whole, strict=False)),
        within=tuple(whole[len(COUNTS) :]),
        cost=dict(spent),
        withheld_by={name: count for name, count in why.withheld.items() if count},
        failed_by={name: count for name, count in why.failed.items() if count},
    )


def _summed(span: Span, kind: str, keys: Sequence[ColumnElement[Any]], names: Sequence[str]) -> Select[Any]:
    only = [tallies.c[name] == wanted for name, wanted in span.only.items()]
    return (
        select(*keys, *(func.sum(tallies.c[name]) for name in names))
        .where(tallies.c.brand.in_(span.brands), tallies.c.grain == literal_column(f"'{span.grain}{kind}'"))
        .where(tallies.c.at >= span.since, tallies.c.at < span.until, *only)
        .group_by(*keys)
    )
