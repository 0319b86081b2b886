"""Cancelling: what of a message has no intent yet ends."""

import json
from collections.abc import Sequence

from wasl.audited import Entry
from wasl.clock import Clock, micros
from wasl.event_types import EVENT_OF
from wasl.ledger import statements as sql
from wasl.ledger.audit import with_entry
from wasl.ledger.feed import Feed, Told, tell
from wasl.ledger.ordering import advance, take_turns
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
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


class Cancellations:
    """Cancels many messages of one database in one transaction."""

    def __init__(self, store: Store, feed: Feed, clock: Clock) -> None:
        self._store = store
        self._feed = feed
        self._clock = clock

    async def these(self, brand: str, ids: Sequence[str], entry: Entry) -> set[str]:
        """End what waits of these messages; the ids of those of which something did. The audit tells of it where there are any."""
        now = micros(self._clock.now())

        async def work(tx: Transaction) -> set[str]:
            return {one for one in sorted(set(ids)) if await cancel(tx, brand, one, now)}

        cancelled = await self._store.writer.run(with_entry(work, entry, now, when=bool))
        self._feed.wake()
        return cancelled
