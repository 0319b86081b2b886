"""Looks into the ledger from outside, on either engine."""

from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import create_async_engine

from wasl.ledger.tables import attempts, deliveries, events, messages
from wasl.states import LIVE

_LIVE = deliveries.c.state.in_([state.value for state in LIVE])
Rows = list[Row[Any]]


class Reading:
    """Reads with an engine of its own."""

    def __init__(self, database: str) -> None:
        self._engine = create_async_engine(database.replace("sqlite:", "sqlite+aiosqlite:").replace("postgresql:", "postgresql+asyncpg:"))

    async def waiting(self) -> int:
        """How many deliveries will still move by themselves: live ones, but for the unknown ones that are left to people."""
        query = select(func.count()).select_from(deliveries).where(_LIVE, deliveries.c.due_at.is_not(None))
        return int((await self._all(query))[0][0])

    async def stuck(self) -> Rows:
        """Some of those."""
        query = select(deliveries.c.message_id, deliveries.c.number, deliveries.c.state, deliveries.c.reason, deliveries.c.due_at)
        return await self._all(query.where(_LIVE, deliveries.c.due_at.is_not(None)).limit(5))

    async def messages(self) -> Rows:
        """Every message, as far as it matters here."""
        return await self._all(select(messages.c.id, messages.c.category, messages.c.mode, messages.c.metadata))

    async def deliveries(self) -> Rows:
        """Every delivery."""
        return await self._all(select(deliveries))

    async def attempts(self) -> Rows:
        """Every attempt."""
        return await self._all(select(attempts))

    async def events(self) -> Rows:
        """Every event, in order."""
        return await self._all(select(events).order_by(events.c.at))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._engine.dispose()

    async def _all(self, query: Any) -> Rows:
        async with self._engine.connect() as connection:
            return list((await connection.execute(query)).all())
