"""Searching messages: pages of what fits, newest first, in bounded time whatever is asked.

An index leads to candidates in the order of their ids; a window of these is looked at at a time, and at most so many for one page. Where
that ends before the page is full, the page says how far it looked, and the next one goes on there. There is no OFFSET.
"""

import json
import time
from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from wasl.clock import moment
from wasl.ids import made_at
from wasl.keys import KeyRing
from wasl.ledger.cursors import cursor_after, place_of
from wasl.ledger.people import recipient_seen, unseal
from wasl.ledger.search_legs import Step, Wanted, window
from wasl.ledger.search_strip import Scale, drawn
from wasl.ledger.search_terms import LEADS, leading
from wasl.ledger.search_windows import boundary, conditions_of, joined
from wasl.ledger.tables import messages, recipients
from wasl.searching.language import TEXT
from wasl.searching.seen import Counted, MessageFound, Searched, SearchPage, Strip
from wasl_contracts import Address, Mark, Reason, State

_FIRST, _GROWS, _LARGEST = 250, 2, 500  # rows of the windows of a page
_BUDGET = 12_000  # rows that are looked at for one page
_ALL = 500_000  # for an act on all that fits, which nobody waits for often
_COUNTED = 2_000  # for a count
_PATIENCE = 0.05  # seconds, after which a page is not looked for any further: rows far apart on the disk take longer than others
Found = Row[Any]


class _Page(NamedTuple):
    """What the windows gave: rows in the order in which they were looked at, how far that was, and whether there is more."""

    rows: list[Found]
    reached: str | None
    ended: bool


class _Most(NamedTuple):
    """What may be looked at."""

    rows: int
    seconds: float


