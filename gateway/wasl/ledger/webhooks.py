"""Where events are posted to, how far each endpoint has got, and what it did not take yet.

An endpoint reads the feed by a cursor of its own. What it takes leaves no row; what it does not is a row of `webhook_waits` until it does,
and where too much waits, the cursor stands still: then the feed itself is the queue. One worker at a time posts to an endpoint, by a
lease; results of one whose lease was taken over change nothing.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from wasl.audited import Entry
from wasl.clock import Clock, micros
from wasl.keys import KeyRing
from wasl.ledger import webhook_statements as sql
from wasl.ledger.audit import with_entry
from wasl.ledger.feed import START, Cursor, Told, tell
from wasl.ledger.hot import Row, Values
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store

_T = TypeVar("_T")
_LEASE = 180 * 1_000_000  # microseconds: longer than a turn may take
_KEPT = 7 * 86_400 * 1_000_000  # microseconds that an event is kept for which an endpoint was given up


class Secret(NamedTuple):
    """`whsec_…`, and until when it is used beside a newer one, in microseconds; None: until it is replaced."""

    text: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events of a brand are posted to. Moments are in microseconds; `tries` is JSON, the newest first."""

    brand: str
    id: str
    created_at: int
    url: str = field(repr=False)
    secrets: tuple[Secret, ...] = field(repr=False)
    types: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    enabled: bool = True
    disabled_reason: str | None = None
    disabled_at: int | None = None
    failing_since: int | None = None
    cursor: Cursor = START
    tries: str = "[]"
    fence: int = 0


class Wait(NamedTuple):
    """An event that an endpoint did not take yet. `due_at` is None where it was given up."""

    event_id: str
    entry: str
    first_at: int
    attempts: int
    due_at: int | None


