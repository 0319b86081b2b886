"""What a message has to do with others: those that it was sent again as, those about the same thing, and those that ended alike."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, Select, Subquery, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.answers import MessageSeen
from wasl.clock import moment
from wasl.errors import NotFound
from wasl.ids import attempt_id, message_ids_since
from wasl.ledger.tables import attempts, deliveries, messages
from wasl.related_seen import Alike, How, RelatedSeen
from wasl.states import fold
from wasl_contracts import State

_RESENT = "resent"
_TOKEN = 64  # hexadecimal digits
_MOST = 20  # of each kind that are told
_NEWEST = 300  # messages of the person that are looked through
_LOOKED_AT = 5000  # deliveries that are looked through for those that ended alike
_HOUR = 3600.0


class Details(NamedTuple):
    """What is stored of a message and not seen of it elsewhere. `key` is the caller's idempotency key.

    `resent_from` is the message that it was sent again from. `answers` are what providers told of themselves, by attempt.
    """

    mode: str
    channels: tuple[str, ...]
    locale: str
    template_version: str | None
    brand_version: str | None
    config: str
    key: str | None
    resent_from: str | None
    answers: Mapping[str, Mapping[str, JsonValue]]


def resent_key(message_id: str, token: str) -> str:
    """The idempotency key of a message that was sent again from this one. It holds spaces, so no caller's own key is one."""
    return f"{_RESENT} {message_id} {token}"


async def details(connection: AsyncConnection, brand: str, message_id: str) -> Details:
    """Of one message; raises NotFound."""
    row = (await connection.execute(select(messages).where(_is(brand, message_id)))).first()
    if row is None:
        raise NotFound("There is no such message.")
    query = select(attempts.c.delivery, attempts.c.number, attempts.c.facts)
    calls = (await connection.execute(query.where(attempts.c.brand == brand, attempts.c.message_id == message_id))).all()
    origin = _origin(row.idempotency_key)
    return Details(
        mode=row.mode,
        channels=tuple(json.loads(row.channels)),
        locale=row.locale,
        template_version=row.template_version,
        brand_version=row.brand_version,
        config=row.config,
        key=row.idempotency_key if origin is None else None,
        resent_from=origin,
        answers={attempt_id(message_id, call.delivery, call.number): json.loads(call.facts) for call in calls if call.facts},
    )


async def related(connection: AsyncConnection, brand: str, message_id: str) -> Sequence[RelatedSeen]:
    """Others that belong to it, newest first: at most twenty of those that were sent again, and of the same person's others."""
    own = (await connection.execute(select(messages).where(_is(brand, message_id)))).first()
    if own is None:
        return ()
    found: dict[str, How] = {}
    for row in (await connection.execute(_resent(brand, message_id))).all():
        found[row.id] = "resent_as"
    for row in (await connection.execute(_of_the_person(own))).all():
        found.setdefault(row.id, _how(own, row))
    if (origin := _origin(own.idempotency_key)) is not None:
        found[origin] = "resent_from"
    if own.superseded_by is not None:
        found[own.superseded_by] = "superseded_by"
    return await _seen(connection, brand, found)


