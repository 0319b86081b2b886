"""Counting all that is stored anew, where the tallies were lost or begin later than the messages do.

One look at the whole of it (a snapshot), which ends at a place of the feed: from there on the feed is followed as always. What a delivery
went through is told by its calls and events; where an operator sent one anew, each of its lives is counted.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Row, Table, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.event_types import EVENT_OF, EVENT_TYPES
from wasl.ledger.feed import START, Cursor, newest_place
from wasl.ledger.store import Store
from wasl.ledger.tables import attempts, deliveries, events, messages
from wasl.ledger.tally_counts import Happening, Tallies, new_tallies, tally
from wasl.ledger.tallying import Tallying, about_deliveries, about_of
from wasl.states import REPLAYED, REPORTED
from wasl_contracts import Reason, State

_CHUNK = 500  # messages
_IDS = (
    select(messages.c.id)
    .where(messages.c.brand == bindparam("brand"), messages.c.id > bindparam("after"))
    .order_by(messages.c.id)
    .limit(_CHUNK)
)  # fmt: skip
_ONCE = frozenset({State.SENT, State.DELIVERED, State.BOUNCED, State.FAILED})
_Key = tuple[str, int]


class Retallying:
    """Counts one database anew."""

    def __init__(self, store: Store, tallying: Tallying) -> None:
        self._store = store
        self._tallying = tallying

    async def rebuild(self, brand: str) -> int:
        """Count all that is stored of a brand, in place of what was counted; returns how many messages that were.

        Beside running workers too: what they write in that very moment may be counted twice, what they wrote before and after is not.
        """
        counted, after, seen = new_tallies(), "", 0
        async with self._snapshot() as connection:
            place = (await connection.execute(newest_place, {"brand": brand})).first()
            while ids := [row.id for row in (await connection.execute(_IDS, {"brand": brand, "after": after})).all()]:
                await _count(connection, brand, ids, counted)
                after, seen = ids[-1], seen + len(ids)
        await self._tallying.replace(brand, counted, Cursor(*place, read=0) if place is not None else START)
        return seen

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[AsyncConnection]:
        async with self._store.engine.connect() as connection:
            if self._store.exclusive:
                await connection.exec_driver_sql("BEGIN")  # Python's driver would begin none for reading
            else:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
            await connection.rollback()


def lived(delivery: Row[Any], calls: Sequence[Row[Any]], told: Sequence[Row[Any]]) -> Iterator[Happening]:
    """What the feed told of a delivery, as far as its rows still show it."""
    taken = [call for call in calls if call.outcome == "receipt"]
    silent = Reason.NO_RECEIPTS.value if delivery.reason == Reason.NO_RECEIPTS else None
    proved = [event for event in told if REPORTED.get(event.type) is State.DELIVERED and not json.loads(event.facts).get("machine")]
    for call in taken:
        at_once = call is taken[-1] and delivery.state == State.DELIVERED and not proved
        yield Happening(EVENT_OF[State.DELIVERED if at_once else State.SENT], call.ended_at, silent)
    seen: set[State] = {State.SENT} if taken else set()
    for event in told:
        if event.type == REPLAYED:
            seen = set()
        yield from _told(event, delivery, seen)


def _told(event: Row[Any], delivery: Row[Any], seen: set[State]) -> Iterator[Happening]:
    facts = json.loads(event.facts)
    if facts.get("machine"):
        return
    state = REPORTED.get(event.type) or (State(event.type) if event.type in EVENT_OF else None)
    passed_by = state in (State.FAILED, State.SENT) and "told" in facts and delivery.state != state
    if state is not None and not passed_by and not (state in _ONCE and state in seen):
        seen.add(state)
        yield Happening(EVENT_OF[state], event.at, facts.get("reason"))
    if f"message.{event.type}" in EVENT_TYPES and event.type not in EVENT_OF:
        yield Happening(f"message.{event.type}", event.at, None)


async def _count(connection: AsyncConnection, brand: str, ids: Sequence[str], into: Tallies) -> None:
    found = (await connection.execute(about_deliveries, {"keys": json.dumps([(brand, one) for one in ids])})).all()
    stand = await _of_each(connection, deliveries, brand, ids)
    calls = await _of_each(connection, attempts, brand, ids)
    told = await _of_each(connection, events, brand, ids)
    for row in found:
        key: _Key = (row[0], row[1])
        about = about_of(tuple(row))
        for happening in lived(stand[key][0], calls[key], told[key]):
            tally(into, brand, about, happening)


async def _of_each(connection: AsyncConnection, table: Table, brand: str, ids: Sequence[str]) -> defaultdict[_Key, list[Row[Any]]]:
    """The rows of each delivery, in the order in which they were written."""
    found: defaultdict[_Key, list[Row[Any]]] = defaultdict(list)
    whose = table.c.number if table is deliveries else table.c.delivery
    query = select(table, whose.label("whose")).where(table.c.brand == brand, table.c.message_id.in_(ids))
    for row in (await connection.execute(query.order_by(table.c.at if table is events else table.c.number))).all():
        found[row.message_id, row.whose].append(row)
    return found
