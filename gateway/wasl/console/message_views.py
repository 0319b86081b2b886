"""The list of messages as a user asked for it: its query, columns, views and filters, each a link that writes the query's text."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from pydantic_core import to_json

from wasl.api import Gateway
from wasl.console.charts import Chart, Series
from wasl.console.telling import channel_told, state_told
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.searching.language import parse
from wasl.searching.rewriting import chosen, mended, toggled, within
from wasl.searching.seen import Bar, Counted, MessageFound, Strip
from wasl.searching.tokens import LONGEST, Spot
from wasl.searching.vocabulary import META
from wasl_contracts import State

PATH: Final = "/messages"
VIEWS: Final[tuple[tuple[str, str], ...]] = (
    (msgid("All"), ""),
    (msgid("Failed (24 h)"), "is:failed after:24h"),
    (msgid("Withheld (24 h)"), "is:withheld after:24h"),
    (msgid("Retrying"), "is:retrying"),
    (msgid("Scheduled"), "is:scheduled"),
    (msgid("Unconfirmed"), "is:unconfirmed"),
)
"""The views that everybody has."""
COLUMNS: Final[Mapping[str, str]] = {
    "topic": msgid("Topic"),
    "category": msgid("Category"),
    "locale": msgid("Language"),
    "tags": msgid("Tags"),
    "attempts": msgid("Attempts"),
    "error": msgid("Error code"),
}
"""Columns that may be added; `meta.` and a key is one too."""
_MOST_COLUMNS = 8
_STATES = (State.DELIVERED, State.SENT, State.FAILED, State.BOUNCED, State.WITHHELD, State.SCHEDULED)
_BARS = 48
_DAY = timedelta(days=1)
_LEAST = timedelta(minutes=10)
_COUNTED = 499  # of a view; it stands beside every list, so it is one look at an index
_FRESH = 10.0  # seconds for which the counts of views are shown again
GROUPS: Final[tuple[tuple[str, str], ...]] = (
    ("ok", msgid("Sent or arrived")),
    ("failed", msgid("Failed")),
    ("withheld", msgid("Withheld")),
    ("waiting", msgid("Waiting or ended otherwise")),
)

_counts: "WeakKeyDictionary[Gateway, dict[tuple[str, ...], tuple[float, tuple[Counted, ...]]]]" = WeakKeyDictionary()


class Asked(NamedTuple):
    """What the URL asks for. `brands` are those that the user sees, or the one that the URL names; `was` is the last good query."""

    q: str
    was: str
    cursor: str | None
    columns: tuple[str, ...]
    brands: tuple[str, ...]
    total: bool

    @classmethod
    def of(cls, visit: Visit) -> "Asked":
        one = visit.query.get("brand")
        brands = visit.brands if not one else tuple(brand for brand in visit.brands if brand == one)
        columns = [name for name in visit.query.getall("col", []) if name in COLUMNS or (name.startswith(META) and len(name) <= 60)]
        return cls(
            visit.query.get("q", "").strip()[: LONGEST + 1],
            visit.query.get("was", "")[:LONGEST],
            visit.query.get("cursor") or None,
            tuple(dict.fromkeys(columns))[:_MOST_COLUMNS],
            brands,
            visit.query.get("total") == "1",
        )

    def link(self, visit: Visit, q: str, **more: object) -> str:
        """The path, below /console, of the list with another query, and the same columns."""
        told = {"q": q or None, "brand": visit.query.get("brand") or None, "col": list(self.columns) or None, **more}
        return visit.url(PATH, **{name: value for name, value in told.items() if value is not None}).removeprefix("/console")


class Piece(NamedTuple):
    """A part of a query that could not be read: what is wrong with it, if anything, and the query with the suggestion in its place."""

    text: str
    spot: Spot | None = None
    mended: str | None = None


def pieces(q: str, spots: Sequence[Spot]) -> list[Piece]:
    """The query cut where a mistake begins and ends, so that each can be underlined."""
    cut: list[Piece] = []
    place = 0
    for spot in sorted(spots, key=lambda one: one.start):
        if spot.start < place:
            continue
        if q[place : spot.start]:
            cut.append(Piece(q[place : spot.start]))
        cut.append(Piece(q[spot.start : spot.end], spot, mended(q, spot.start, spot.end, spot.suggestion) if spot.suggestion else None))
        place = spot.end
    return [*cut, Piece(q[place:])] if q[place:] else cut


def filters(visit: Visit, asked: Asked) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The buttons that narrow the list: a label, then paths, words and whether each is pressed."""
    channels = visit.gateway.config.channels
    groups = [
        (visit.t("Status"), "status", [(state.value, visit.t(state_told(state).name)) for state in _STATES]),
        (visit.t("Channel"), "channel", [(name, visit.t(channel_told(name).name)) for name in channels]),
    ]
    return [
        (label, [(asked.link(visit, toggled(asked.q, key, value)), word, value in chosen(asked.q, key)) for value, word in options])
        for label, key, options in groups
        if options
    ]


