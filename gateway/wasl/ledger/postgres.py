"""PostgreSQL as the engine, for any number of processes and machines: asyncpg, a connection for each writer, one that listens."""

import asyncio
from collections.abc import Callable
from typing import Self

import asyncpg
import structlog
from sqlalchemy import event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from wasl.clock import AnchoredClock, Clock, SystemClock
from wasl.errors import LedgerUnavailable, WaslError
from wasl.ledger.migrate import migrate_postgres
from wasl.ledger.postgres_connection import Connect, Lone, PostgresConnection, connecting
from wasl.ledger.postgres_faults import OUTAGES, cause, translated
from wasl.ledger.writer import Writer
from wasl.ledger.youth import Youth

_log = structlog.get_logger("wasl.ledger")
_CHANNEL = "wasl_due"
_ANCHOR = 10.0  # seconds between two looks at the database's clock
_TELL = 0.02  # seconds that news wait for more: NOTIFY holds up the commits of others
_BARRIER = "500ms"  # for which transactions that begin wait for those that end
_AWAY = 1.0  # seconds between two tries to listen again
_DURABLE = {"fsync": {"on"}, "full_page_writes": {"on"}, "synchronous_commit": {"on", "local", "remote_write", "remote_apply"}}


def engine_of(url: str) -> AsyncEngine:
    """SQLAlchemy's own connections, for what is not hot. They raise LedgerUnavailable while the database is away."""
    connect = connecting(url)

    async def opened() -> "asyncpg.Connection[asyncpg.Record]":
        try:
            return await connect()
        except OUTAGES as error:
            raise translated(error) from error

    engine = create_async_engine("postgresql+asyncpg://", async_creator=opened, pool_size=4, pool_pre_ping=True, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "handle_error")
    def _tell(context: ExceptionContext) -> None:
        error = context.original_exception.__cause__  # asyncpg's own, which the dialect wraps
        if isinstance(error, Exception) and isinstance(meant := translated(error), WaslError):
            raise meant from error

    return engine


class Postgres:
    """An open PostgreSQL database. Every connection opens again by itself after the database was away."""

    exclusive = False

    def __init__(self, connect: Connect, engine: AsyncEngine) -> None:
        self.reader = Lone(connect)
        self.engine = engine
        self._connections = [PostgresConnection(connect, self._grew), PostgresConnection(connect, self._grew)]
        self.writer, self.working = map(Writer, self._connections)
        self._ear, self._looking = Lone(connect), Lone(connect)
        self._youth = Youth(self._looking.value, self._looking.run)
        self._clock = AnchoredClock(SystemClock().now())
        self._tasks: set[asyncio.Task[None]] = set()
        self._telling = False

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect, and bring the schema up to date.

        Raises:
            Unusable: it cannot be reached or used, or is newer than this wasl.
        """
        store = cls(connecting(url), engine_of(url))
        try:
            await migrate_postgres(store.engine)
            await store._anchor()
        except (*OUTAGES, asyncpg.PostgresError) as error:
            await store.close()
            raise cause(error).unusable(url) from None
        except BaseException:
            await store.close()
            raise
        return store

    def clock(self, machine: Clock) -> Clock:
        """The database's clock; a clock of tests stays as it is."""
        return self._clock if isinstance(machine, SystemClock) else machine

    async def weakness(self) -> str | None:
        for setting, good in _DURABLE.items():
            found = str(await self.reader.value(f"SHOW {setting}"))
            if found not in good:
                return f"PostgreSQL has {setting} = {found}, so what was accepted may be lost in a power cut; set it to on."
        return None

    def low(self) -> bool:
        """PostgreSQL itself refuses what its disk has no room for."""
        return False

    def take_worker_role(self) -> bool:
        """Any number of processes may send."""
        return True

    async def barrier(self) -> None:
        """Every transaction begins with a row of `commits`; so this costs only those who ask, and holds up the others for moments."""
        while True:
            try:
                async with self.engine.begin() as connection:
                    await connection.execute(text(f"SET LOCAL lock_timeout = '{_BARRIER}'"))
                    await connection.execute(text("LOCK TABLE commits IN SHARE MODE"))
                return
            except DBAPIError as error:
                if error.orig is None or not isinstance(error.orig.__cause__, asyncpg.LockNotAvailableError):
                    raise
            await asyncio.sleep(_AWAY)  # one that stands still in the middle is ended by the database after 15 seconds

    async def forget(self) -> None:
        """Nothing to do: autovacuum reuses the space of old rows in its own time."""

    def tell(self) -> None:
        if not self._telling:
            self._telling = True
            self._spawn(self._tell())

    async def listen(self, call: Callable[[], None]) -> None:
        self._spawn(self._attend(call))

    async def close(self) -> None:
        """Finish what is waiting and let go of the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.writer.close()
        await self.working.close()
        for connection in self._connections:
            await connection.close()
        for lone in (self.reader, self._ear, self._looking):
            await lone.close()
        await self.engine.dispose()

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _grew(self) -> None:
        if self._youth.grew():
            self._spawn(self._look())

    async def _look(self) -> None:
        try:
            await self._youth.look()
        except LedgerUnavailable:
            _log.debug("ledger.not_analyzed")  # autovacuum does it within a minute

    async def _tell(self) -> None:
        await asyncio.sleep(_TELL)
        self._telling = False
        try:
            await self._ear.run(f"NOTIFY {_CHANNEL}")
        except LedgerUnavailable:
            _log.debug("ledger.not_told")  # the others look by themselves every second

    async def _attend(self, call: Callable[[], None]) -> None:
        """Listen, and look at the database's clock, as long as this runs."""
        while True:
            try:
                await self._ear.hear(_CHANNEL, call)
                await self._anchor()
                await asyncio.sleep(_ANCHOR)
            except LedgerUnavailable:
                await asyncio.sleep(_AWAY)

    async def _anchor(self) -> None:
        self._clock.anchor(await self._ear.value("SELECT clock_timestamp()"))
