"""Searching messages: pages of what fits, newest first, in bounded time whatever is asked.

An index leads to candidates in the order of their ids; a window of these is looked at at a time, and at most so many for one page. Where
that ends before the page is full, the page says how far it looked, and the next one goes on there. There is no OFFSET.
"""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from wasl.clock import moment
from wasl.ids import made_at
from wasl.keys import KeyRing
from wasl.ledger.cursors import cursor_after, place_of
from wasl.ledger.people import recipient_seen, unseal
from wasl.ledger.search_keys import Pairs, chosen, first_referred, messages_there, names_of, people_there
from wasl.ledger.search_legs import Step, Wanted
from wasl.ledger.search_strip import Scale, drawn
from wasl.ledger.search_terms import LEADS, leading
from wasl.ledger.search_windows import conditions_of, count, look
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
    """What the windows gave: brands and ids in the order in which they were looked at, how far that was, and whether there is more."""

    keys: list[tuple[str, str]]
    reached: str | None
    ended: bool


class Stretch(NamedTuple):
    """Some messages, newest first, as fields of MessageFound; and the id behind which the next ones are; None: there are no more."""

    data: Sequence[Mapping[str, object]]
    place: str | None


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
            shown = found.keys[:limit]
            rows = await _rows_of(connection, shown)
        more = len(found.keys) > limit or not found.ended
        last = (shown[-1][1] if len(found.keys) > limit else found.reached) if more else None
        ahead = cursor_after(self._keys, about, [way, last]) if last is not None else None
        behind = "older" if upward else "newer"
        back = cursor_after(self._keys, about, [behind, shown[0][1]]) if shown and cursor is not None else None
        goes_on = not found.ended and len(found.keys) <= limit
        back_to = moment(made_at(found.reached)) if goes_on and not upward and found.reached is not None else narrowed.search.since
        return SearchPage(
            data=tuple(map(self._seen, rows)),
            older=back if upward else ahead,
            newer=ahead if upward else back,
            searched=Searched(back_to=back_to, goes_on=goes_on, window=any(term.key == TEXT for term in narrowed.search.terms)),
        )

    async def these(self, keys: Sequence[tuple[str, str]]) -> list[MessageFound]:
        """Messages by brand and id, newest first, as far as they are there."""
        async with self._engine.connect() as connection:
            return [self._seen(row) for row in await _rows_of(connection, keys)]

    async def by_id(self, brands: Sequence[str], message_id: str) -> Pairs:
        """The messages of that id, by brand and id."""
        async with self._engine.connect() as connection:
            return await messages_there(connection, brands, message_id)

    async def people(self, people: Pairs) -> Pairs:
        """Those of these people, by brand and id, who are there and were not erased: the brands as given, in each by id."""
        async with self._engine.connect() as connection:
            return await people_there(connection, people)

    async def referred(self, brands: Sequence[str], refs: Sequence[str], providers: Sequence[str]) -> str | None:
        """The first of these references, own ones or a provider's, that a message carries."""
        async with self._engine.connect() as connection:
            return await first_referred(connection, brands, refs, providers)

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
        return found.keys[:most], found.ended and len(found.keys) <= most

    async def stretch(self, wanted: Wanted, place: str | None, size: int) -> Stretch:
        """What fits behind a place, looked for as long as for a page: there may be none, and more behind them. No names are told."""
        narrowed = wanted.of_brands
        if not narrowed.brands:
            return Stretch((), None)
        async with self._engine.connect() as connection:
            found = await self._looked(connection, narrowed, Step(size, place))
            rows = await _rows_of(connection, found.keys)
        return Stretch([self._told(row) for row in rows], None if found.ended else found.reached)

    async def oldest(self, brands: Sequence[str]) -> datetime | None:
        """When the oldest message of these brands was accepted that is kept; None where there is none."""
        async with self._engine.connect() as connection:
            found = [(await connection.execute(_OLDEST.where(messages.c.brand == brand))).scalar_one_or_none() for brand in brands]
        return min((moment(at) for at in found if at is not None), default=None)

    async def count(self, wanted: Wanted, *, most: int = 1_000, budget: int = _COUNTED) -> Counted:
        """How many fit, up to a bound; it looks at so many rows at most, and for a limited time."""
        narrowed, conditions = wanted.of_brands, conditions_of(wanted.of_brands)
        counted, place, looked, began = 0, None, 0, time.monotonic()
        async with self._engine.connect() as connection:
            while narrowed.brands:
                step = Step(min(_LARGEST, budget - looked), place)
                fitting, place, rows = await count(connection, narrowed, conditions, step)
                counted, looked = counted + fitting, looked + rows
                if rows < step.size:
                    return Counted(count=min(counted, most), at_least=counted > most)
                if counted > most or looked >= budget or time.monotonic() - began > _PATIENCE:
                    return Counted(count=min(counted, most), at_least=True)
        return Counted(count=0)

    async def strip(self, wanted: Wanted, span: tuple[datetime, datetime], bars: int) -> Strip:
        """A histogram of what fits and was accepted in the time; of so much of it, the newest, as can be counted in short time."""
        async with self._engine.connect() as connection:
            return await drawn(connection, wanted.of_brands, Scale.of(span, bars))

    async def _looked(self, connection: AsyncConnection, wanted: Wanted, step: Step, most: "_Most | None" = None) -> _Page:
        """Look at window after window, until there are as many rows as the step wants, or nothing more, or enough was looked at."""
        conditions, most = conditions_of(wanted), most or _Most(_BUDGET, _PATIENCE)
        keys: list[tuple[str, str]] = []
        place, looked, began = step.place, 0, time.monotonic()
        size = step.size if not conditions else max(step.size, _FIRST)
        while True:
            at = Step(min(size, most.rows - looked), place, step.upward)
            found = await look(connection, wanted, conditions, at, step.size - len(keys))
            keys += found.keys
            if len(keys) == step.size:
                return _Page(keys, found.last, ended=False)
            place, looked = found.last, looked + found.rows
            if found.rows < at.size:
                return _Page(keys, place, ended=True)
            if looked >= most.rows or time.monotonic() - began > most.seconds:
                return _Page(keys, place, ended=False)
            size = min(size * _GROWS, _LARGEST)

    def _told(self, row: Found) -> Mapping[str, object]:
        """What MessageFound tells but the name, in a third of its time: for a million of them."""
        address = row.address
        if address is None:
            address = _masked(row.recipient_id, unseal(row.sealed, row.brand, row.recipient_id, self._keys)[0])
        told = dict(zip(_COLUMNS, row, strict=True))
        told |= {
            "recipient": told.pop("recipient_id"), "address": address, "channels": _read(row.channels), "marks": _read(row.marks),
            "ref": told.pop("reference") or told["about"], "metadata": _read(row.metadata), "created_at": moment(row.created_at),
            "due_at": _due(row),
        }  # fmt: skip
        del told["about"], told["claimed_at"], told["sealed"]
        return told

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
            due_at=_due(row),
        )


