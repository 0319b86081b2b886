"""An address on the suppression list is not used."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import JsonValue

from wasl.policies.verdict import Allow, Candidate, Inputs, Suppressed, Verdict, Withhold
from wasl_contracts import Category, Reason

_GRAVEST = (Reason.SUPPRESSED_COMPLAINT, Reason.SUPPRESSED_UNSUBSCRIBE)
"""What only the person can take back is named before anything else."""


def judge(candidate: Candidate, inputs: Inputs, now: datetime) -> Verdict:
    """Withhold where the channel and address are on the brand's list or on that of all brands, for every message or for this category.

    A row holds until its `expires_at`, and not at that moment any more.
    """
    envelope = candidate.envelope
    against = holding(inputs.suppressed.get((envelope.brand, candidate.channel, candidate.address_hash), ()), envelope.category, now)
    if not against:
        return Allow("suppression", "suppressions", {"listed": False})
    row = min(against, key=_order)
    return Withhold("suppression", row.source, _seen(row), row.reason)


def holding(listed: Iterable[Suppressed], category: Category, now: datetime) -> list[Suppressed]:
    """Those rows of an address that speak against a message of that category at that moment."""
    return [row for row in listed if row.scope in ("", category) and (row.expires_at is None or now < row.expires_at)]


def _order(row: Suppressed) -> tuple[int, bool, bool, datetime, Reason]:
    """Always the same row of several, whatever their order."""
    rank = _GRAVEST.index(row.reason) if row.reason in _GRAVEST else len(_GRAVEST)
    return rank, row.brand == "*", bool(row.scope), row.since, row.reason


def _seen(row: Suppressed) -> Mapping[str, JsonValue]:
    """The row, as far as it matters: what is usual is left out."""
    seen: dict[str, JsonValue] = {"listed": True, "reason": row.reason.value, "row": row.id, "since": row.since.isoformat()}
    if row.scope:
        seen["scope"] = row.scope
    if row.brand == "*":
        seen["brand"] = row.brand
    if row.expires_at is not None:
        seen["expires_at"] = row.expires_at.isoformat()
    return seen
