"""Looking at callbacks that are kept, and at those that are to be read again."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, func, literal_column, or_, select, tuple_

from wasl.callback_seen import CallbackPage, CallbackSeen, CallbackState
from wasl.clock import moment
from wasl.ids import delivery_id
from wasl.keys import KeyRing
from wasl.ledger.cursors import cursor_after, place_of
from wasl.ledger.hot import Hot
from wasl.ledger.reports import Last, Whose
from wasl.ledger.store import Store
from wasl.ledger.tables import callbacks, deliveries, messages

_STATES: tuple[CallbackState, ...] = ("waiting", "orphan", "unparsed", "quarantine")
_newest = (callbacks.c.id, callbacks.c.key)
_theirs = (messages.c.brand == bindparam("brand"), messages.c.recipient_id == bindparam("recipient_id"))
_own = (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id)
_LAST = Hot(
    select(messages.c.brand, messages.c.id, deliveries.c.number)
    .join_from(messages, deliveries, _own)
    .where(
        *_theirs,
        deliveries.c.channel == bindparam("channel"),
        deliveries.c.address_hash == bindparam("address_hash"),
        deliveries.c.attempts > 0,
    )
    .order_by(messages.c.id.desc(), deliveries.c.number.desc())
    .limit(1)
)
_UNREAD = Hot(
    select(callbacks.c.provider, callbacks.c.key, callbacks.c.id, callbacks.c.at, callbacks.c.raw)
    .where(callbacks.c.state == "unparsed", callbacks.c.raw.is_not(None), callbacks.c.id > bindparam("after"))
    .order_by(callbacks.c.id)
    .limit(bindparam("most"))
)


class Unread(NamedTuple):
    """A request that was not understood: its row's key, its id, when it came (microseconds), and itself, encrypted."""

    provider: str
    key: str
    id: str
    at: int
    raw: bytes


class CallbackList:
    """Reads the callbacks of one database."""

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    async def last_to(self, brand: str, recipient_id: str, whose: Whose) -> Last | None:
        """What went to an address of a recipient last."""
        asked = {"brand": brand, "recipient_id": recipient_id, "channel": whose.channel, "address_hash": whose.address_hash}
        rows = await self._store.reader.fetch(_LAST, asked)
        return Last._make(rows[0]) if rows else None

    async def unread(self, after: str, most: int) -> Sequence[Unread]:
        """Requests that were not understood, oldest first, from those with ids beyond `after`."""
        return [Unread._make(row) for row in await self._store.reader.fetch(_UNREAD, {"after": after, "most": most})]

    async def counts(self) -> dict[tuple[str, str], int]:
        """How many there are that did nothing yet, by provider and state."""
        unsettled = callbacks.c.state != literal_column("'settled'")  # as the index says it, so that it answers alone
        counted = select(callbacks.c.provider, callbacks.c.state, func.count()).where(unsettled, callbacks.c.state.in_(_STATES))
        async with self._store.engine.connect() as connection:
            rows = await connection.execute(counted.group_by(callbacks.c.provider, callbacks.c.state))
            return {(provider, state): count for provider, state, count in rows.all()}

    async def page(
        self, brand: str, providers: Sequence[str], state: CallbackState | None, *, limit: int, cursor: str | None
    ) -> CallbackPage:
        """Callbacks of these providers, newest first: those that tell of the brand, and those of which nobody knows of which they tell.

        Raises:
            Refused: the cursor is not one that this brand was given.
        """
        about = f"callbacks|{brand}"
        whose = or_(callbacks.c.brand == brand, callbacks.c.brand.is_(None))
        query: Select[Any] = select(callbacks).where(callbacks.c.provider.in_(providers), whose)
        if state is not None:
            query = query.where(callbacks.c.state == state)
        if cursor is not None:
            query = query.where(tuple_(*_newest) <= tuple_(*map(str, place_of(self._keys, about, cursor))))
        async with self._store.engine.connect() as connection:
            rows = (await connection.execute(query.order_by(*(c.desc() for c in _newest)).limit(limit + 1))).all()
        following = cursor_after(self._keys, about, [rows[limit].id, rows[limit].key]) if len(rows) > limit else None
        return CallbackPage(data=tuple(map(_seen, rows[:limit])), has_more=following is not None, next_cursor=following)


def _seen(row: Row[Any]) -> CallbackSeen:
    return CallbackSeen(
        id=row.id,
        provider=row.provider,
        at=moment(row.at),
        state=row.state,
        kind=row.kind,
        message=row.message_id,
        delivery=delivery_id(row.message_id, row.delivery) if row.message_id is not None else None,
    )
