"""Emptying what is stored of messages: what they said and to which address, their files, what providers answered. The rest stays."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Text, bindparam, case, literal_column, null, select, update
from sqlalchemy.sql.elements import ColumnElement

from wasl.event_types import EVENT_OF
from wasl.ledger import statements as sql
from wasl.ledger.callback_rows import clear_callbacks
from wasl.ledger.feed import Told, tell
from wasl.ledger.files import clear_files
from wasl.ledger.hot import Hot, Row, among
from wasl.ledger.inbox import clear_inbox
from wasl.ledger.ordering import advance, take_turns
from wasl.ledger.port import Transaction
from wasl.ledger.suppressions import ALL_BRANDS
from wasl.ledger.tables import attempts, deliveries, events, messages, suppression_changes, suppressions
from wasl.ledger.tracked import clear_tracked
from wasl.states import LEFT
from wasl_contracts import Reason, State

CLEARED = "•••"
"""In place of a masked address and of a name."""
_RULE = "erased"
_KEPT = frozenset({"reason", "due_at", "rule", "marks"})
"""Facts of an event that tell nothing of the person."""


def _text(text: str) -> ColumnElement[Any]:
    return literal_column(f"'{text}'")


_sent = among(deliveries.c.brand, deliveries.c.message_id, name="keys")
_MESSAGES = Hot(
    update(messages)
    .where(messages.c.brand == bindparam("key_brand"), messages.c.id == bindparam("key_message"))
    .values(
        recipient_id=bindparam("stub", type_=Text()), body=_text("{}"), metadata=_text("{}"), about=null(), reference=null(), fact=null(),
        ordering_key=null(), idempotency_key=null(), fingerprint=null(), origin=null(),
    )
)  # fmt: skip
_DELIVERIES = Hot(
    update(deliveries)
    .where(_sent)
    .values(
        address=case((deliveries.c.address.is_not(None), _text(CLEARED))),
        address_hash=case((deliveries.c.address_hash.is_not(None), _text(""))),
        decision=case((deliveries.c.decision.is_not(None), _text("[]"))),
        provider_ref=null(), code=null(), ordering_key=null(),
    )
)  # fmt: skip
_ATTEMPTS = Hot(
    update(attempts)
    .where(attempts.c.brand == bindparam("key_brand"), attempts.c.message_id == bindparam("key_message"))
    .values(
        recipient_id=case((attempts.c.recipient_id.is_not(None), bindparam("stub", type_=Text()))), facts=null(),
        provider_ref=null(), code=null(), digest=null(),
    )
)  # fmt: skip
_EVENTS = Hot(select(*events.primary_key, events.c.facts).where(among(events.c.brand, events.c.message_id, name="keys")))
_FACTS = Hot(
    update(events)
    .where(
        events.c.brand == bindparam("key_brand"), events.c.message_id == bindparam("key_message"),
        events.c.delivery == bindparam("key_delivery"), events.c.at == bindparam("key_at"), events.c.type == bindparam("key_type"),
    )
    .values(facts=bindparam("facts"))
)  # fmt: skip
_PLACES = Hot(select(deliveries.c.channel, deliveries.c.address_hash).where(_sent, deliveries.c.address_hash.is_not(None)).distinct())
_LISTED = Hot(
    update(suppressions)
    .where(among(suppressions.c.brand, suppressions.c.channel, suppressions.c.address_hash, name="keys"))
    .values(address=_text(CLEARED), actor=null(), message_id=null(), sealed=null())
)
_CHANGES = Hot(
    update(suppression_changes)
    .where(among(suppression_changes.c.brand, suppression_changes.c.channel, suppression_changes.c.address_hash, name="keys"))
    .values(actor=null(), message_id=null(), sealed=null())
)
# Whoever has it claimed would send it again: the fence keeps them from that.
_LEAVE = Hot(
    update(deliveries)
    .where(
        deliveries.c.brand == bindparam("key_brand"), deliveries.c.message_id == bindparam("key_message"),
        deliveries.c.state == literal_column(f"'{State.UNKNOWN.value}'"), deliveries.c.due_at.is_not(None),
    )
    .values(due_at=null(), claimed_at=null(), fence=deliveries.c.fence + literal_column("1"))
    .returning(deliveries.c.brand, deliveries.c.message_id, deliveries.c.number, deliveries.c.ordering_key)
)  # fmt: skip


async def ended(tx: Transaction, brand: str, ids: Sequence[str], now: int) -> None:
    """Cancel what waits of these messages; nothing more is done about what may have been sent."""
    keys = [{"key_brand": brand, "key_message": message_id} for message_id in ids]
    if not keys:
        return
    cancelled = await tx.each(sql.CANCEL, [{**key, "reason": Reason.CANCELLED} for key in keys])
    left = await tx.each(_LEAVE, keys)
    happened = [_event(row, now, State.CANCELLED, Reason.CANCELLED) for row in cancelled]
    happened += [_event(row, now, LEFT, Reason.OUTCOME_UNKNOWN) for row in left]
    if happened:
        tx.put(sql.INSERT_EVENT, happened)
    tell(tx, [Told(brand, EVENT_OF[State.CANCELLED], now, row[1], row[2], Reason.CANCELLED) for row in cancelled])
    ordered = sorted({(brand, str(row[3])) for row in [*cancelled, *left] if row[3] is not None})
    await take_turns(tx, ordered)
    await advance(tx, ordered, now)


async def clear(tx: Transaction, brand: str, ids: Sequence[str], stub: str) -> set[tuple[str, str]]:
    """Empty messages that have ended, and make them those of the stub. Returns where they went to, as channel and hash."""
    if not ids:
        return set()
    keys, told = json.dumps([(brand, message_id) for message_id in ids]), [{"key_brand": brand, "key_message": one} for one in ids]
    places = {(row[0], row[1]) for row in await tx.fetch(_PLACES, {"keys": keys}) if row[1]}
    await clear_suppressions(tx, brand, places)
    await clear_files(tx, keys)
    await clear_callbacks(tx, keys)
    await clear_inbox(tx, keys)
    await clear_tracked(tx, keys)
    facts = [changed for row in await tx.fetch(_EVENTS, {"keys": keys}) if (changed := _without(row)) is not None]
    if facts:
        tx.put(_FACTS, facts)
    tx.put(_ATTEMPTS, [{**key, "stub": stub} for key in told])
    await tx.fetch(_DELIVERIES, {"keys": keys})
    await tx.many(_MESSAGES, [{**key, "stub": stub} for key in told])
    return places


async def clear_suppressions(tx: Transaction, brand: str, places: Collection[tuple[str, str]]) -> None:
    """Of what is listed against addresses (channel, hash) keep just the hash, the reason and since when."""
    if places:
        keys = json.dumps([(one, *place) for place in sorted(places) for one in (brand, ALL_BRANDS)])
        await tx.fetch(_LISTED, {"keys": keys})
        await tx.fetch(_CHANGES, {"keys": keys})


def _event(row: Row, at: int, kind: str, reason: Reason) -> dict[str, object]:
    facts = json.dumps({"reason": reason, "rule": _RULE})
    return {"brand": row[0], "message_id": row[1], "delivery": row[2], "at": at, "type": kind, "facts": facts}


def _without(row: Row) -> dict[str, object] | None:
    """The facts of an event without those that may tell of the person; None where there are none."""
    brand, message_id, delivery, at, kind, facts = row
    found = json.loads(facts)
    if found.keys() <= _KEPT:
        return None
    kept = json.dumps({name: value for name, value in found.items() if name in _KEPT})
    return {
        "key_brand": brand, "key_message": message_id, "key_delivery": delivery, "key_at": at, "key_type": kind, "facts": kept,
    }  # fmt: skip
