"""The audit in transactions: an entry is written with the action that it tells of, so that neither is there without the other.

One chain a database (audit_chain.py). Whoever appends holds its lock until the end of the transaction, so that the chain has no branches
however many processes write; nothing else waits for that lock.
"""

import json
import os
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Row, Select, bindparam, delete, insert, literal_column, select

from wasl.audited import Action, Actor, Audited, AuditFilters, AuditPage, Entry, Verified, Witness
from wasl.clock import Clock, micros, moment
from wasl.keys import KeyRing
from wasl.ledger import locks
from wasl.ledger.audit_chain import CLEARED, START, Checking, Details, Link, facts_json, linked
from wasl.ledger.cursors import cursor_after, place_of
from wasl.ledger.hot import Hot, Values, among
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import audit, audit_details
from wasl.log_privacy import safe

_T = TypeVar("_T")
_SALT = 16  # bytes
_CHUNK = 2_000  # rows that are checked in one go
_newest = select(audit.c.number, audit.c.at, audit.c.hash).order_by(audit.c.number.desc()).limit(literal_column("1"))
_HEAD = Hot(_newest)
_PUT = Hot(insert(audit).values({column.name: bindparam(column.name) for column in audit.columns}))
_PUT_DETAILS = Hot(insert(audit_details).values({column.name: bindparam(column.name) for column in audit_details.columns}))
_joined = audit.outerjoin(audit_details, audit_details.c.number == audit.c.number)
_told = (audit_details.c.salt, audit_details.c.object, audit_details.c.reason, audit_details.c.facts)
_whole = select(*audit.columns, *_told).select_from(_joined)
_AFTER = Hot(
    _whole.where(audit.c.number > bindparam("after", type_=BigInteger())).order_by(audit.c.number).limit(literal_column(str(_CHUNK)))
)
_ABOUT = Hot(
    select(audit_details.c.number)
    .join_from(audit_details, audit, audit.c.number == audit_details.c.number)
    .where(among(audit_details.c.object, name="keys"), audit.c.brand.in_([bindparam("brand"), literal_column("'*'")]))
    .order_by(audit_details.c.number)
)
_CLEAR = Hot(delete(audit_details).where(among(audit_details.c.number, name="keys")))


class Head(NamedTuple):
    """The newest entry: its number, 0 where there is none, its moment in microseconds, and its hash."""

    number: int
    at: int
    hash: bytes


async def append(tx: Transaction, entries: Sequence[Entry], now: int) -> None:
    """Write entries behind all others; they are there when the transaction is."""
    if not entries:
        return
    await tx.lock({locks.audit()})
    head: tuple[int, int, bytes] = await _head(tx)
    links: list[Link] = []
    for entry in entries:
        link = linked(head, now, (_safe(entry.actor), entry.action, entry.brand), _details(entry))
        links.append(link)
        head = link.number, link.at, link.hash
    tx.put(_PUT, [_row(link) for link in links])
    tx.put(_PUT_DETAILS, [{"number": link.number, **link.kept._asdict()} for link in links if link.kept is not None])


async def clear_audit(tx: Transaction, brand: str, objects: Collection[str]) -> list[int]:
    """Let go of what entries tell of these: their ids, reasons and facts. Returns the numbers, which an entry of the caller must tell."""
    if not objects:
        return []
    keys = json.dumps([[safe(one)] for one in sorted(objects)])
    numbers = [int(number) for (number,) in await tx.fetch(_ABOUT, {"keys": keys, "brand": brand})]
    if numbers:
        await tx.fetch(_CLEAR, {"keys": json.dumps([[number] for number in numbers])})
    return numbers


def with_entry(
    work: Callable[[Transaction], Awaitable[_T]], entry: Entry | None, now: int, *, when: Callable[[_T], object] = lambda _: True
) -> Callable[[Transaction], Awaitable[_T]]:
    """The work, and in its transaction the entry that tells of it; where the work did nothing (`when`), nothing is told."""

    async def both(tx: Transaction) -> _T:
        done = await work(tx)
        if entry is not None and when(done):
            await append(tx, [entry], now)
        return done

    return both


