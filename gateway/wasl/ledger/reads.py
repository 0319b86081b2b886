"""Reading one message with all that happened to it, or a page of many."""

import base64
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from wasl.answers import AttemptSeen, MessageSeen, MessageSummary, Page, RecipientSeen, WhyNot
from wasl.clock import micros, moment
from wasl.decision_reading import Decided, decode
from wasl.errors import NotFound, Problem, Refused
from wasl.ids import delivery_id
from wasl.keys import KeyRing
from wasl.ledger.message_rows import Found, attempt_of, delivery_of, timeline_of
from wasl.ledger.named import Names, names
from wasl.ledger.people import recipient_seen, unseal
from wasl.ledger.tables import attempts, deliveries, events, messages, recipients
from wasl.states import fold
from wasl_contracts import Reason, State
from wasl_contracts.model import Frozen, Moment

_MAC = 16
_SCAN = 500  # rows looked at in one go when a filter needs the fold of deliveries
_BEHIND_ALL = "msg_~"


class Filters(Frozen):
    """Which messages to list; all that are given must hold."""

    state: State | None = None
    reason: Reason | None = None
    channel: str | None = None
    recipient: str | None = None
    topic: str | None = None
    template: str | None = None
    since: Moment | None = None


class Whole(NamedTuple):
    """A message as it is stored, with its attempts, and as it is seen."""

    row: Found
    attempts: Sequence[Found]
    seen: MessageSeen


class _Happened(NamedTuple):
    """What is stored of a message beside its own row and its deliveries."""

    attempts: Sequence[Found]
    events: Sequence[Found]
    names: Names


class Reads:
    """Answers about messages of one brand. Addresses are masked, content is never read."""

    def __init__(self, engine: AsyncEngine, keys: KeyRing) -> None:
        self._engine = engine
        self._keys = keys

    async def message(self, brand: str, message_id: str) -> MessageSeen:
        """One message with its deliveries, timeline and decisions.

        Raises:
            NotFound: there is none of that id in the brand.
        """
        if not message_id.isascii():
            raise NotFound("There is no such message.")
        async with self._engine.connect() as connection:
            row = (await connection.execute(_messages(brand).where(messages.c.id == message_id))).first()
            if row is None:
                raise NotFound("There is no such message.")
            sent = (await connection.execute(_children(deliveries, brand, message_id).order_by(deliveries.c.number))).all()
            tried = (
                await connection.execute(_children(attempts, brand, message_id).order_by(attempts.c.delivery, attempts.c.number))
            ).all()
            happened = (await connection.execute(_children(events, brand, message_id).order_by(events.c.at))).all()
            named = await names(connection, brand, [row.origin])
        return self._seen(row, sent, _Happened(tried, happened, named))

    async def page(self, brand: str, filters: Filters, *, limit: int, cursor: str | None) -> Page:
        """Messages that fit, newest first.

        Raises:
            Refused: the cursor is not one that this brand was given.
        """
        before = self._open_cursor(brand, cursor) if cursor else None
        chunk = limit + 1 if filters.state is None and filters.reason is None else _SCAN
        found: list[MessageSummary] = []
        more = True
        async with self._engine.connect() as connection:
            while more and len(found) <= limit:
                rows = (await connection.execute(_filtered(brand, filters, before).limit(chunk))).all()
                more = len(rows) == chunk
                before = rows[-1].id if rows else before
                found += await self._summaries(connection, brand, list({row.id: row for row in rows}.values()), filters)
        data = tuple(found[:limit])
        more = len(found) > limit
        return Page(data=data, has_more=more, next_cursor=self._cursor(brand, data[-1].id) if more else None)

    async def whole(self, brand: str, recipient_id: str, *, after: str, most: int) -> list[Whole]:
        """A recipient's messages, oldest first, from those with ids beyond `after`."""
        query = _messages(brand).where(messages.c.recipient_id == recipient_id, messages.c.id > after).order_by(messages.c.id)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query.limit(most))).all()
            ids = [row.id for row in rows]
            sent = await _of_each(connection, deliveries, brand, ids)
            tried = await _of_each(connection, attempts, brand, ids)
            happened = await _of_each(connection, events, brand, ids)
            named = await names(connection, brand, [row.origin for row in rows])
        wholes = ((row, _Happened(tried[row.id], happened[row.id], named)) for row in rows)
        return [Whole(row, told.attempts, self._seen(row, sent[row.id], told)) for row, told in wholes]

    async def ids(self, brand: str, filters: Filters, *, most: int, before: str | None) -> list[str]:
        """Ids of messages that may fit (their state must be looked at closely), newest first, from those older than `before`."""
        async with self._engine.connect() as connection:
            query = _filtered(brand, filters, before).with_only_columns(messages.c.id, maintain_column_froms=True)
            rows = (await connection.execute(query.limit(most))).all()
        return list(dict.fromkeys(row.id for row in rows))

    async def _summaries(self, connection: AsyncConnection, brand: str, rows: Sequence[Found], filters: Filters) -> list[MessageSummary]:
        query = select(deliveries.c.message_id, deliveries.c.state, deliveries.c.reason).where(
            deliveries.c.brand == brand, deliveries.c.message_id.in_([row.id for row in rows])
        )
        states: defaultdict[str, list[tuple[State, str | None]]] = defaultdict(list)
        for message_id, found, reason in (await connection.execute(query)).all() if rows else ():
            states[message_id].append((State(found), reason))
        summaries = []
        for row in rows:
            folded = fold(found for found, _ in states[row.id])
            reason = next((reason for found, reason in states[row.id] if found is folded), None)
            if filters.state in (None, folded) and filters.reason in (None, reason):
                summaries.append(self._summary(row, folded, Reason(reason) if reason else None))
        return summaries

    def _summary(self, row: Found, state: State, reason: Reason | None) -> MessageSummary:
        return MessageSummary(
            id=row.id,
            state=state,
            reason=reason,
            to=self._recipient(row),
            topic=row.topic,
            template=row.template,
            channels=tuple(json.loads(row.channels)),
            created_at=moment(row.created_at),
        )

    def _seen(self, row: Found, sent: Sequence[Found], told: _Happened) -> MessageSeen:
        calls: defaultdict[int, list[AttemptSeen]] = defaultdict(list)
        for attempt in told.attempts:
            calls[attempt.delivery].append(attempt_of(attempt))
        seen = tuple(delivery_of(delivery, calls[delivery.number]) for delivery in sent)
        state = fold(delivery.state for delivery in seen)
        leading = next(delivery for delivery in sent if delivery.state == state)
        return MessageSeen(
            id=row.id,
            brand=row.brand,
            state=state,
            reason=WhyNot.of(Reason(leading.reason), leading.code) if leading.reason else None,
            marks=tuple(dict.fromkeys(mark for delivery in seen for mark in delivery.marks)),
            to=self._recipient(row),
            topic=row.topic,
            category=row.category,
            template=row.template,
            about=row.about,
            fact=row.fact,
            superseded_by=row.superseded_by,
            origin=told.names.origin(row.origin),
            metadata=json.loads(row.metadata),
            deliveries=seen,
            timeline=timeline_of(row, seen, told.events),
            decisions=tuple(
                decode(d.decision, Decided(delivery_id(row.id, d.number), moment(d.decided_at), row.topic, row.config))
                for d in sent
                if d.decision
            ),
            created_at=moment(row.created_at),
            due_at=min((delivery.due_at for delivery in seen if delivery.due_at is not None), default=moment(row.due_at)),
            expires_at=moment(row.expires_at),
        )

    def _recipient(self, row: Found) -> RecipientSeen:
        addresses, _ = unseal(row.sealed, row.brand, row.recipient_id, self._keys)
        return recipient_seen(row.recipient_id, row.audience, row.recipient_locale, row.timezone, addresses)

    def _cursor(self, brand: str, message_id: str) -> str:
        return base64.urlsafe_b64encode(self._keys.sign(f"{brand}|{message_id}".encode()) + message_id.encode()).decode()

    def _open_cursor(self, brand: str, cursor: str) -> str:
        problem = Problem(pointer="", code="bad_cursor", message="has a cursor that was not given out here; start again without one")
        try:
            opened = base64.b64decode(cursor, altchars=b"-_", validate=True)
            message_id = opened[_MAC:].decode("ascii")
        except ValueError:
            raise Refused([problem]) from None
        if self._cursor(brand, message_id) != cursor:
            raise Refused([problem])
        return message_id


