"""Reports as they are asked for and told. What each number means is written beside it; `tally_counts.py` counts accordingly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.model import Frozen

Dimension = Literal["channel", "provider", "template", "category", "brand", "country"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
"""By what reports are grouped and filtered."""
LONGEST = timedelta(days=400)
"""The longest time of a report."""
BY_HOURS = timedelta(days=2)
"""Up to this length a report is told by hours, beyond by days; both are of UTC."""
COMPLAINTS_LIMIT = 0.003
"""Of what arrived, the share of complaints that mailbox providers do not tolerate: 0.3 % (Google's and Yahoo's rules for senders)."""
BOUNDS = (0.25, 0.5, 1, 2, 5, 10, 20, 45, 90, 180, 600, 1800, 7200, 21_600, 86_400)
"""Seconds: the ends of all intervals in which times to deliver are counted, but the last, which has none."""
_Name = Annotated[str, Field(max_length=200)]


class ReportWanted(Frozen):
    """Which report: from `since` to `until`, cut to whole hours or days, grouped `by`, only of what these names say; empty for none."""

    since: AwareDatetime
    until: AwareDatetime
    by: Dimension = "channel"
    channel: _Name | None = None
    provider: _Name | None = None
    template: _Name | None = None
    category: _Name | None = None
    country: _Name | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "ReportWanted":
        if not timedelta(0) < self.until - self.since <= LONGEST:
            raise PydanticCustomError("out_of_range", "must end after it begins, by at most {days} days", {"days": LONGEST.days})
        return self

    @property
    def grain(self) -> Literal["h", "d"]:
        """Hours or days."""
        return "h" if self.until - self.since <= BY_HOURS else "d"


@dataclass(frozen=True, slots=True)
class Measured:
    """What happened in a time, of a group, or in all.

    `sent`: deliveries that a provider took; `silent`, of these by what gives no receipts. Things count when they happen, so a delivery
    that was sent before this time and arrived in it is `delivered` here. `saved`: sent, after another provider or channel had failed.
    Openings, clicks and answers count each time. `cost`: of what was sent, by currency, in millionths; `within`: how many were delivered
    within each of `BOUNDS`, and later. `withheld_by`, `failed_by`: by reason.
    """

    sent: int = 0
    silent: int = 0
    delivered: int = 0
    bounced: int = 0
    failed: int = 0
    withheld: int = 0
    expired: int = 0
    cancelled: int = 0
    saved: int = 0
    opened: int = 0
    read: int = 0
    clicked: int = 0
    replied: int = 0
    unsubscribed: int = 0
    complained: int = 0
    priced: int = 0
    within: Sequence[int] = ()
    cost: Mapping[str, int] = field(default_factory=dict)
    withheld_by: Mapping[str, int] = field(default_factory=dict)
    failed_by: Mapping[str, int] = field(default_factory=dict)

    @property
    def delivery_rate(self) -> float | None:
        """delivered ÷ (sent − sent by what gives no receipts); None where nothing of that was sent."""
        confirmable = self.sent - self.silent
        return min(1.0, self.delivered / confirmable) if confirmable > 0 else None

    @property
    def opt_out_rate(self) -> float | None:
        """unsubscribed ÷ sent."""
        return self.unsubscribed / self.sent if self.sent else None

    @property
    def complaint_rate(self) -> float | None:
        """complained ÷ delivered, or ÷ sent where nothing confirms delivery."""
        base = self.delivered or self.sent
        return self.complained / base if base else None

    def seconds(self, share: float) -> float | None:
        """Within how many seconds this share of what was delivered arrived: within its interval as if they came evenly. None: none did."""
        left = sum(self.within) * share
        for place, count in enumerate(self.within):
            if count and left <= count:
                begin = BOUNDS[place - 1] if place else 0.0
                end = BOUNDS[place] if place < len(BOUNDS) else BOUNDS[-1] * 2
                return begin + (end - begin) * left / count
            left -= count
        return None


@dataclass(frozen=True, slots=True)
class Group:
    """One value of the dimension, with what it came to, and in the time before. The name is empty for what has none."""

    name: str
    now: Measured
    before: Measured


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `at` are the hours or days, in order, `points` what happened in each, `lines` the same for the largest groups.

    `counted_since`: what happened before is not counted; None where all that is stored is.
    """

    wanted: ReportWanted
    since: datetime
    until: datetime
    at: Sequence[datetime]
    points: Sequence[Measured]
    lines: Mapping[str, Sequence[Measured]]
    groups: Sequence[Group]
    more_groups: int
    now: Measured
    before: Measured
    counted_since: datetime | None