class Audit:
    """The audit of one database."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    async def record(self, entries: Sequence[Entry]) -> None:
        """Write what is about to be done where the ledger does not write it, in a transaction of its own; on disk when it returns."""
        now = micros(self._clock.now())
        await self._store.writer.run(partial(append, entries=entries, now=now))

    async def head(self) -> Head:
        """The newest entry."""
        rows = await self._store.reader.fetch(_HEAD, {})
        return Head(rows[0][0], rows[0][1], bytes(rows[0][2])) if rows else Head(0, 0, START)

    async def verify(self, witnesses: Iterable[Witness] = ()) -> Verified:
        """Check all of it, row by row, and that it holds what these have seen; their signatures are for the caller to check."""
        witnesses = tuple(witnesses)
        checking = Checking(witnesses)
        while rows := await self._store.reader.fetch(_AFTER, {"after": checking.number}):
            for row in rows:
                checking.see(_link(row))
        return Verified(entries=checking.entries, head=checking.head.hex(), witnesses=len(witnesses), findings=checking.findings())

    async def page(self, filters: AuditFilters, *, limit: int, cursor: str | None) -> AuditPage:
        """Entries that fit, newest first.

        Raises:
            Refused: the cursor was not given out here.
        """
        query = _filtered(filters).order_by(audit.c.number.desc()).limit(limit + 1)
        about = f"audit|{','.join(filters.brands)}|{filters.actor or ''}"
        if cursor is not None:
            query = query.where(audit.c.number < place_of(self._keys, about, cursor)[0])
        async with self._store.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        more = len(rows) > limit
        data = tuple(map(_audited, rows[:limit]))
        return AuditPage(data=data, has_more=more, next_cursor=cursor_after(self._keys, about, [data[-1].number]) if more else None)


async def _head(tx: Transaction) -> Head:
    rows = await tx.fetch(_HEAD, {})
    return Head(rows[0][0], rows[0][1], bytes(rows[0][2])) if rows else Head(0, 0, START)


def cleared_entry(actor: Actor, brand: str, numbers: Sequence[int]) -> Entry:
    """What tells that the details of these went with a person."""
    return Entry(Action.AUDIT_CLEARED, actor, brand=brand, facts={CLEARED: numbers})


def _safe(actor: Actor) -> Actor:
    return Actor(actor.kind, safe(actor.id), safe(actor.name), safe(actor.role))


def _details(entry: Entry) -> Details:
    facts = {name: safe(value) if isinstance(value, str) else value for name, value in entry.facts.items() if value is not None}
    return Details(os.urandom(_SALT), safe(entry.object), safe(entry.reason), facts_json(facts))


def _row(link: Link) -> Values:
    return {
        "number": link.number, "at": link.at, "actor_kind": link.actor.kind, "actor_id": link.actor.id, "actor_name": link.actor.name,
        "role": link.actor.role, "action": link.action, "brand": link.brand, "details": link.digest, "hash": link.hash,
    }  # fmt: skip


def _link(row: Sequence[Any]) -> Link:
    number, at, kind, actor_id, name, role, action, brand, digest, hashed, salt, *rest = row
    kept = Details(bytes(salt), *rest) if salt is not None else None
    return Link(number, at, Actor(kind, actor_id, name, role), action, brand, bytes(digest), bytes(hashed), kept)


def _filtered(filters: AuditFilters) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    for column, wanted in ((audit.c.action, filters.action), (audit.c.actor_id, filters.actor)):
        if wanted is not None:
            conditions.append(column == wanted)
    if filters.object is not None:
        conditions.append(audit_details.c.object == safe(filters.object))
    if filters.brands:
        conditions.append(audit.c.brand.in_(filters.brands))
    if filters.after:
        conditions.append(audit.c.number > filters.after)
    if filters.since is not None:
        conditions.append(audit.c.at >= micros(filters.since))
    if filters.until is not None:
        conditions.append(audit.c.at < micros(filters.until))
    return _whole.where(*conditions)


def _audited(row: Row[Any]) -> Audited:
    link = _link(row)
    kept = link.kept
    return Audited(
        number=link.number,
        at=moment(link.at),
        actor=link.actor,
        action=Action(link.action),
        brand=link.brand,
        object=kept.object if kept is not None else "",
        reason=kept.reason if kept is not None else "",
        facts=json.loads(kept.facts) if kept is not None else {},
        cleared=kept is None,
    )
