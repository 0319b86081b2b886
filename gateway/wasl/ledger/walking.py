"""Reading a whole ledger in pages, each of one moment, for those who check it. It only reads, also beside running servers."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Row, Select, Table, and_, case, event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from wasl.ledger.postgres import engine_of
from wasl.ledger.stories import FOREVER, StoredAttempt, StoredDelivery, StoredEvent, StoredMessage, Story, Turn
from wasl.ledger.tables import attempts, deliveries, events, messages, recipients, sources, suppressions
from wasl.states import LIVE, PENDING, REPLAYED
from wasl_contracts import Reason

PAGE = 500
"""Messages read in one go."""


class Walk:
    """A walk over one ledger: a SQLite file that is there, or the URL of a PostgreSQL database. Close it."""

    def __init__(self, database: Path | str) -> None:
        self._engine = _sqlite(database) if isinstance(database, Path) else _postgres(database)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._engine.dispose()

    async def stories(self) -> AsyncIterator[Sequence[Story]]:
        """Every message, by brand and id, in pages; rows that belong to no message come as stories of their own."""
        async for brand in self._brands():
            after, more = "", True
            while more:
                page, after, more = await self._page(brand, after)
                yield page

    async def missing(self, ids: Sequence[str]) -> list[str]:
        """Which of these messages are not there, in any brand."""
        left = dict.fromkeys(ids)
        async for brand in self._brands():
            query = select(messages.c.id).where(messages.c.brand == brand, messages.c.id.in_(list(left)))
            for (found,) in await self._fetch(query) if left else ():
                del left[found]
        return list(left)

    async def repeated_keys(self, most: int = 100) -> list[list[str]]:
        """The messages that share an idempotency key with another one, together; of so many keys."""
        keys = [messages.c.brand, messages.c.idempotency_key]
        twice: Select[Any] = select(*keys).where(keys[1].is_not(None)).group_by(*keys).having(func.count() > 1).order_by(*keys).limit(most)
        found = []
        for row in await self._fetch(twice):
            ids = (
                select(messages.c.id)
                .where(messages.c.brand == row.brand, messages.c.idempotency_key == row.idempotency_key)
                .order_by(messages.c.id)
            )
            found.append([str(one[0]) for one in await self._fetch(ids)])
        return found

    async def turns(self) -> AsyncIterator[Turn]:
        """Every message with an ordering key, the messages of a key one after the other as they were accepted."""
        # One sorted query, streamed: there is no index over those that have ended.
        turns = _TURNS.execution_options(yield_per=PAGE)
        async with self._engine.connect() as connection, connection.stream(turns) as rows:
            async for row in rows:
                yield Turn._make(row)

    async def stranded(self, most: int = 100) -> list[str]:
        """The earliest message of each key of which all wait for their turn, so that nothing would ever wake it; of so many keys."""
        keys = [deliveries.c.brand, deliveries.c.ordering_key]
        parked = case((func.coalesce(deliveries.c.reason, "") == Reason.IN_ORDER, 0), else_=1)
        query = (
            select(func.min(deliveries.c.message_id))
            .where(keys[1].is_not(None), deliveries.c.due_at.is_not(None), deliveries.c.state.in_(sorted(LIVE)))
            .group_by(*keys)
            .having(func.sum(parked) == 0)
            .limit(most)
        )
        return [str(row[0]) for row in await self._fetch(query)]

    async def _brands(self) -> AsyncIterator[str]:
        tables, brand = (messages, deliveries, attempts, events), ""
        while True:
            # One step of an index for each table: a plain DISTINCT would read all rows.
            found = [await self._fetch(select(func.min(table.c.brand)).where(table.c.brand > brand)) for table in tables]
            following = [row[0] for (row,) in found if row[0] is not None]
            if not following:
                return
            brand = min(following)
            yield brand

    async def _page(self, brand: str, after: str) -> tuple[Sequence[Story], str, bool]:
        """One page, the id of its last message, and whether there is more. The last page reaches to the end of all tables."""
        async with self._engine.connect() as connection:
            query = _MESSAGES.where(messages.c.brand == brand, messages.c.id > after).order_by(messages.c.id).limit(PAGE)
            found = [StoredMessage._make(row) for row in (await connection.execute(query)).all()]
            more = len(found) == PAGE
            reach = (brand, after, found[-1].id if more else None)
            sent = await _rows(connection, _DELIVERIES, deliveries, reach)
            tried = await _rows(connection, _ATTEMPTS, attempts, reach)
            happened = await _rows(connection, _EVENTS, events, reach)
        stories = {row.id: Story(brand, row.id, row) for row in found}
        for row in sent:
            _of(stories, brand, row).deliveries.append(StoredDelivery._make(row))
        for row in tried:
            _of(stories, brand, row).attempts[row.delivery].append(StoredAttempt._make(row))
        for row in happened:
            _of(stories, brand, row).events[row.delivery].append(StoredEvent._make(row))
        return list(stories.values()), found[-1].id if found else after, more

    async def _fetch(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            found: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return found


def _sqlite(path: Path) -> AsyncEngine:
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path.absolute()))}", query={"mode": "ro", "uri": "true"})
    engine = create_async_engine(url)

    @event.listens_for(engine.sync_engine, "connect")
    def _no_transactions(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver would begin none for a SELECT, and so read each of another moment

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _postgres(url: str) -> AsyncEngine:
    return engine_of(url).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _select(table: Table, row: Any, *more: Any) -> Select[Any]:
    """The columns that the row names, in its order; `more` are those of other tables."""
    return select(*(table.c[name] for name in row._fields if name in table.c), *more)


_MESSAGES = (
    _select(messages, StoredMessage, recipients.c.id, sources.c.version)
    .outerjoin(recipients, and_(recipients.c.brand == messages.c.brand, recipients.c.id == messages.c.recipient_id))
    .outerjoin(sources, sources.c.version == messages.c.template_version)
)
_DELIVERIES = _select(deliveries, StoredDelivery, suppressions.c.since).outerjoin(
    suppressions,
    and_(
        suppressions.c.brand == deliveries.c.brand,
        suppressions.c.channel == deliveries.c.channel,
        suppressions.c.address_hash == deliveries.c.address_hash,
    ),
)
_ATTEMPTS = _select(attempts, StoredAttempt)
_EVENTS = _select(events, StoredEvent)


async def _rows(connection: AsyncConnection, query: Select[Any], table: Table, reach: tuple[str, str, str | None]) -> Sequence[Row[Any]]:
    """The rows of the messages after one id up to another one, or to the end; in the order of the table's key."""
    brand, after, until = reach
    query = query.where(table.c.brand == brand, table.c.message_id > after).order_by(*table.primary_key)
    reached = query.where(table.c.message_id <= until) if until is not None else query
    found: Sequence[Row[Any]] = (await connection.execute(reached)).all()
    return found


