"""What is asked of reports: what was sent and what became of it, over a time. Gateway has these verbs too."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from wasl.branded import Branded
from wasl.clock import micros, moment
from wasl.ledger.tally_counts import GRAINS
from wasl.ledger.tally_reads import Costs, Span, Sums, Whys, measured
from wasl.ledger.tally_tables import COUNTS
from wasl.reported import Group, Measured, Report, ReportWanted

_LINES = 6
"""Groups that have lines of their own."""
_MOST = 200
"""Groups that are told; there may be many templates."""
_SIZE, _HELD = COUNTS.index("sent"), COUNTS.index("withheld")
_FILTERS = ("channel", "provider", "template", "category", "country")


class Reporting(Branded):
    """The verbs of reports. Seen as a brand, of that one; else of all together."""

    async def report(self, wanted: ReportWanted) -> Report:
        """A report, as far as it was counted: some seconds behind what happens."""
        reads, span = self._open.ledger.tally_reads, self._span(wanted)
        then = await reads.sums_by(_before(span), wanted.by)
        told = _Told(await reads.sums(span, wanted.by), await reads.costs(span, wanted.by), await reads.whys(span))
        at = range(span.since, span.until, GRAINS[span.grain])
        largest = told.largest()
        names = [*largest, *sorted(name for name in then if name not in largest)]
        return Report(
            wanted=wanted,
            since=moment(span.since),
            until=moment(span.until),
            at=tuple(map(moment, at)),
            points=tuple(map(told.at, at)),
            lines={name: tuple(told.of(name, one) for one in at) for name in largest[:_LINES]},
            groups=tuple(Group(name, told.of(name), measured([then[name]] if name in then else [])) for name in names[:_MOST]),
            more_groups=max(0, len(names) - _MOST),
            now=told.at(),
            before=measured(then.values()),
            counted_since=await self._counted_since(),
        )

    async def rebuild_reports(self) -> int:
        """Count all that is stored anew, as where the counts were lost or begin later than the messages; returns how many messages."""
        return sum([await self._open.ledger.retallying.rebuild(brand) for brand in self._reported])

    @property
    def _reported(self) -> tuple[str, ...]:
        return self.brands if self.seen_as is None else (self.seen_as,)

    def _span(self, wanted: ReportWanted) -> Span:
        step = GRAINS[wanted.grain]
        since, until = micros(wanted.since), micros(wanted.until)
        only = {name: value for name in _FILTERS if (value := getattr(wanted, name)) is not None}
        return Span(self._reported, wanted.grain, since - since % step, until + -until % step, only)

    async def _counted_since(self) -> datetime | None:
        """The latest of the brands that have not all counted."""
        found = [since for brand in self._reported if (since := await self._open.ledger.tallying.since(brand))]
        return moment(max(found)) if found else None


class _Told:
    """What was read of a time: sums by moment and group, costs by the same, reasons by moment."""

    def __init__(self, sums: Sequence[tuple[int, str, Sums]], costs: Mapping[int, Costs], whys: Mapping[int, Whys]) -> None:
        self._sums = sums
        self._costs = costs
        self._whys = whys
        self._places: dict[int, list[Sums]] = {}
        self._groups: dict[str, dict[int, Sums]] = {}
        for at, name, one in sums:
            self._places.setdefault(at, []).append(one)
            self._groups.setdefault(name, {})[at] = one

    def at(self, at: int | None = None) -> Measured:
        """All groups together, at a moment or in all of the time."""
        if at is None:
            everything = (one for _, _, one in self._sums)
            return measured(everything, (spent for costs in self._costs.values() for spent in costs.values()), self._whys.values())
        costs, why = self._costs.get(at), self._whys.get(at)
        return measured(self._places.get(at, ()), costs.values() if costs else (), [why] if why else ())

    def of(self, name: str, at: int | None = None) -> Measured:
        """A group, at a moment or in all of the time. Without reasons."""
        found = self._groups.get(name, {})
        if at is None:
            return measured(found.values(), (costs[name] for costs in self._costs.values() if name in costs))
        return measured([found[at]] if at in found else [])

    def largest(self) -> list[str]:
        """The groups, that with the most first."""
        sizes = {name: sum(sums[_SIZE] for sums in found.values()) for name, found in self._groups.items()}
        held = {name: sum(sums[_HELD] for sums in found.values()) for name, found in self._groups.items()}
        return sorted(sizes, key=lambda name: (-sizes[name], -held[name], name))


def _before(span: Span) -> Span:
    """As long a time, just before."""
    return replace(span, since=2 * span.since - span.until, until=span.since)
