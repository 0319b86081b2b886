"""The in-app feed: an item for each delivery, written in the transaction that settles it.

An item's place is the moment at which it came, its revision the moment at which it was changed last. Both are told apart within a feed,
and given out under the feed's lock, so that whoever read up to a revision misses nothing that is committed later.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pydantic import JsonValue
from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, bindparam, delete, func, select, update

from wasl.keys import KeyRing
from wasl.ledger import locks
from wasl.ledger.hot import Hot, Row, among, upsert
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import inbox

Step = Literal["delivered", "seen", "read", "archived"]
"""What became of an item on the side of the person."""
MOST = 200
"""Items that one step is taken with in one transaction."""
_NEWEST = 2**62
_BEFORE: Mapping[Step, tuple[Step, ...]] = {
    "delivered": ("delivered",), "seen": ("delivered", "seen"), "read": ("delivered", "seen", "read"), "archived": ("archived",),
}  # fmt: skip
_MOMENTS = ("delivered_at", "seen_at", "read_at", "archived_at")
_WRITTEN = ("brand", "message_id", "delivery", "owner", "number", "revision", "attempt", "provider", "sealed")


def _bound(name: str, column: str | None = None) -> ColumnElement[object]:
    return bindparam(name, type_=inbox.c[column or name].type)


_PUT = Hot(upsert(inbox).values({name: bindparam(name) for name in _WRITTEN}).on_conflict_do_nothing())
_LAST = Hot(
    select(inbox.c.brand, inbox.c.owner, func.max(inbox.c.revision))
    .where(among(inbox.c.brand, inbox.c.owner, name="keys"))
    .group_by(inbox.c.brand, inbox.c.owner)
)
_theirs = (inbox.c.brand == _bound("brand"), inbox.c.owner == _bound("owner"))
_read = tuple(inbox.c[name] for name in ("message_id", "delivery", "number", "revision", "attempt", "provider", *_MOMENTS, "sealed"))
_most: ColumnElement[Any] = bindparam("most")
_feed = select(*_read).where(*_theirs, inbox.c.number < _bound("before", "number")).order_by(inbox.c.number.desc()).limit(_most)
_PAGES = {False: Hot(_feed.where(inbox.c.archived_at.is_(None))), True: Hot(_feed.where(inbox.c.archived_at.is_not(None)))}
_CHANGED = Hot(select(*_read).where(*_theirs, inbox.c.revision > _bound("after", "revision")).order_by(inbox.c.revision).limit(_most))
_ONE = Hot(select(*_read).where(*_theirs, inbox.c.message_id == _bound("message_id"), inbox.c.delivery == _bound("delivery")))
_open = (inbox.c.archived_at.is_(None), inbox.c.number <= _bound("until", "number"))
_OPEN: Mapping[Step, Hot] = {
    step: Hot(select(*_read).where(*_theirs, *_open, inbox.c[f"{step}_at"].is_(None)).order_by(inbox.c.number).limit(_most))
    for step in _BEFORE
}
_counts: tuple[ColumnElement[Any], ...] = (func.count(), func.count().filter(inbox.c.seen_at.is_(None)))
_COUNT = Hot(select(*_counts).where(*_theirs, inbox.c.read_at.is_(None), inbox.c.archived_at.is_(None)))
_STEP = Hot(
    update(inbox)
    .where(
        inbox.c.brand == _bound("key_brand", "brand"),
        inbox.c.message_id == _bound("key_message", "message_id"),
        inbox.c.delivery == _bound("key_delivery", "delivery"),
    )
    .values(revision=_bound("revision"), **{name: func.coalesce(inbox.c[name], _bound(name)) for name in _MOMENTS})
)
_CLEAR = Hot(delete(inbox).where(among(inbox.c.brand, inbox.c.message_id, name="keys")))
_CLEAR_OWNER = Hot(delete(inbox).where(*_theirs))
Owner = tuple[str, str]
"""A brand, and whose feed it is."""


@dataclass(frozen=True, slots=True)
class Filed:
    """An item on its way into a feed: whose it is, by which call it came and when (microseconds), and what it says."""

    owner: str
    provider: str
    attempt: int
    at: int
    entry: Mapping[str, JsonValue] = field(repr=False)


class Item(NamedTuple):
    """An item as it is. Moments are microseconds since 1970 UTC, None for what has not happened."""

    message_id: str
    delivery: int
    number: int
    revision: int
    attempt: int
    provider: str
    delivered_at: int | None
    seen_at: int | None
    read_at: int | None
    archived_at: int | None
    entry: Mapping[str, JsonValue]

    def took(self, step: Step) -> bool:
        """Whether that happened to it."""
        return self[6 + _STEPS.index(step)] is not None


_STEPS: tuple[Step, ...] = ("delivered", "seen", "read", "archived")


class Counts(NamedTuple):
    """How many items nobody has read, and how many of those nobody has seen either."""

    unread: int
    unseen: int


class Inbox:
    """The feeds of one database."""

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    async def page(self, owner: Owner, before: int | None, most: int, *, archived: bool = False) -> list[Item]:
        """Items before a place, newest first; those that were archived, or the others."""
        return await self._items(_PAGES[archived], owner, before=_NEWEST if before is None else before, most=most)

    async def changed(self, owner: Owner, after: int, most: int) -> list[Item]:
        """Items that came or were changed after a revision, in that order."""
        return await self._items(_CHANGED, owner, after=after, most=most)

    async def one(self, owner: Owner, message_id: str, delivery: int) -> Item | None:
        """An item of this feed; None where it holds no such one."""
        found = await self._items(_ONE, owner, message_id=message_id, delivery=delivery)
        return found[0] if found else None

    async def without(self, owner: Owner, step: Step, until: int | None) -> list[Item]:
        """Items up to a place that did not take that step and are not archived, oldest first, at most 200."""
        return await self._items(_OPEN[step], owner, until=_NEWEST if until is None else until, most=MOST)

    async def counts(self, owner: Owner) -> Counts:
        """How many are unread, and unseen."""
        return Counts(*(await self._store.reader.fetch(_COUNT, _named(owner)))[0])

    async def newest(self, owners: Collection[Owner]) -> dict[Owner, int]:
        """The last revision of each of these feeds, none for one that is empty; one query."""
        return {(row[0], row[1]): row[2] for row in await self._store.reader.fetch(_LAST, {"keys": json.dumps(sorted(owners))})}

    async def take(self, owner: Owner, step: Step, items: Sequence[Item], at: int) -> None:
        """Take a step with these items; what it includes (who read it has seen it) happens with it, and nothing twice."""
        if items:
            await self._store.writer.run(lambda tx: _take(tx, owner, step, items, at))

    async def file(self, tx: Transaction, items: Sequence[tuple[tuple[str, str, int], Filed]]) -> None:
        """Put items, each of a delivery (brand, message, number), into their feeds; one that is there already stays as it is."""
        if not items:
            return
        last = await _turn(tx, {(key[0], filed.owner) for key, filed in items}, max(filed.at for _, filed in items))
        rows = []
        for (brand, message_id, number), filed in items:
            place = last[brand, filed.owner] = last[brand, filed.owner] + 1
            sealed = self._keys.seal(to_json(filed.entry), _about(brand, message_id))
            values = (brand, message_id, number, filed.owner, place, place, filed.attempt, filed.provider, sealed)
            rows.append(dict(zip(_WRITTEN, values, strict=True)))
        tx.put(_PUT, rows)

    async def _items(self, statement: Hot, owner: Owner, **values: object) -> list[Item]:
        rows = await self._store.reader.fetch(statement, {**_named(owner), **values})
        return [self._opened(owner[0], row) for row in rows]

    def _opened(self, brand: str, row: Row) -> Item:
        return Item._make((*row[:-1], from_json(self._keys.open(row[-1], _about(brand, row[0])))))


async def clear_inbox(tx: Transaction, keys: str) -> None:
    """Remove the items of messages, a JSON list of (brand, id)."""
    await tx.fetch(_CLEAR, {"keys": keys})


async def clear_feed(tx: Transaction, owner: Owner) -> None:
    """Remove all that is in somebody's feed."""
    await tx.fetch(_CLEAR_OWNER, _named(owner))


async def _take(tx: Transaction, owner: Owner, step: Step, items: Sequence[Item], at: int) -> None:
    last = (await _turn(tx, {owner}, at))[owner]
    moments = {name: at if name[:-3] in _BEFORE[step] else None for name in _MOMENTS}
    rows = [
        {"key_brand": owner[0], "key_message": item.message_id, "key_delivery": item.delivery, "revision": last + place, **moments}
        for place, item in enumerate(items, 1)
    ]
    await tx.many(_STEP, rows)


async def _turn(tx: Transaction, owners: Collection[Owner], at: int) -> dict[Owner, int]:
    """What the next places and revisions of these feeds have to come after, each alone until the end."""
    await tx.lock({locks.inbox(*owner) for owner in owners})
    last = {(row[0], row[1]): row[2] for row in await tx.fetch(_LAST, {"keys": json.dumps(sorted(owners))})}
    return {owner: max(last.get(owner, 0), at - 1) for owner in owners}


def _named(owner: Owner) -> dict[str, object]:
    return {"brand": owner[0], "owner": owner[1]}


def _about(brand: str, message_id: str) -> bytes:
    return f"inbox|{brand}|{message_id}".encode()