async def alike(connection: AsyncConnection, brand: str, seen: MessageSeen) -> Alike:
    """How many other deliveries are in that state for the same reason and code, by the same provider, of messages of the last hour."""
    leading = next(one for one in seen.deliveries if one.state is seen.state)
    recent = (
        select(deliveries.c.message_id, deliveries.c.reason, deliveries.c.code, deliveries.c.provider)
        .where(deliveries.c.brand == brand, deliveries.c.state == seen.state, deliveries.c.message_id > message_ids_since(_HOUR))
        .order_by(deliveries.c.message_id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    code = seen.reason.provider_code if seen.reason is not None else None
    same = (
        recent.c.reason.is_not_distinct_from(leading.reason)
        & recent.c.code.is_not_distinct_from(code)
        & recent.c.provider.is_not_distinct_from(leading.provider)
        & (recent.c.message_id != seen.id)
    )
    row = (
        await connection.execute(select(func.count().filter(same).label("same"), func.count().label("looked_at")).select_from(recent))
    ).one()
    return Alike(row.same, at_least=row.looked_at == _LOOKED_AT)


async def lately(connection: AsyncConnection, seen: MessageSeen, since: int, most: int) -> Sequence[tuple[str, State, datetime]]:
    """The same person's newest messages of this template, or else topic, accepted from then on: id, state and when."""
    kind = messages.c.template == seen.template if seen.template is not None else messages.c.topic == seen.topic
    newest = _newest(seen.brand, seen.to.id)
    query = (
        select(messages.c.id, messages.c.created_at)
        .join_from(newest, messages, (messages.c.brand == seen.brand) & (messages.c.id == newest.c.id))
        .where(kind, messages.c.created_at >= since, messages.c.id != seen.id)
        .order_by(messages.c.id.desc())
        .limit(most)
    )
    found = {row.id: row.created_at for row in (await connection.execute(query)).all()}
    states: defaultdict[str, list[State]] = defaultdict(list)
    of_them = select(deliveries.c.message_id, deliveries.c.state).where(
        deliveries.c.brand == seen.brand, deliveries.c.message_id.in_(list(found))
    )
    for message_id, state in (await connection.execute(of_them)).all() if found else ():
        states[message_id].append(State(state))
    return [(one, fold(states[one]), moment(at)) for one, at in found.items()]


def _newest(brand: str, recipient_id: str) -> Subquery:
    """Ids of a person's newest messages: by the index alone, or SQLite walks over all messages of the brand."""
    query = select(messages.c.id).where(messages.c.brand == brand, messages.c.recipient_id == recipient_id)
    return query.order_by(messages.c.id.desc()).limit(_NEWEST).subquery()


def _is(brand: str, message_id: str) -> ColumnElement[bool]:
    return (messages.c.brand == brand) & (messages.c.id == message_id)


def _resent(brand: str, message_id: str) -> Select[Any]:
    # All such keys are of one length and form, so that this range holds them in every collation.
    first, last = (resent_key(message_id, digit * _TOKEN) for digit in "0f")
    return (
        select(messages.c.id)
        .where(messages.c.brand == brand, messages.c.idempotency_key.between(first, last))
        .order_by(messages.c.id.desc())
        .limit(_MOST)
    )


def _of_the_person(own: Row[Any]) -> Select[Any]:
    """Those of their newest messages that have to do with it."""
    newest = _newest(own.brand, own.recipient_id)
    ties = [messages.c.superseded_by == own.id]
    if own.about is not None:
        ties.append(messages.c.about == own.about)
    if own.metadata != "{}":
        ties.append(messages.c.metadata == own.metadata)
    return (
        select(messages.c.id, messages.c.about, messages.c.superseded_by)
        .join_from(newest, messages, (messages.c.brand == own.brand) & (messages.c.id == newest.c.id))
        .where(or_(*ties), messages.c.id != own.id)
        .order_by(messages.c.id.desc())
        .limit(_MOST)
    )


def _how(own: Row[Any], row: Row[Any]) -> How:
    if row.superseded_by == own.id:
        return "supersedes"
    return "same_about" if own.about is not None and row.about == own.about else "same_reference"


def _origin(key: str | None) -> str | None:
    """The message that one with this idempotency key was sent again from."""
    word, _, rest = (key or "").partition(" ")
    return rest.partition(" ")[0] if word == _RESENT and rest else None


async def _seen(connection: AsyncConnection, brand: str, found: Mapping[str, How]) -> Sequence[RelatedSeen]:
    query = (
        select(messages.c.id, messages.c.topic, messages.c.template, messages.c.created_at, deliveries.c.state)
        .join_from(messages, deliveries, (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id))
        .where(messages.c.brand == brand, messages.c.id.in_(list(found)))
        .order_by(messages.c.id.desc())
    )
    rows = (await connection.execute(query)).all() if found else ()
    states: dict[str, list[State]] = {}
    for row in rows:
        states.setdefault(row.id, []).append(State(row.state))
    told = {row.id: row for row in rows}
    return [
        RelatedSeen(
            id=one, how=found[one], state=fold(states[one]), topic=row.topic, template=row.template, created_at=moment(row.created_at)
        )
        for one, row in told.items()
    ]
