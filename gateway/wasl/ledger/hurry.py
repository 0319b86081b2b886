"""Clicks of machines that look like people: who follows two links of a mail within a second reads none of them."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import literal_column, select

from wasl.ledger.hot import Hot, among
from wasl.ledger.matching import Found
from wasl.ledger.port import Reader
from wasl.ledger.reports import Report
from wasl.ledger.tables import callbacks

_SECOND = 1_000_000  # microseconds
_CLICKS = Hot(
    select(callbacks.c.brand, callbacks.c.message_id, callbacks.c.delivery, callbacks.c.key, callbacks.c.at).where(
        among(callbacks.c.brand, callbacks.c.message_id, name="keys"), callbacks.c.kind == literal_column("'clicked'")
    )
)


async def unhurried(reader: Reader, matched: Sequence[tuple[Report, Found]]) -> list[tuple[Report, Found]]:
    """The same; those that waited for what else was followed are a machine's where something was. Nothing is read for all others."""
    asked = {(found.brand, found.message_id) for report, found in matched if report.held_until}
    if not asked:
        return list(matched)
    clicks: defaultdict[tuple[str, str, int], list[tuple[str, int]]] = defaultdict(list)
    for brand, message_id, delivery, key, at in await reader.fetch(_CLICKS, {"keys": json.dumps(sorted(asked))}):
        clicks[brand, message_id, delivery].append((key, at))
    return [(_hurried(report) if _hurries(report, clicks[found.key]) else report, found) for report, found in matched]


def _hurries(report: Report, clicks: Sequence[tuple[str, int]]) -> bool:
    return bool(report.held_until) and any(key != report.key and abs(at - report.at) < _SECOND for key, at in clicks)


def _hurried(report: Report) -> Report:
    return replace(report, machine=True, code="several_at_once")
