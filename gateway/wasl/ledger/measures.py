"""What /metrics asks of the ledger: a few small reads, none of them over a table that grows with what was sent."""

from typing import NamedTuple

from sqlalchemy import BigInteger, bindparam, case, func, literal_column, select

from wasl.clock import Clock, micros
from wasl.ledger.hot import Hot
from wasl.ledger.store import Store
from wasl.ledger.tables import deliveries, webhooks

_QUEUE = Hot(  # answered by the index `deliveries_due` alone, which holds only what waits
    select(deliveries.c.lane, func.count(), func.min(deliveries.c.due_at))
    .where(deliveries.c.due_at <= bindparam("now", type_=BigInteger()))
    .group_by(deliveries.c.lane)
)


def _how_many(state: str) -> object:
    return func.sum(case((literal_column(state), literal_column("1")), else_=literal_column("0")))


_WEBHOOKS = Hot(
    select(webhooks.c.brand, _how_many("enabled = 0"), _how_many("enabled = 1 AND failing_since IS NOT NULL")).group_by(webhooks.c.brand)  # type: ignore[call-overload]  # columns of SQL text
)


class Due(NamedTuple):
    """What is due on a channel: how many deliveries, and for how many seconds the one that waits longest."""

    deliveries: int
    seconds: float


class Failing(NamedTuple):
    """Webhooks of a brand that were disabled, and those that take nothing just now."""

    disabled: int
    failing: int


class Measures:
    """Reads one database."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = store.clock(clock)

    async def due(self) -> dict[str, Due]:
        """What is due, by channel."""
        now = micros(self._clock.now())
        rows = await self._store.reader.fetch(_QUEUE, {"now": now})
        return {lane: Due(count, (now - oldest) / 1_000_000) for lane, count, oldest in rows}

    async def webhooks(self) -> dict[str, Failing]:
        """Webhooks to the application that get nothing, by brand."""
        return {brand: Failing(int(disabled), int(failing)) for brand, disabled, failing in await self._store.reader.fetch(_WEBHOOKS, {})}
