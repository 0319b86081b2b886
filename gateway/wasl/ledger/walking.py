"""Reading a whole ledger in pages, each of one moment, for those who check it. It only reads, also beside running servers."""

from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Row, Select, Table, and_, bindparam, case, event, func, literal_column, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from wasl.clock import moment
from wasl.ledger.postgres import engine_of
from wasl.ledger.sqlite import tell_faults
from wasl.ledger.stories import (
    About,
    Fact,
    StoredAttempt,
    StoredCallback,
    StoredConsent,
    StoredDelivery,
    StoredEvent,
    StoredMessage,
    StoredSuppression,
    StoredUse,
    Story,
    Turn,
)
from wasl.ledger.streams import ABOUTS, FACTS, TURNS, USES
from wasl.ledger.suppressions import ALL_BRANDS
from wasl.ledger.tables import attempts, callbacks, consents, deliveries, events, messages, recipients, sources, suppression_changes
from wasl.ledger.wholeness import require_whole
from wasl.states import LIVE
from wasl_contracts import Reason

PAGE = 500
"""Messages read in one go."""


class Walk:
    """A walk over one ledger: a SQLite file that is there, or the URL of a PostgreSQL database. Close it."""

    def __init__(self, database: Path | str) -> None:
        self._engine = read_only(database)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._engine.dispose()

    async def require_whole(self) -> None:
        """Make sure that every table is there and may be read; raises Unusable."""
        await require_whole(self._engine, reading=True)

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
        async for row in self._stream(TURNS):
            yield Turn._make(row)

    async def abouts(self) -> AsyncIterator[About]:
        """Every message that is about something and was not replaced; those to a recipient about one thing as they were accepted."""
        async for row in self._stream(ABOUTS):
            yield About._make(row)

    async def facts(self) -> AsyncIterator[Fact]:
        """Every message that told a fact, or may have; those to a recipient with one fact as they were accepted."""
        async for row in self._stream(FACTS):
            yield Fact._make(row)

    async def uses(self) -> AsyncIterator[StoredUse]:
        """Every attempt that frequency caps count; those to a recipient by their times."""
        async for row in self._stream(USES):
            yield StoredUse._make(row)

    async def configs(self) -> dict[str, str]:
        """The configurations that judged, as JSON, by their versions."""
        query = select(sources.c.version, sources.c.text).where(sources.c.kind == "config")
        return {row.version: row.text for row in await self._fetch(query)}

    async def unmatched(self) -> list[tuple[str, str, int]]:
        """How many callbacks did nothing yet, by provider and state."""
        query: Select[Any] = select(callbacks.c.provider, callbacks.c.state, func.count().label("kept")).where(_UNSETTLED)
        grouped = query.group_by(callbacks.c.provider, callbacks.c.state).order_by(callbacks.c.provider, callbacks.c.state)
        return [(row.provider, row.state, row.kept) for row in await self._fetch(grouped)]

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
            listed = await _rows(connection, _SUPPRESSIONS.params(brand=brand), deliveries, reach)
            tried = await _rows(connection, _ATTEMPTS, attempts, reach)
            happened = await _rows(connection, _EVENTS, events, reach)
            reported = await _rows(connection, _CALLBACKS, callbacks, reach)
            said = await _said(connection, brand, {row.recipient for row in found if row.recipient is not None})
        stories = {row.id: Story(brand, row.id, row, consents=said.get(row.recipient or "", ())) for row in found}
        for row in sent:
            _of(stories, brand, row).deliveries.append(StoredDelivery._make(row))
        for row in tried:
            _of(stories, brand, row).attempts[row.delivery].append(StoredAttempt._make(row))
        for row in happened:
            _of(stories, brand, row).events[row.delivery].append(StoredEvent._make(row))
        for row in reported:
            _of(stories, brand, row).callbacks[row.delivery].append(StoredCallback._make(row))
        for row in sorted(listed, key=lambda row: row.at):
            _of(stories, brand, row).suppressions[row.number].append(StoredSuppression._make(row))
        return list(stories.values()), found[-1].id if found else after, more

    async def _stream(self, query: Select[Any]) -> AsyncIterator[Row[Any]]:
        async with self._engine.connect() as connection, connection.stream(query.execution_options(yield_per=PAGE)) as rows:
            async for row in rows:
                yield row

    async def _fetch(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            found: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return found


def read_only(database: Path | str) -> AsyncEngine:
    """A SQLite file that is there, or a PostgreSQL database by its URL, for reading: each transaction sees one moment."""
    return _sqlite(database) if isinstance(database, Path) else _postgres(database)


def _sqlite(path: Path) -> AsyncEngine:
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path.absolute()))}", query={"mode": "ro", "uri": "true"})
    engine = create_async_engine(url, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _no_transactions(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver would begin none for a SELECT, and so read each of another moment

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return tell_faults(engine)


def _postgres(url: str) -> AsyncEngine:
    return engine_of(url).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _select(table: Table, row: Any, *more: Any) -> Select[Any]:
    """The columns that the row names, in its order; `more` are those of other tables."""
    return select(*(table.c[name] for name in row._fields if name in table.c), *more)


_newer = messages.alias("newer")
_MESSAGES = (
    _select(messages, StoredMessage, recipients.c.id, sources.c.version, _newer.c.created_at, recipients.c.erased_at)
    .outerjoin(recipients, and_(recipients.c.brand == messages.c.brand, recipients.c.id == messages.c.recipient_id))
    .outerjoin(sources, sources.c.version == messages.c.template_version)
    .outerjoin(_newer, and_(_newer.c.brand == messages.c.brand, _newer.c.id == messages.c.superseded_by))
)
_DELIVERIES = _select(deliveries, StoredDelivery)
_SUPPRESSIONS = select(
    deliveries.c.message_id, deliveries.c.number, suppression_changes.c.brand, suppression_changes.c.scope, suppression_changes.c.reason,
    suppression_changes.c.change, suppression_changes.c.at, suppression_changes.c.expires_at,
).join_from(
    deliveries,
    suppression_changes,
    and_(
        suppression_changes.c.brand.in_([bindparam("brand"), ALL_BRANDS]),
        suppression_changes.c.channel == deliveries.c.channel,
        suppression_changes.c.address_hash == deliveries.c.address_hash,
    ),
)  # fmt: skip
_ATTEMPTS = _select(attempts, StoredAttempt)
_EVENTS = _select(events, StoredEvent)
_UNSETTLED = callbacks.c.state != literal_column("'settled'")  # as the index says it
_CALLBACKS = _select(callbacks, StoredCallback).where(callbacks.c.state == "settled")
_CONSENTS = _select(consents, StoredConsent).order_by(consents.c.id)


async def _rows(connection: AsyncConnection, query: Select[Any], table: Table, reach: tuple[str, str, str | None]) -> Sequence[Row[Any]]:
    """The rows of the messages after one id up to another one, or to the end; in the order of the table's key."""
    brand, after, until = reach
    query = query.where(table.c.brand == brand, table.c.message_id > after).order_by(*table.primary_key)
    reached = query.where(table.c.message_id <= until) if until is not None else query
    found: Sequence[Row[Any]] = (await connection.execute(reached)).all()
    return found


async def _said(connection: AsyncConnection, brand: str, people: Collection[str]) -> dict[str, list[StoredConsent]]:
    """The consent ledgers of these recipients, without what is pending."""
    query = _CONSENTS.where(consents.c.brand == brand, consents.c.recipient_id.in_(people), consents.c.state != "pending")
    found: dict[str, list[StoredConsent]] = {}
    for recipient_id, row_id, at, *rest in (await connection.execute(query)).all() if people else ():
        found.setdefault(recipient_id, []).append(StoredConsent(recipient_id, row_id, moment(at), *rest))
    return found


def _of(stories: dict[str, Story], brand: str, row: Row[Any]) -> Story:
    if row.message_id not in stories:
        stories[row.message_id] = Story(brand, row.message_id)
    return stories[row.message_id]
