"""To whom a person answers who names no message: the delivery that went to their address last."""

from collections.abc import Sequence
from dataclasses import replace

from wasl.ledger.callback_list import CallbackList
from wasl.ledger.matching import Serving
from wasl.ledger.owners import Owners
from wasl.ledger.reports import Last, Report

_OF_PEOPLE = frozenset({"replied", "unsubscribed", "complained"})


class Latest:
    """Looks for it before a report is kept."""

    def __init__(self, kept: CallbackList, owners: Owners, serving: Serving) -> None:
        self._kept = kept
        self._owners = owners
        self._serving = serving

    async def found(self, reports: Sequence[Report]) -> Sequence[Report]:
        """The same reports; those of people who name no attempt of ours have what was sent to them last."""
        if not any(map(_asks, reports)):
            return reports
        return [replace(report, last=await self._last(report)) if _asks(report) else report for report in reports]

    async def _last(self, report: Report) -> Last | None:
        if report.whose is None:
            return None
        found = []
        for brand in self._serving.only.get(report.provider) or self._serving.brands:
            people = await self._owners.of(brand, report.whose.address_hash)
            found += [one for person in people if (one := await self._kept.last_to(brand, person, report.whose)) is not None]
        return max(found, key=lambda one: one.message_id, default=None)


def _asks(report: Report) -> bool:
    return report.whose is not None and report.attempted is None and (report.provider_ref is None or report.kind in _OF_PEOPLE)
