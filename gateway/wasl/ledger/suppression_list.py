"""The suppression list of one database: changing it, one address with its history, pages of it, and all of it row by row."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, Table, func, literal, select, tuple_

from wasl.audited import Entry
from wasl.clock import Clock, micros, moment
from wasl.errors import NotFound
from wasl.ids import suppression_id
from wasl.keys import KeyRing
from wasl.ledger import locks
from wasl.ledger.audit import with_entry
from wasl.ledger.cursors import cursor_after, place_of
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.suppressions import ALL_BRANDS, Addition, Fate, Removal, add, foretell, remove
from wasl.ledger.tables import callbacks, suppression_changes, suppressions
from wasl.suppression import SuppressionChange, SuppressionPage, SuppressionSeen, SuppressionStory
from wasl_contracts import Reason

_EXPORTED = 1000  # rows in one go
_place = [suppressions.c[name] for name in ("channel", "address_hash", "scope", "reason")]
_newest = [suppressions.c.since, *_place, suppressions.c.brand]


class Place(NamedTuple):
    """An address on a channel, by its hash."""

    channel: str
    address_hash: str


class Wanted(NamedTuple):
    """Which rows to list; all that are given must hold. An empty `scope` is that of every message."""

    channel: str | None = None
    reason: Reason | None = None
    place: Place | None = None
    scope: str | None = None


class Stretch(NamedTuple):
    """Some rows, and the place behind them; None: there are no more."""

    data: tuple[SuppressionSeen, ...]
    place: Sequence[str] | None


class Suppressions:
    """The list, and the notes in it encrypted. A brand sees its own rows and those of all brands."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    async def add(self, additions: Sequence[Addition], entry: Entry | None = None) -> list[Fate]:
        """Put them on the list. From their commit on no intent to these addresses commits (P5). The audit tells of what it does."""

        async def work(tx: Transaction) -> list[Fate]:
            await tx.lock({locks.opt_outs(addition.brand) for addition in additions})
            return await add(tx, additions)

        return await self._store.writer.run(with_entry(work, entry, micros(self._clock.now()), when=_did_something))

    async def foretell(self, additions: Sequence[Addition]) -> list[Fate]:
        """What `add` would do; writes nothing."""
        return await foretell(self._store.reader, additions)

    async def remove(self, removal: Removal, entry: Entry | None = None) -> int:
        """Take an address off the list; returns how many rows that were. The audit tells of it where there were any."""

        async def work(tx: Transaction) -> int:
            await tx.lock({locks.opt_outs(removal.brand)})
            return await remove(tx, removal)

        return await self._store.writer.run(with_entry(work, entry, micros(self._clock.now()), when=bool))

    async def story(self, brand: str, place: Place) -> SuppressionStory:
        """An address with its history.

        Raises:
            NotFound: it was never on the list.
        """
        listed = _of(suppressions, place).where(suppressions.c.brand.in_([brand, ALL_BRANDS]), _holds(micros(self._clock.now())))
        told = _of(suppression_changes, place).where(suppression_changes.c.brand.in_([brand, ALL_BRANDS]))
        async with self._store.engine.connect() as connection:
            rows = (await connection.execute(listed.order_by(suppressions.c.brand, *_place))).all()
            changes = (await connection.execute(told.order_by(suppression_changes.c.at, suppression_changes.c.id))).all()
        if not changes:
            raise NotFound("This address was never on the suppression list.")
        return SuppressionStory(
            id=suppression_id(*place),
            channel=place.channel,
            address=rows[0].address if rows else None,
            data=tuple(map(_seen, rows)),
            history=tuple(map(self._change, changes)),
        )

    async def held(self, brand: str, places: Sequence[Place]) -> tuple[SuppressionSeen, ...]:
        """What holds now against any of these addresses, newest first."""
        here = tuple_(suppressions.c.channel, suppressions.c.address_hash).in_([tuple(place) for place in places])
        query = select(suppressions).where(suppressions.c.brand.in_([brand, ALL_BRANDS]), here, _holds(micros(self._clock.now())))
        newest = (column.desc() for column in _newest)
        return tuple(map(_seen, await self._rows(query.order_by(*newest)))) if places else ()

    async def wrote(self, brand: str, place: Place, since: datetime, *, alone: bool) -> datetime | None:
        """When a reply last came from there after that moment; with `alone`, of one brand, also one that names no message."""
        ours = callbacks.c.brand == brand
        query = select(func.max(callbacks.c.at)).where(
            callbacks.c.address_hash == place.address_hash, callbacks.c.kind == "replied", callbacks.c.at > micros(since),
            ours | callbacks.c.brand.is_(None) if alone else ours,
        )  # fmt: skip
        async with self._store.engine.connect() as connection:
            at = (await connection.execute(query)).scalar_one()
        return moment(at) if at is not None else None

    async def page(self, brand: str, wanted: Wanted, *, limit: int, cursor: str | None) -> SuppressionPage:
        """Rows that hold now, newest first.

        Raises:
            Refused: the cursor is not one that this brand was given.
        """
        about = f"suppressions|{brand}"
        query = _filtered(wanted).where(_holds(micros(self._clock.now())))
        if cursor is not None:
            query = query.where(tuple_(*_newest) <= _values(_newest, place_of(self._keys, about, cursor)))
        rows: list[Row[Any]] = []
        async with self._store.engine.connect() as connection:
            for one in (brand, ALL_BRANDS):  # each in the order of the index; together they would be sorted
                own = query.where(suppressions.c.brand == one)
                if wanted.place is None:  # an address has a few rows, and asked for an order SQLite would walk over all of the others
                    own = own.order_by(*(column.desc() for column in _newest)).limit(limit + 1)
                rows += (await connection.execute(own)).all()
        rows.sort(key=lambda row: [getattr(row, column.name) for column in _newest], reverse=True)
        following = cursor_after(self._keys, about, [getattr(rows[limit], c.name) for c in _newest]) if len(rows) > limit else None
        return SuppressionPage(data=tuple(map(_seen, rows[:limit])), has_more=following is not None, next_cursor=following)

    async def each(self, brand: str) -> AsyncIterator[Sequence[SuppressionSeen]]:
        """Every row that holds now, in pages, in the order of the key. What comes or goes meanwhile may be in it or not."""
        place: Sequence[str] | None = ()
        while place is not None:
            stretch = await self.stretch(brand, place, _EXPORTED)
            if stretch.data:
                yield stretch.data
            place = stretch.place

    async def stretch(self, brand: str, place: Sequence[str], size: int) -> Stretch:
        """The rows that hold now behind a place, in the order of the key; an empty place is the begin."""
        query = select(suppressions).where(_holds(micros(self._clock.now()))).order_by(*_place).limit(size)
        whose, *last = place or (brand,)
        query = query.where(suppressions.c.brand == whose)
        rows = await self._rows(query.where(tuple_(*_place) > _values(_place, last)) if last else query)
        if len(rows) == size:
            return Stretch(tuple(map(_seen, rows)), [whose, *(getattr(rows[-1], column.name) for column in _place)])
        return Stretch(tuple(map(_seen, rows)), None if whose == ALL_BRANDS else (ALL_BRANDS,))

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with self._store.engine.connect() as connection:
            found: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return found

    def _change(self, row: Row[Any]) -> SuppressionChange:
        place = Place(row.channel, row.address_hash)
        return SuppressionChange(
            at=moment(row.at),
            change=row.change,
            reason=Reason(row.reason),
            scope=row.scope or None,
            brand=row.brand,
            source=row.source,
            actor=row.actor,
            message_id=row.message_id,
            expires_at=moment(row.expires_at) if row.expires_at is not None else None,
            note=self._keys.open(row.sealed, about_note(row.brand, place)).decode() if row.sealed is not None else None,
        )


