"""How the rows of one person's life are told: messages whole, with what became of each delivery; consents, suppressions, replies."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.clock import moment
from wasl.decisions import kept
from wasl.ids import delivery_id
from wasl.ledger.tables import attempts, deliveries, events, messages
from wasl.person_life import LifeConsent, LifeDelivery, LifeMessage, LifeReply, LifeSuppression, Missed
from wasl.states import fold
from wasl_contracts import Mark, Reason, State

Found = Row[Any]
Ends = Mapping[tuple[str, int, str], int]
"""When a delivery of a message got into a state; for the empty state, when its last call ended."""


async def whole(connection: AsyncConnection, brand: str, ids: Sequence[str]) -> list[LifeMessage]:
    """These messages, newest first; one query for each of their tables."""
    if not ids:
        return []
    query = select(messages).where(messages.c.brand == brand, messages.c.id.in_(ids)).order_by(messages.c.id.desc())
    rows = (await connection.execute(query)).all()
    sent: defaultdict[str, list[Found]] = defaultdict(list)
    own = select(deliveries).where(deliveries.c.brand == brand, deliveries.c.message_id.in_(ids)).order_by(deliveries.c.number)
    for row in (await connection.execute(own)).all():
        sent[row.message_id].append(row)
    ends = {**await _ends(connection, attempts, brand, ids), **await _ends(connection, events, brand, ids)}
    return [_message(row, sent[row.id], ends) for row in rows]


async def _ends(connection: AsyncConnection, table: Table, brand: str, ids: Sequence[str]) -> dict[tuple[str, int, str], int]:
    key = [table.c.message_id, table.c.delivery, *([table.c.type] if table is events else ())]
    at = table.c.at if table is events else table.c.ended_at
    query = select(*key, func.max(at)).where(table.c.brand == brand, table.c.message_id.in_(ids)).group_by(*key)
    found = (await connection.execute(query)).all()
    return {(row[0], row[1], row[2] if table is events else ""): row[-1] for row in found if row[-1] is not None}


def _message(row: Found, sent: Sequence[Found], ends: Ends) -> LifeMessage:
    seen = tuple(_delivery(one, ends, json.loads(row.channels)) for one in sent)
    return LifeMessage(
        at=moment(row.created_at),
        id=row.id,
        topic=row.topic,
        category=row.category,
        template=row.template,
        state=fold(one.state for one in seen),
        deliveries=seen,
    )


def _delivery(row: Found, ends: Ends, route: Sequence[str]) -> LifeDelivery:
    key = row.message_id, row.number
    ended = ends.get((*key, row.state), ends.get((*key, ""), row.decided_at))
    missed = list(_missed(row, route))
    channel, address = row.channel, row.address or None
    if channel is None and (spoken := next((one for one in missed if one.reason == row.reason), None)) is not None:
        missed.remove(spoken)  # nothing was called: it stands where the candidate stands whose reason it has
        channel, address = spoken.channel, spoken.address
    return LifeDelivery(
        id=delivery_id(row.message_id, row.number),
        channel=channel,
        state=State(row.state),
        reason=Reason(row.reason) if row.reason else None,
        code=row.code,
        provider=row.provider,
        address=address,
        marks=tuple(map(Mark, json.loads(row.marks))),
        due_at=moment(row.claimed_at or row.due_at) if row.due_at is not None else None,
        ended_at=moment(ended) if ended is not None else None,
        calls=row.attempts,
        instead=tuple(missed),
        tried=tuple(json.loads(row.tried)),
    )


def _missed(row: Found, route: Sequence[str]) -> Iterable[Missed]:
    """The ways that the decision did not take; what became of the one that it took is the delivery itself."""
    if row.decision is None:
        return
    _, _, candidates = kept(row.decision)
    # Of addresses on one channel the first that is open is taken; a channel that is not of the route any more comes last.
    places = {channel: place for place, channel in enumerate(route)}
    taken = places.get(row.channel, len(route))
    for one in candidates:
        reason = one.missed or (one.against.reason if one.against is not None else None)
        if reason is not None and not one.chosen and (one.channel, one.address or None) != (row.channel, row.address or None):
            sooner = row.channel is not None and places.get(one.channel, len(route)) <= taken
            yield Missed(channel=one.channel, address=one.address or None, reason=Reason(reason), sooner=sooner)


def said(row: Found) -> LifeConsent:
    """A row of the consent ledger."""
    names = ("id", "topic", "channel", "state", "source", "actor", "wording_version")
    return LifeConsent.model_validate({"at": moment(row.at), **{name: getattr(row, name) for name in names}})


def listed(row: Found) -> LifeSuppression:
    """A change of the suppression list."""
    names = ("id", "channel", "change", "reason", "source", "actor")
    told = {name: getattr(row, name) for name in names}
    return LifeSuppression.model_validate({"at": moment(row.at), **told, "scope": row.scope or None, "message": row.message_id})


def wrote(row: Found, channels: Mapping[str, str]) -> LifeReply:
    """A reply, from an address of the channel that its hash tells."""
    return LifeReply(at=moment(row.at), id=row.id, channel=channels.get(row.address_hash), provider=row.provider, message=row.message_id)