def _due(row: Found) -> datetime | None:
    return moment(row.claimed_at or row.due_at) if row.due_at is not None else None


def _read(text: str) -> object:
    """JSON, which mostly holds nothing."""
    return [] if text == "[]" else {} if text == "{}" else json.loads(text)


def _masked(recipient_id: str, addresses: tuple[Address, ...]) -> str | None:
    """As long as no way is chosen: the first address that there is."""
    masked = recipient_seen(recipient_id, "person", None, None, addresses).addresses
    return masked[0].partition(" ")[2] if masked else None  # without its kind


_OLDEST = select(messages.c.created_at).order_by(messages.c.id).limit(1)
_LEADING = ("state", "reason", "code", "address", "channel", "provider", "attempts", "marks", "due_at", "claimed_at")
_MESSAGE = (
    "id", "brand", "recipient_id", "channels", "topic", "category", "template", "locale", "reference", "about", "metadata", "created_at",
)  # fmt: skip
_COLUMNS = (*_MESSAGE, *_LEADING, "sealed")
_SHOWN: Select[Any] = (
    select(*(messages.c[name] for name in _MESSAGE), *(leading.c[name] for name in _LEADING), recipients.c.sealed)
    .join_from(messages, leading, LEADS)
    .join(recipients, (recipients.c.brand == messages.c.brand) & (recipients.c.id == messages.c.recipient_id))
)


async def _rows_of(connection: AsyncConnection, keys: Pairs) -> list[Found]:
    """These messages, newest first, as far as they are there."""
    wanted = set(keys)
    found = await connection.execute(_SHOWN.where(*chosen(connection.dialect.name, "messages")), names_of(keys)) if keys else ()
    return sorted((row for row in found if (row.brand, row.id) in wanted), key=lambda row: str(row.id), reverse=True)