def cell(one: MessageFound, column: str) -> str:
    """What a column that was added shows of a message; a dash for nothing."""
    if column == "tags":
        tags = one.metadata.get("tags")
        return ", ".join(map(str, tags)) if isinstance(tags, list) and tags else str(tags or "–")
    if column in COLUMNS:
        value = one.code if column == "error" else getattr(one, column)
        return "–" if value is None else str(value)
    found = one.metadata.get(column[len(META) :])
    return "–" if found is None else found if isinstance(found, str) else to_json(found).decode()


async def counted_views(visit: Visit, brands: tuple[str, ...]) -> list[Counted | None]:
    """How many messages each of VIEWS has now, or had up to ten seconds ago; None for the first, of all."""
    gateway = visit.house.gateway
    known = _counts.setdefault(gateway, {})
    at, counts = known.get(brands, (-_FRESH, ()))
    if time.monotonic() - at >= _FRESH:
        asked = [query for _, query in VIEWS[1:]]
        # One after the other: all at once they would need connections that nobody keeps open.
        counts = tuple([await gateway.count_found(one, brands=brands, most=_COUNTED, looked_at=_COUNTED + 1) for one in asked])
        known[brands] = time.monotonic(), counts
    return [None, *counts]


def asked_span(visit: Visit, q: str) -> tuple[datetime, datetime]:
    """The time that the histogram of a query shows: what it asks for, else the last day. Raises Misread."""
    search = parse(q, visit.times.now, ZoneInfo(visit.zone))
    until = min(search.until or visit.times.now, visit.times.now)
    since = search.since or until - _DAY
    return min(since, until - _LEAST), until


def drawn(visit: Visit, asked: Asked, strip: Strip) -> Chart:
    """The histogram: each bar leads to the list of what was accepted in its time."""
    labels = [_label(visit, bar, strip) for bar in strip.bars]
    shown = [(name, label) for name, label in GROUPS if any(bar.groups.get(name) for bar in strip.bars) or name == "ok"]
    tones = {"ok": "ok", "failed": "failed", "withheld": "withheld", "waiting": "a"}
    return Chart(
        title=visit.t("Messages over time"),
        labels=labels,
        series=[Series(visit.t(label), tones[name], [bar.groups.get(name, 0) for bar in strip.bars]) for name, label in shown],  # type: ignore[arg-type]  # the values of `tones` are tones
        links=["/console" + asked.link(visit, within(asked.q, bar.start, bar.end)) for bar in strip.bars],
        said=_said(visit, strip),
        rtl=visit.dir == "rtl",
    )


def _label(visit: Visit, bar: Bar, strip: Strip) -> str:
    whole = strip.span[1] - strip.span[0]
    return visit.times.hour(bar.start) if whole <= 2 * _DAY else f"{visit.times.day(bar.start)} {visit.times.hour(bar.start)}"


def _said(visit: Visit, strip: Strip) -> str:
    total = sum(bar.total for bar in strip.bars)
    failed = sum(bar.groups.get("failed", 0) for bar in strip.bars)
    start = visit.times.absolute(strip.counted_from or strip.span[0])
    numbers = {"total": visit.words.number(total), "failed": visit.words.number(failed)}
    return visit.t("Since {start}: {total} tried, {failed} of them failed.", start=start, **numbers)