class Place(NamedTuple):
    """An endpoint that may have something to post: its cursor, and the earliest moment at which something waits; None: nothing does."""

    brand: str
    id: str
    cursor: Cursor
    due_at: int | None


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of a turn. `taken` are the ids of events that need no row any more."""

    cursor: Cursor
    taken: Sequence[str]
    waits: Sequence[Wait]
    failing_since: int | None
    disabled: str | None
    tries: str


class About(NamedTuple):
    """What an event is about, as it is known now."""

    recipient_id: str
    topic: str
    metadata: str
    channel: str | None
    provider: str | None
    address: str | None
    """Masked."""


class Webhooks:
    """The endpoints of one database. Writes are on disk when they return."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    async def add(self, endpoint: Endpoint, entry: Entry | None = None) -> None:
        """Store a new one. Of this and what follows, the audit tells in the same transaction."""
        row = {**self._row(endpoint), "leased_until": 0}

        async def work(tx: Transaction) -> bool:
            await tx.fetch(sql.ADD, row)
            return True

        await self._run(work, entry)

    async def get(self, brand: str, webhook_id: str) -> Endpoint | None:
        """The endpoint of that id."""
        rows = await self._store.reader.fetch(sql.GET, _named(brand, webhook_id))
        return self._endpoint(rows[0]) if rows else None

    async def list(self, brand: str) -> Sequence[Endpoint]:
        """All of a brand, oldest first."""
        return [self._endpoint(row) for row in await self._store.reader.fetch(sql.LIST, {"key_brand": brand})]

    async def change(self, brand: str, webhook_id: str, told: Mapping[str, object], entry: Entry | None = None) -> Endpoint | None:
        """Change these fields of it: URL, secrets, filters, and whether it is enabled. None: there is none."""
        key = _named(brand, webhook_id)

        async def work(tx: Transaction) -> Endpoint | None:
            await tx.lock_rows(sql.LOCK, key)
            rows = await tx.fetch(sql.GET, key)
            if not rows:
                return None
            changed = replace(self._endpoint(rows[0]), **told)  # type: ignore[arg-type]  # fields of it
            await tx.fetch(sql.CHANGE, {**self._row(changed), **key})
            return changed

        return await self._run(work, entry)

    async def remove(self, brand: str, webhook_id: str, entry: Entry | None = None) -> bool:
        """Remove it and what waits for it. False: there is none."""
        key = _named(brand, webhook_id)

        async def work(tx: Transaction) -> bool:
            await tx.fetch(sql.FORGET, key)
            return bool(await tx.fetch(sql.REMOVE, key))

        return await self._run(work, entry)

    async def again(self, brand: str, webhook_id: str, event: Wait | str) -> bool:
        """Post an event once more, now. An id names one that waits, or was given up; False: it is not there."""
        key, now = _named(brand, webhook_id), micros(self._clock.now())

        async def work(tx: Transaction) -> bool:
            if isinstance(event, str):
                return bool(await tx.fetch(sql.AGAIN, {**key, "key_event": event, "now": now}))
            await tx.many(sql.WAIT, [_wait(brand, webhook_id, event)])
            return True

        return await self._store.writer.run(work)

    async def rewind(self, brand: str, webhook_id: str, since: int) -> None:
        """Post everything again that happened since that moment and is still in the feed; what waited comes again by itself."""
        key = _named(brand, webhook_id)
        rows = await self._store.reader.fetch(sql.BEFORE, {"brand": brand, "since": since})
        at, xid, number = rows[0] if rows else START[:3]
        cursor = Cursor(at, xid, number, read=0)

        async def work(tx: Transaction) -> None:
            await tx.fetch(sql.FORGET, key)
            await tx.fetch(sql.REWIND, {**key, "cursor": str(cursor)})

        await self._store.writer.run(work)

    async def _run(self, work: Callable[[Transaction], Awaitable[_T]], entry: Entry | None) -> _T:
        return await self._store.writer.run(with_entry(work, entry, micros(self._clock.now()), when=bool))

    # What the worker does

    async def void(self) -> None:
        """Nobody posts: where one process alone may send, what the one before it had claimed is free."""
        if self._store.exclusive:
            await self._store.working.run(lambda tx: tx.fetch(sql.VOID, {}))

    async def places(self) -> Sequence[Place]:
        """All enabled endpoints to which nobody posts just now."""
        rows = await self._store.reader.fetch(sql.PLACES, {"now": micros(self._clock.now())})
        return [Place(brand, webhook_id, Cursor.parse(cursor), due_at) for brand, webhook_id, cursor, due_at in rows]

    async def claim(self, place: Place) -> Endpoint | None:
        """The right to post there alone for three minutes; None where another worker has it."""
        now = micros(self._clock.now())
        told = {**_named(place.brand, place.id), "now": now, "leased_until": now + _LEASE}
        rows: list[Row] = await self._store.working.run(lambda tx: tx.fetch(sql.CLAIM, told))
        return self._endpoint(rows[0]) if rows else None

    async def due(self, endpoint: Endpoint, most: int) -> Sequence[Wait]:
        """What waits there and is due, the earliest first."""
        key = _named(endpoint.brand, endpoint.id)
        rows = await self._store.reader.fetch(sql.DUE, {**key, "now": micros(self._clock.now()), "most": most})
        return [Wait(*row) for row in rows]

    async def waiting(self, endpoint: Endpoint) -> int:
        """How many events wait there to be tried again."""
        return int((await self._store.reader.fetch(sql.WAITING, _named(endpoint.brand, endpoint.id)))[0][0])

    async def about(self, brand: str, message_ids: Sequence[str]) -> dict[tuple[str, int], About]:
        """What is known of the deliveries of these messages; one query."""
        if not message_ids:
            return {}
        rows = await self._store.reader.fetch(sql.ABOUT, {"keys": json.dumps([(brand, one) for one in sorted(set(message_ids))])})
        return {(message_id, number): About(*told) for message_id, number, *told in rows}

    async def settle(self, endpoint: Endpoint, turn: Turn) -> bool:
        """Write what became of a turn, and give the lease back. False: another worker has it by now, and nothing was changed."""
        key, now = _named(endpoint.brand, endpoint.id), micros(self._clock.now())
        told = {"cursor": str(turn.cursor), "tries": turn.tries, "failing_since": turn.failing_since}

        async def work(tx: Transaction) -> bool:
            if not await tx.fetch(sql.SETTLE, {**key, **told, "key_fence": endpoint.fence}):
                return False
            if turn.taken:
                await tx.many(sql.TAKEN, [{**key, "key_event": event_id} for event_id in turn.taken])
            if turn.waits:
                await tx.many(sql.WAIT, [_wait(endpoint.brand, endpoint.id, wait) for wait in turn.waits])
                await tx.fetch(sql.CLEAR, {**key, "before": now - _KEPT})
            if turn.disabled is not None:
                await tx.fetch(sql.DISABLE, {**key, "disabled_reason": turn.disabled, "now": now})
                tell(tx, [Told(endpoint.brand, "webhook.disabled", now, reason=turn.disabled)])
            return True

        return await self._store.working.run(work)

    def _row(self, endpoint: Endpoint) -> Values:
        told = json.dumps({"url": endpoint.url, "secrets": endpoint.secrets}).encode()
        return {
            "brand": endpoint.brand,
            "id": endpoint.id,
            "created_at": endpoint.created_at,
            "sealed": self._keys.seal(told, _about(endpoint.brand, endpoint.id)),
            "types": json.dumps(endpoint.types),
            "topics": json.dumps(endpoint.topics),
            "enabled": int(endpoint.enabled),
            "disabled_reason": endpoint.disabled_reason,
            "disabled_at": endpoint.disabled_at,
            "failing_since": endpoint.failing_since,
            "cursor": str(endpoint.cursor),
            "tries": endpoint.tries,
            "fence": endpoint.fence,
        }

    def _endpoint(self, row: Row) -> Endpoint:
        told = dict(zip(sql.READ, row, strict=True))
        opened = json.loads(self._keys.open(told.pop("sealed"), _about(told["brand"], told["id"])))
        return Endpoint(
            **{
                **told,
                "url": opened["url"],
                "secrets": tuple(Secret(*secret) for secret in opened["secrets"]),
                "types": tuple(json.loads(told["types"])),
                "topics": tuple(json.loads(told["topics"])),
                "enabled": bool(told["enabled"]),
                "cursor": Cursor.parse(told["cursor"]),
            }
        )


def _named(brand: str, webhook_id: str) -> dict[str, object]:
    return {"key_brand": brand, "key_id": webhook_id}


def _about(brand: str, webhook_id: str) -> bytes:
    return f"webhook|{brand}|{webhook_id}".encode()


def _wait(brand: str, webhook_id: str, wait: Wait) -> Values:
    return {"brand": brand, "webhook_id": webhook_id, **wait._asdict()}
