"""What one thing that happened to a delivery adds to which rows of `tallies`. The definitions that reports print are these."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from wasl.ledger.hot import Values
from wasl.ledger.tally_tables import BUCKETS, COUNTS
from wasl.reported import BOUNDS
from wasl_contracts import Reason

_HOUR = 3_600_000_000
GRAINS: Mapping[str, int] = {"h": _HOUR, "d": 24 * _HOUR}
"""Microseconds in a row's time."""
OF_REASONS, OF_COSTS = "r", "c"
"""Behind the grain, for rows that count the same once more by reason, and for those that sum costs by currency: so that whoever needs
neither reads neither."""
_DIGITS_OF_A_CODE = 3
_ENDS = {
    "message.bounced": "bounced", "message.failed": "failed", "message.withheld": "withheld", "message.expired": "expired",
    "message.cancelled": "cancelled", "message.superseded": "cancelled", "message.opened": "opened", "message.read": "read",
    "message.clicked": "clicked", "message.replied": "replied", "message.unsubscribed": "unsubscribed",
    "message.complained": "complained",
}  # fmt: skip
_WHY = frozenset({"failed", "bounced", "withheld", "expired"})
"""Of these the reason is told too."""

TallyKey = tuple[str, str, int, str, str, str, str, str, str, str]
"""As KEY of tally_tables.py."""
Tallies = defaultdict[TallyKey, dict[str, int]]
"""What is added to which rows."""


class About(NamedTuple):
    """A delivery as reports look at it. `cost` is in micro units, None where it is not known; moments are in microseconds."""

    template: str
    category: str
    due_at: int
    channel: str
    provider: str
    country: str
    saved: bool
    answered_at: int | None = None
    """When its last call ended with a receipt."""
    cost: int | None = None
    currency: str = ""


class Happening(NamedTuple):
    """Something that the feed tells of a delivery."""

    type: str
    at: int
    reason: str | None


@lru_cache(4096)
def country_of(masked: str | None) -> str:
    """The country of a masked phone number, by its calling code: US for all of North America; empty for what is no number."""
    if not masked or not masked.startswith("+"):
        return ""
    for length in range(1, _DIGITS_OF_A_CODE + 1):
        code = masked[1 : 1 + length]
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code.isdecimal() else ()
        if regions:
            return regions[0] if regions[0].isalpha() else ""
    return ""


def bucket(microseconds: int) -> str:
    """The column that counts what took so long."""
    return BUCKETS[bisect_left(BOUNDS, max(0, microseconds) / 1_000_000)]


def new_tallies() -> Tallies:
    """Nothing yet."""
    return defaultdict(dict)


def tally(into: Tallies, brand: str, about: About, told: Happening) -> None:
    """Add what this happening counts for, in its hour and in its day.

    A delivery that its provider confirmed with its very answer, or that had no answer, is sent and delivered at once.
    """
    if told.type == "message.sent":
        _sent(into, brand, about, told)
    elif told.type == "message.delivered":
        if about.answered_at is None or about.answered_at >= told.at:
            _sent(into, brand, about, told)
        _add(into, brand, about, told.at, (("delivered", 1), (bucket(told.at - about.due_at), 1)))
    elif (name := _ENDS.get(told.type)) is not None:
        _add(into, brand, about, told.at, ((name, 1),))
        if name in _WHY and told.reason:
            _add(into, brand, about, told.at, ((name, 1),), reason=told.reason)


def rows(tallies: Tallies) -> list[Values]:
    """As rows of the table."""
    blank = dict.fromkeys((*COUNTS, *BUCKETS, "cost"), 0)
    return [{**_named(key), **blank, **counts} for key, counts in sorted(tallies.items())]


def _sent(into: Tallies, brand: str, about: About, told: Happening) -> None:
    silent, priced = told.reason == Reason.NO_RECEIPTS, about.cost is not None
    _add(into, brand, about, told.at, (("sent", 1), ("silent", silent), ("saved", about.saved), ("priced", priced)))
    if about.cost is not None:
        _add(into, brand, about, told.at, (("cost", about.cost),), currency=about.currency)


def _add(  # noqa: PLR0913, PLR0917 - what a row is found by
    into: Tallies, brand: str, about: About, at: int, counts: tuple[tuple[str, int], ...], reason: str = "", currency: str = ""
) -> None:
    place = (about.channel, about.provider, about.template, about.category, about.country, reason, currency)
    kind = OF_REASONS if reason else OF_COSTS if currency else ""
    for grain, length in GRAINS.items():
        row = into[brand, grain + kind, at - at % length, *place]
        for name, count in counts:
            if count:
                row[name] = row.get(name, 0) + count


def _named(key: TallyKey) -> dict[str, object]:
    brand, grain, at, channel, provider, template, category, country, reason, currency = key
    return {
        "brand": brand, "grain": grain, "at": at, "channel": channel, "provider": provider, "template": template,
        "category": category, "country": country, "reason": reason, "currency": currency,
    }  # fmt: skip