def about_note(brand: str, place: Place) -> bytes:
    """What a note is sealed with beside the key, so that it opens nowhere else."""
    return f"suppression|{brand}|{place.channel}|{place.address_hash}".encode()


def _did_something(fates: Sequence[Fate]) -> bool:
    return any(fate != "already_there" for fate in fates)


def _of(table: Table, place: Place) -> Select[Any]:
    return select(table).where(table.c.channel == place.channel, table.c.address_hash == place.address_hash)


def _holds(now: int) -> ColumnElement[bool]:
    return (suppressions.c.expires_at.is_(None)) | (suppressions.c.expires_at > now)


def _values(columns: Sequence[ColumnElement[Any]], values: Sequence[object]) -> ColumnElement[Any]:
    return tuple_(*(literal(value, column.type) for column, value in zip(columns, values, strict=True)))


def _filtered(wanted: Wanted) -> Select[Any]:
    query: Select[Any] = select(suppressions)
    if wanted.channel is not None:
        query = query.where(suppressions.c.channel == wanted.channel)
    if wanted.reason is not None:
        query = query.where(suppressions.c.reason == wanted.reason.value)
    if wanted.scope is not None:
        query = query.where(suppressions.c.scope == wanted.scope)
    if wanted.place is not None:
        query = query.where(suppressions.c.channel == wanted.place.channel, suppressions.c.address_hash == wanted.place.address_hash)
    return query


def _seen(row: Row[Any]) -> SuppressionSeen:
    return SuppressionSeen(
        id=suppression_id(row.channel, row.address_hash),
        channel=row.channel,
        address=row.address,
        reason=Reason(row.reason),
        scope=row.scope or None,
        brand=row.brand,
        source=row.source,
        since=moment(row.since),
        actor=row.actor,
        message_id=row.message_id,
        expires_at=moment(row.expires_at) if row.expires_at is not None else None,
    )
