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


async def cancel(tx: Transaction, keys: Sequence[tuple[str, str]], now: int) -> set[tuple[str, str]]:
    """End what waits of these messages (brand and id); those of which there was anything."""
    told = [{"key_brand": brand, "key_message": one, "reason": Reason.CANCELLED} for brand, one in sorted(set(keys))]
    rows = await tx.each(sql.CANCEL, told) if told else []
    if not rows:
        return set()
    event = {"at": now, "type": State.CANCELLED, "facts": json.dumps({"reason": Reason.CANCELLED})}
    tx.put(sql.INSERT_EVENT, [{"brand": row[0], "message_id": row[1], "delivery": row[2], **event} for row in rows])
    tell(tx, [Told(row[0], EVENT_OF[State.CANCELLED], now, row[1], row[2], Reason.CANCELLED) for row in rows])
    if ordered := [(row[0], row[3]) for row in rows if row[3] is not None]:
        await take_turns(tx, ordered)
        await advance(tx, ordered, now)
    return {(row[0], row[1]) for row in rows}


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
            return {one for _, one in await cancel(tx, [(brand, one) for one in ids], now)}

        cancelled = await self._store.writer.run(with_entry(work, entry, now, when=bool))
        self._feed.wake()
        return cancelled
