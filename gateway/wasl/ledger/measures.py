"""What /metrics and the console ask of the ledger: small reads, none of them over more than a bounded part of what was sent."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, bindparam, case, func, literal_column, select

from wasl.clock import Clock, micros
from wasl.ledger import statements as sql
from wasl.ledger.calls import Calls, Window, calls_made
from wasl.ledger.hot import Hot
from wasl.ledger.rows import brand_of
from wasl.ledger.store import Store
from wasl.ledger.tables import deliveries, webhooks

_MOST = 100_000
"""Deliveries of a channel that are counted: a million would hold a connection for a third of a second."""
_some = (
    select(deliveries.c.due_at)
    .where(
        deliveries.c.lane == bindparam("lane"), deliveries.c.flow == bindparam("flow"),
        deliveries.c.due_at <= bindparam("now", type_=BigInteger()),
    )
    .order_by(deliveries.c.due_at)
    .limit(bindparam("most"))
    .subquery()
)  # fmt: skip
_counted: tuple[ColumnElement[Any], ...] = (func.min(_some.c.due_at), func.count())
_QUEUED = 10_000
"""Deliveries of a channel that are counted for people: they wait for the answer, and more is "more"."""
_EVER = (1 << 62) - 1  # microseconds; later than anything is due
_OF_FLOW = Hot(select(*_counted))  # the index `deliveries_due`, which holds only what waits, answers both


def _how_many(condition: str) -> ColumnElement[Any]:
    return func.sum(case((literal_column(condition), literal_column("1")), else_=literal_column("0")))


_states = (_how_many("enabled = 0"), _how_many("enabled = 1 AND failing_since IS NOT NULL"))
_WEBHOOKS = Hot(select(webhooks.c.brand, *_states).group_by(webhooks.c.brand))


class Due(NamedTuple):
    """What is due on a channel: how many deliveries, and for how many seconds the one that waits longest."""

    deliveries: int
    seconds: float


class Queue(NamedTuple):
    """What waits for a channel: how many deliveries, how many of these are due, and for how many seconds the one that is due longest.

    `more` tells that there are more than were counted.
    """

    waiting: int
    due: int
    seconds: float
    more: bool = False


class Failing(NamedTuple):
    """Webhooks of a brand that were disabled, and those that take nothing just now."""

    disabled: int
    failing: int


class Measures:
    """Reads one database."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = store.clock(clock)

    async def due(self, channels: Iterable[str]) -> dict[str, Due]:
        """What is due on these channels; of none more than 100,000 are counted."""
        now = micros(self._clock.now())
        return {channel: await self._due(channel, now) for channel in channels}

    async def _due(self, lane: str, now: int) -> Due:
        found, oldest = 0, now
        for (flow,) in await self._store.reader.fetch(sql.FLOWS, {"lane": lane, "now": now}):
            asked = {"lane": lane, "flow": flow, "now": now, "most": max(1, _MOST - found)}
            ((head, more),) = await self._store.reader.fetch(_OF_FLOW, asked)
            found, oldest = min(_MOST, found + more), min(oldest, head if head is not None else now)
        return Due(found, (now - oldest) / 1_000_000)

    async def queue(self, channel: str, brands: Collection[str]) -> Queue:
        """What waits for a channel of these brands: about 10,000 are counted, and the oldest is found among all."""
        now = micros(self._clock.now())
        waiting, due, oldest = 0, 0, now
        for (flow,) in await self._store.reader.fetch(sql.FLOWS, {"lane": channel, "now": _EVER}):
            if brand_of(flow) in brands:
                asked = {"lane": channel, "flow": flow, "most": max(1, _QUEUED + 1 - waiting)}
                ((_, found),) = await self._store.reader.fetch(_OF_FLOW, {**asked, "now": _EVER})
                ((head, ripe),) = await self._store.reader.fetch(_OF_FLOW, {**asked, "now": now})
                waiting, due, oldest = waiting + found, due + ripe, min(oldest, head if head is not None else now)
        return Queue(min(waiting, _QUEUED), min(due, _QUEUED), (now - oldest) / 1_000_000, waiting > _QUEUED)

    async def calls(self, brands: Sequence[str], window: Window) -> Calls:
        """See calls_made."""
        return await calls_made(self._store, brands, window)

    async def webhooks(self) -> dict[str, Failing]:
        """Webhooks to the application that get nothing, by brand."""
        return {brand: Failing(int(disabled), int(failing)) for brand, disabled, failing in await self._store.reader.fetch(_WEBHOOKS, {})}
