"""Reading one message with all that happened to it, or a page of many."""

import base64
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from wasl.answers import AttemptSeen, DeliverySeen, MessageSeen, MessageSummary, Page, RecipientSeen, TimelineEntry, WhyNot
from wasl.clock import micros, moment
from wasl.decision_reading import Decided, decode
from wasl.errors import NotFound, Problem, Refused
from wasl.ids import attempt_id, delivery_id
from wasl.keys import KeyRing
from wasl.ledger.people import recipient_seen, unseal
from wasl.ledger.tables import attempts, deliveries, events, messages, recipients
from wasl.ledger.uses import GIVEN_BACK
from wasl.policies.prices import cost_seen
from wasl.policies.verdict import Cost
from wasl.states import ESCALATED, fold
from wasl_contracts import Mark, Reason, State
from wasl_contracts.model import Frozen, Moment

_MAC = 16
_SCAN = 500  # rows looked at in one go when a filter needs the fold of deliveries
_BEHIND_ALL = "msg_~"

Found = Row[Any]


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
        return self._seen(row, sent, tried, happened)

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
        return [Whole(row, tried[row.id], self._seen(row, sent[row.id], tried[row.id], happened[row.id])) for row in rows]

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

    def _seen(self, row: Found, sent: Sequence[Found], tried: Sequence[Found], happened: Sequence[Found]) -> MessageSeen:
        calls: defaultdict[int, list[AttemptSeen]] = defaultdict(list)
        for attempt in tried:
            calls[attempt.delivery].append(_attempt(attempt))
        seen = tuple(_delivery(delivery, calls[delivery.number]) for delivery in sent)
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
            metadata=json.loads(row.metadata),
            deliveries=seen,
            timeline=_timeline(row, seen, happened),
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


def _attempt(row: Found) -> AttemptSeen:
    return AttemptSeen(
        id=attempt_id(row.message_id, row.delivery, row.number),
        number=row.number,
        provider=row.provider,
        started_at=moment(row.started_at),
        ended_at=moment(row.ended_at) if row.ended_at is not None else None,
        outcome=row.outcome,
        reason=Reason(row.reason) if row.reason else None,
        code=row.code,
        provider_ref=row.provider_ref,
        cost=cost_seen(Cost(row.cost_units, row.encoding, row.cost, row.currency)) if row.cost_units is not None else None,
        digest=row.digest,
    )


def _delivery(row: Found, calls: Sequence[AttemptSeen]) -> DeliverySeen:
    return DeliverySeen(
        id=delivery_id(row.message_id, row.number),
        channel=row.channel,
        provider=row.provider,
        state=State(row.state),
        reason=Reason(row.reason) if row.reason else None,
        marks=tuple(map(Mark, json.loads(row.marks))),
        address=row.address,
        provider_ref=row.provider_ref,
        due_at=moment(row.claimed_at or row.due_at) if row.due_at is not None else None,  # while claimed, its due_at is the lease's end
        cost=next((call.cost for call in reversed(calls) if call.outcome not in GIVEN_BACK), None),
        attempts=tuple(calls),
    )


def _timeline(row: Found, seen: Sequence[DeliverySeen], happened: Sequence[Found]) -> tuple[TimelineEntry, ...]:
    """Acceptance is the message's row, calls are the attempts' rows, the rest are events."""
    entries = [TimelineEntry(at=moment(row.created_at), type="accepted", facts={"topic": row.topic, "mode": row.mode})]
    for delivery in seen:
        for attempt in delivery.attempts:
            call = {"attempt": attempt.number, "provider": attempt.provider, "channel": delivery.channel}
            entries.append(TimelineEntry(at=attempt.started_at, type="sending", delivery=delivery.id, facts=call))
            if attempt.ended_at is not None:
                end = {"attempt": attempt.number, "reason": attempt.reason, "code": attempt.code, "provider_ref": attempt.provider_ref}
                facts = {name: value for name, value in end.items() if value is not None}
                entries.append(TimelineEntry(at=attempt.ended_at, type=f"answer.{attempt.outcome}", delivery=delivery.id, facts=facts))
    for event in happened:
        facts = json.loads(event.facts)
        if due := facts.pop("due_at", None):
            facts["until"] = moment(due).isoformat()
        entries.append(TimelineEntry(at=moment(event.at), type=event.type, delivery=delivery_id(row.id, event.delivery), facts=facts))
    # What escalates has the moment of its first call.
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.type != ESCALATED)))