def _messages(brand: str) -> Select[tuple[object, ...]]:
    return (  # an outer join, though each message has its recipient: else SQLite begins with them and walks over the brand
        select(messages, recipients.c.audience, recipients.c.locale.label("recipient_locale"), recipients.c.timezone, recipients.c.sealed)
        .join_from(
            messages, recipients, (recipients.c.brand == messages.c.brand) & (recipients.c.id == messages.c.recipient_id), isouter=True
        )
        .where(messages.c.brand == brand)
    )


def _filtered(brand: str, filters: Filters, before: str | None) -> Select[tuple[object, ...]]:
    child = (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id)
    query, newest = _messages(brand), messages.c.id
    if filters.state is not None or filters.reason is not None:
        # Led by the index on states. A message's state is that of one of its deliveries; which one, the fold decides afterwards.
        newest = deliveries.c.message_id
        query = query.join(deliveries, child).where(deliveries.c.brand == brand)
    query = query.order_by(newest.desc())
    if before is not None or filters.recipient is not None:  # unbounded, SQLite would walk over the brand in its order, not over the person
        query = query.where(newest < (before or _BEHIND_ALL))
    for column, wanted in (
        (deliveries.c.state, filters.state),
        (deliveries.c.reason, filters.reason),
        (messages.c.recipient_id, filters.recipient),
        (messages.c.topic, filters.topic),
        (messages.c.template, filters.template),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if filters.since is not None:
        query = query.where(messages.c.created_at >= micros(filters.since))
    if filters.channel is not None:
        other = deliveries.alias()
        used = select(1).where(other.c.brand == brand, other.c.message_id == messages.c.id, other.c.channel == filters.channel)
        query = query.where(used.exists())
    return query


def _children(table: Table, brand: str, message_id: str) -> Select[tuple[object, ...]]:
    return select(table).where(table.c.brand == brand, table.c.message_id == message_id)


async def _of_each(connection: AsyncConnection, table: Table, brand: str, ids: Sequence[str]) -> defaultdict[str, list[Found]]:
    """The rows of each message, in the order of the table's key."""
    found: defaultdict[str, list[Found]] = defaultdict(list)
    query = select(table).where(table.c.brand == brand, table.c.message_id.in_(ids)).order_by(*table.primary_key)
    for row in (await connection.execute(query)).all() if ids else ():
        found[row.message_id].append(row)
    return found
