"""The feed: what happened, for those whom it concerns outside of wasl. One row for each brand and commit, never one a message.

It is written in the transaction that changes what it tells of, and read in an order in which nothing ever appears before what was read
already. SQLite commits in the order of its ids. PostgreSQL ends transactions in any order: there a row is shown when every transaction
that began before its own has ended, and rows are in the order of their transactions.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from math import inf
from typing import NamedTuple, Self

from pydantic_core import to_json
from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, delete, exists, func, insert, literal_column, select, true, tuple_

from wasl.clock import Clock, micros
from wasl.event_types import EventType
from wasl.ledger.hot import Hot, Row, Values, among, batch, either
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import deliveries, feed, messages

_LARGEST = 500  # entries of a row, which is read as a whole
_FEW, _MANY = 4, 64  # rows that are read in one go: they may hold much, and if they hold little, more of them
_KEPT = timedelta(days=3)
_MOST, _ROUNDS = 1000, 10  # rows that are removed in one transaction, and how many of these at a time
_CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,9})")


def _bound(name: str) -> ColumnElement[object]:
    return bindparam(name, type_=feed.c[name].type)


_number = select(func.coalesce(func.max(feed.c.id), literal_column("0")) + literal_column("1")).where(
    feed.c.brand == _bound("brand"),
    feed.c.xid == literal_column("0"),  # with it one step in the key; without, all rows of the brand
)
_rows = batch(brand=Text(), at=BigInteger(), entries=Text())
PUT = Hot(
    insert(feed)
    .values(brand=_bound("brand"), at=_bound("at"), entries=_bound("entries"), xid=literal_column("0"), id=_number.scalar_subquery())
    .inline(),
    insert(feed).from_select(["brand", "at", "entries"], select(_rows.c.brand, _rows.c.at, _rows.c.entries)),
)
"""Writes a row behind all others of its brand."""
_of_brand = feed.c.brand == _bound("brand")
_place = tuple_(feed.c.xid, feed.c.id)
_unended = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", BigInteger())
_shown = either(true(), feed.c.xid < _unended)
_key = (feed.c.at, feed.c.xid, feed.c.id)
_READ = Hot(
    select(*_key, feed.c.entries)
    .where(_of_brand, _place >= tuple_(_bound("xid"), _bound("id")), _shown)
    .order_by(feed.c.xid, feed.c.id)
    .limit(bindparam("most"))
)
newest_place = select(*_key).where(_of_brand, _shown).order_by(feed.c.xid.desc(), feed.c.id.desc()).limit(literal_column("1"))
"""The place behind all that a brand's feed shows in one transaction."""
_NEWEST = Hot(newest_place)
_THERE = Hot(select(feed.c.id).where(_of_brand, *(feed.c[name] == _bound(name) for name in ("xid", "id", "at"))))
_ABOUT = Hot(
    select(messages.c.id, deliveries.c.number, messages.c.recipient_id, messages.c.topic, deliveries.c.channel, deliveries.c.provider)
    .join_from(messages, deliveries, (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id))
    .where(among(messages.c.brand, messages.c.id, name="keys"))
)
_newer = feed.alias("newer")
_followed = exists(literal_column("1")).where(
    _newer.c.brand == feed.c.brand, tuple_(_newer.c.xid, _newer.c.id) > tuple_(feed.c.xid, feed.c.id)
)
_OLD = Hot(
    select(feed.c.brand, feed.c.xid, feed.c.id)
    .where(feed.c.at < bindparam("before", type_=BigInteger()), _followed)
    .order_by(feed.c.at)
    .limit(bindparam("most"))
)
_REMOVE = Hot(
    delete(feed).where(
        feed.c.brand == bindparam("key_brand", type_=Text()),
        feed.c.xid == bindparam("key_xid", type_=BigInteger()),
        feed.c.id == bindparam("key_id", type_=BigInteger()),
    )
)
# Of a database that was restored into another cluster, whose transactions have smaller numbers: they would not come after these.
_ahead = delete(feed).where(
    select(feed.c.xid).order_by(feed.c.at.desc()).limit(1).scalar_subquery()
    >= literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint", BigInteger())
)


class Told(NamedTuple):
    """Something that happened, to be told: ids and codes only, never an address or what a message says.

    `at` is in microseconds. `successor` is the delivery that takes over where this one failed.
    """

    brand: str
    type: EventType
    at: int
    message_id: str | None = None
    delivery: int | None = None
    reason: str | None = None
    successor: int | None = None