def _of(stories: dict[str, Story], brand: str, row: Row[Any]) -> Story:
    if row.message_id not in stories:
        stories[row.message_id] = Story(brand, row.message_id)
    return stories[row.message_id]


def _every_turn() -> Select[Any]:
    keys = (deliveries.c.brand, deliveries.c.ordering_key, deliveries.c.message_id)
    waits = and_(
        deliveries.c.attempts == 0,
        deliveries.c.state.in_(sorted(PENDING)),
        func.coalesce(deliveries.c.reason, "") != Reason.AFTER_RESTORE,
    )
    replayed = select(events.c.at).where(events.c.brand == keys[0], events.c.message_id == keys[2], events.c.type == REPLAYED).exists()
    ended = case((attempts.c.number.is_(None), None), else_=func.coalesce(attempts.c.ended_at, FOREVER))
    facts = [func.min(messages.c.created_at), func.min(attempts.c.started_at), func.max(ended), func.max(case((waits, 1), else_=0))]
    child = and_(attempts.c.brand == keys[0], attempts.c.message_id == keys[2], attempts.c.delivery == deliveries.c.number)
    return (
        select(*keys, *facts, func.max(case((replayed, 1), else_=0)))
        .join_from(deliveries, messages, and_(messages.c.brand == keys[0], messages.c.id == keys[2]))
        .outerjoin(attempts, child)
        .where(keys[1].is_not(None))
        .group_by(*keys)
        .order_by(*keys)
    )


_TURNS = _every_turn()