class Searching:
    """Finds messages of one database for whoever looks for them; `Wanted.brands` is all that they may see."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing) -> None:
        self._engine = engine
        self._keys = keys

    async def page(self, wanted: Wanted, query: str, *, limit: int, cursor: str | None) -> SearchPage:
        """Messages that fit, newest first. The cursor is one of a page of the same query and brands.

        Raises:
            Refused: it is not.
        """
        about = f"search|{','.join(wanted.brands)}|{query}"
        way, place = place_of(self._keys, about, cursor) if cursor is not None else ("older", None)
        upward = way == "newer"
        narrowed = wanted.of_brands
        if not narrowed.brands:
            return SearchPage(data=(), searched=Searched())
        async with self._engine.connect() as connection:
            found = await self._looked(connection, narrowed, Step(limit + 1, None if place is None else str(place), upward))
        shown = found.rows[:limit]
        more = len(found.rows) > limit or not found.ended
        last = (shown[-1].id if len(found.rows) > limit else found.reached) if more else None
        ahead = cursor_after(self._keys, about, [way, last]) if last is not None else None
        behind = "older" if upward else "newer"
        back = cursor_after(self._keys, about, [behind, shown[0].id]) if shown and cursor is not None else None
        goes_on = not found.ended and len(found.rows) <= limit
        back_to = moment(made_at(found.reached)) if goes_on and not upward and found.reached is not None else narrowed.search.since
        return SearchPage(
            data=tuple(self._seen(row) for row in (reversed(shown) if upward else shown)),
            older=back if upward else ahead,
            newer=ahead if upward else back,
            searched=Searched(back_to=back_to, goes_on=goes_on, window=any(term.key == TEXT for term in narrowed.search.terms)),
        )

    async def these(self, keys: Sequence[tuple[str, str]]) -> list[MessageFound]:
        """Messages by brand and id, newest first, as far as they are there."""
        by_brand: dict[str, list[str]] = {}
        for brand, message_id in keys:
            by_brand.setdefault(brand, []).append(message_id)
        rows: list[Found] = []
        async with self._engine.connect() as connection:
            for brand, ids in by_brand.items():
                rows += (await connection.execute(_SHOWN.where(messages.c.brand == brand, messages.c.id.in_(ids)))).all()
        return [self._seen(row) for row in sorted(rows, key=lambda row: str(row.id), reverse=True)]

    async def ids(self, wanted: Wanted, most: int, *, newer_than: str | None = None) -> tuple[list[tuple[str, str]], bool]:
        """Brands and ids of what fits, newest first, at most so many; and whether these are all of it.

        With `newer_than` only what came after that message, of that the oldest, and in as short a time as a page takes.
        """
        narrowed = wanted.of_brands
        if not narrowed.brands:
            return [], True
        step, looked_at = Step(most + 1, newer_than, newer_than is not None), _Most(_ALL, inf) if newer_than is None else None
        async with self._engine.connect() as connection:
            found = await self._looked(connection, narrowed, step, looked_at)
        return [(row.brand, row.id) for row in found.rows[:most]], found.ended and len(found.rows) <= most

    async def oldest(self, brands: Sequence[str]) -> datetime | None:
        """When the oldest message of these brands was accepted that is kept; None where there is none."""
        async with self._engine.connect() as connection:
            found = [(await connection.execute(_OLDEST.where(messages.c.brand == brand))).scalar_one_or_none() for brand in brands]
        return min((moment(at) for at in found if at is not None), default=None)

    async def count(self, wanted: Wanted, *, most: int = 1_000, budget: int = _COUNTED) -> Counted:
        """How many fit, up to a bound; it looks at so many rows at most."""
        narrowed, conditions = wanted.of_brands, conditions_of(wanted.of_brands)
        counted, place, looked = 0, None, 0
        async with self._engine.connect() as connection:
            while narrowed.brands:
                step = Step(min(_LARGEST, budget - looked), place)
                seen = window(narrowed, step)
                counted += (await connection.execute(joined(select(func.count()), seen, conditions))).scalar_one()
                place, rows = await boundary(connection, seen, step)
                looked += rows
                if rows < step.size:
                    return Counted(count=min(counted, most), at_least=counted > most)
                if counted > most or looked >= budget:
                    return Counted(count=min(counted, most), at_least=True)
        return Counted(count=0)

    async def strip(self, wanted: Wanted, span: tuple[datetime, datetime], bars: int) -> Strip:
        """A histogram of what fits and was accepted in the time; of so much of it, the newest, as can be counted in short time."""
        async with self._engine.connect() as connection:
            return await drawn(connection, wanted.of_brands, Scale.of(span, bars))

    async def _looked(self, connection: AsyncConnection, wanted: Wanted, step: Step, most: "_Most | None" = None) -> _Page:
        """Look at window after window, until there are as many rows as the step wants, or nothing more, or enough was looked at."""
        conditions, most = conditions_of(wanted), most or _Most(_BUDGET, _PATIENCE)
        rows: list[Found] = []
        place, looked, began = step.place, 0, time.monotonic()
        size = step.size if not conditions else max(step.size, _FIRST)
        while True:
            at = Step(min(size, most.rows - looked), place, step.upward)
            seen = window(wanted, at)
            own = (messages.c.brand == seen.c.brand) & (messages.c.id == seen.c.id)
            fitting = _SHOWN.join(seen, own).where(*conditions).order_by(seen.c.id if step.upward else seen.c.id.desc())
            rows += (await connection.execute(fitting.limit(step.size - len(rows)))).all()
            if len(rows) == step.size:
                return _Page(rows, rows[-1].id, ended=False)
            place, counted = await boundary(connection, seen, at)
            looked += counted
            if counted < at.size:
                return _Page(rows, place, ended=True)
            if looked >= most.rows or time.monotonic() - began > most.seconds:
                return _Page(rows, place, ended=False)
            size = min(size * _GROWS, _LARGEST)

    def _seen(self, row: Found) -> MessageFound:
        addresses, attributes = unseal(row.sealed, row.brand, row.recipient_id, self._keys)
        name = attributes.get("name")
        return MessageFound(
            id=row.id,
            brand=row.brand,
            state=State(row.state),
            reason=Reason(row.reason) if row.reason else None,
            code=row.code,
            recipient=row.recipient_id,
            name=name if isinstance(name, str) else None,
            address=row.address or _masked(row.recipient_id, addresses),
            channel=row.channel,
            channels=tuple(json.loads(row.channels)),
            provider=row.provider,
            attempts=row.attempts,
            marks=tuple(map(Mark, json.loads(row.marks))),
            topic=row.topic,
            category=row.category,
            template=row.template,
            locale=row.locale,
            ref=row.reference or row.about,
            metadata=json.loads(row.metadata),
            created_at=moment(row.created_at),
            due_at=moment(row.claimed_at or row.due_at) if row.due_at is not None else None,
        )


def _masked(recipient_id: str, addresses: tuple[Address, ...]) -> str | None:
    """As long as no way is chosen: the first address that there is."""
    masked = recipient_seen(recipient_id, "person", None, None, addresses).addresses
    return masked[0].partition(" ")[2] if masked else None  # without its kind


_OLDEST = select(messages.c.created_at).order_by(messages.c.id).limit(1)
_LEADING = ("state", "reason", "code", "address", "channel", "provider", "attempts", "marks", "due_at", "claimed_at")
_MESSAGE = (
    "id", "brand", "recipient_id", "channels", "topic", "category", "template", "locale", "reference", "about", "metadata", "created_at",
)  # fmt: skip
_SHOWN: Select[Any] = (
    select(*(messages.c[name] for name in _MESSAGE), *(leading.c[name] for name in _LEADING), recipients.c.sealed)
    .join_from(messages, leading, LEADS)
    .join(recipients, (recipients.c.brand == messages.c.brand) & (recipients.c.id == messages.c.recipient_id))
)