class Cursor(NamedTuple):
    """A place in a brand's feed: what is after it was not read yet. `START` is before everything.

    A row (of the transaction `xid`, written at a moment in microseconds) and how many of its entries were read: 0 where all were.
    """

    at: int
    xid: int
    id: int
    read: int

    @property
    def order(self) -> tuple[int, int, float]:
        """Sorts places of one brand's feed."""
        return self.xid, self.id, self.read or inf

    def __str__(self) -> str:
        return "-".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` gave; raises ValueError."""
        if (match := _CURSOR.fullmatch(text)) is None:
            raise ValueError("is not a place in the feed")
        at, xid, row, read = map(int, match.groups())
        return cls(at, xid, row, read)


START = Cursor(0, 0, 0, 0)


class Entry(NamedTuple):
    """Something that happened, as it is read. `cursor` is the place behind it: with it, what comes next is read.

    Whom it concerns and how it went is as it is known now: of somebody who was erased nothing is told but the stub.
    """

    cursor: Cursor
    type: EventType
    at: int
    message_id: str | None
    delivery: int | None
    reason: str | None
    successor: int | None
    recipient_id: str | None = None
    topic: str | None = None
    channel: str | None = None
    provider: str | None = None


def tell(tx: Transaction, told: Sequence[Told]) -> None:
    """Write what happens in this transaction: one row for each brand, or a few where it is much."""
    by_brand: defaultdict[str, list[Told]] = defaultdict(list)
    for one in told:
        by_brand[one.brand].append(one)
    parts = ((brand, its[first : first + _LARGEST]) for brand, its in by_brand.items() for first in range(0, len(its), _LARGEST))
    rows = [{"brand": brand, "at": part[-1].at, "entries": to_json([one[1:] for one in part]).decode()} for brand, part in parts]
    if rows:
        tx.put(PUT, rows)


class Feed:
    """Reads what happened."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._keep = _KEPT
        self._calls: list[Callable[[], None]] = []

    async def open(self, keep: timedelta) -> None:
        """To be called before anything is written. What happened is kept for so long."""
        self._keep = keep
        if not self._store.exclusive:
            async with self._store.engine.begin() as connection:
                await connection.execute(_ahead)

    async def after(self, brand: str, cursor: Cursor, limit: int) -> list[Entry]:
        """At most so many entries after a place, in the order in which everybody sees them; none where nothing is new yet."""
        return await _described(self._store.reader, brand, await self.told(brand, cursor, limit))

    async def told(self, brand: str, cursor: Cursor, limit: int) -> list[Entry]:
        """As `after`, without whom it concerns and how it went."""
        found: list[Entry] = []
        most = _FEW
        while len(found) < limit:
            first = cursor.id if cursor.read else cursor.id + 1
            rows = await self._store.reader.fetch(_READ, {"brand": brand, "xid": cursor.xid, "id": first, "most": most})
            found += [entry for row in rows for entry in _entries(row, cursor)]
            if len(rows) < most:
                break
            cursor, most = found[-1].cursor, min(most * 4, _MANY)
        return found[:limit]

    async def newest(self, brand: str) -> Cursor:
        """The place behind all that can be read now."""
        rows = await self._store.reader.fetch(_NEWEST, {"brand": brand})
        if not rows:
            return START
        at, xid, number = rows[0]
        return Cursor(at, xid, number, read=0)

    async def keeps(self, brand: str, cursor: Cursor) -> bool:
        """Whether nothing after that place was removed. The newest row of a brand is never removed, so its reader misses nothing."""
        if cursor == START:
            return True
        place = {"brand": brand, "at": cursor.at, "xid": cursor.xid, "id": cursor.id}
        return bool(await self._store.reader.fetch(_THERE, place))

    async def clear(self) -> int:
        """Remove rows that were kept long enough, at most 10,000; returns how many."""
        before, removed = micros(self._clock.now() - self._keep), 0
        for _ in range(_ROUNDS):
            old = await self._store.reader.fetch(_OLD, {"before": before, "most": _MOST})
            keys: list[Values] = [{"key_brand": brand, "key_xid": xid, "key_id": number} for brand, xid, number in old]
            if keys:
                removed += await self._store.working.run(partial(_remove, keys))
            if len(keys) < _MOST:
                break
        return removed

    def on_told(self, call: Callable[[], None]) -> None:
        """Call this when this process told something. Of what other processes tell nobody here hears: look now and then."""
        self._calls.append(call)

    def wake(self) -> None:
        """To be called after each commit that told something."""
        for call in self._calls:
            call()


async def _remove(keys: Sequence[Values], tx: Transaction) -> int:
    return await tx.many(_REMOVE, keys)


def _entries(row: Row, after: Cursor) -> list[Entry]:
    at, xid, number, text = row
    told = json.loads(text)
    begin = after.read if (xid, number) == (after.xid, after.id) else 0
    return [Entry(Cursor(at, xid, number, place % len(told)), *one) for place, one in enumerate(told[begin:], begin + 1)]


async def _described(reader: Reader, brand: str, entries: Sequence[Entry]) -> list[Entry]:
    """With recipient, topic, channel and provider; one query."""
    keys = {(brand, entry.message_id) for entry in entries if entry.message_id is not None}
    if not keys:
        return list(entries)
    people: dict[str, tuple[str, str]] = {}
    ways: dict[tuple[str, int], tuple[str | None, str | None]] = {}
    for message_id, number, recipient, topic, channel, provider in await reader.fetch(_ABOUT, {"keys": json.dumps(sorted(keys))}):
        people[message_id] = recipient, topic
        ways[message_id, number] = channel, provider
    nobody, no_way = (None, None), (None, None)
    described = []
    for entry in entries:
        recipient, topic = people.get(entry.message_id or "", nobody)
        channel, provider = ways.get((entry.message_id or "", entry.delivery or 0), no_way)
        described.append(entry._replace(recipient_id=recipient, topic=topic, channel=channel, provider=provider))
    return described
