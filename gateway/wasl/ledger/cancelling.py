"""Cancelling: what of a message has no intent yet ends."""

import json

from wasl.event_types import EVENT_OF
from wasl.ledger import statements as sql
from wasl.ledger.feed import Told, tell
from wasl.ledger.ordering import advance, take_turns
from wasl.ledger.port import Transaction
from wasl_contracts import Reason, State


async def cancel(tx: Transaction, brand: str, message_id: str, now: int) -> bool:
    """End what waits of a message; whether there was anything."""
    rows = await tx.fetch(sql.CANCEL, {"key_brand": brand, "key_message": message_id, "reason": Reason.CANCELLED})
    if not rows:
        return False
    facts = json.dumps({"reason": Reason.CANCELLED})
    told = {"brand": brand, "message_id": message_id, "at": now, "type": State.CANCELLED, "facts": facts}
    tx.put(sql.INSERT_EVENT, [{**told, "delivery": row[2]} for row in rows])
    tell(tx, [Told(brand, EVENT_OF[State.CANCELLED], now, message_id, row[2], Reason.CANCELLED) for row in rows])
    if ordered := [(brand, row[3]) for row in rows if row[3] is not None]:
        await take_turns(tx, ordered)
        await advance(tx, ordered, now)
    return True
