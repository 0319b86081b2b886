"""Connections to PostgreSQL: they open when they are needed, open again after an outage, and find out what became of a lost COMMIT."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import groupby
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg

from wasl.errors import LedgerUnavailable, Unusable
from wasl.ledger.hot import Hot, Row, Values, as_json, together
from wasl.ledger.postgres_faults import OUTAGES, Foreign, WithoutTls, translated

_T = TypeVar("_T")
Connect = Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]
_HOLD = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key"
_SHARE = "SELECT pg_advisory_xact_lock_shared(key) FROM unnest($1::bigint[]) AS key"
# The number of a transaction would not do: after a crash PostgreSQL gives it again, to another one. Waits for the transaction, if it
# is not over yet.
_NEWEST = (
    "INSERT INTO commits AS c (connection, number, at) VALUES ('{}', {}, extract(epoch FROM clock_timestamp()) * 1000000)"
    " ON CONFLICT (connection) DO UPDATE SET number = CASE WHEN excluded.number < 0 THEN c.number ELSE excluded.number END,"
    " at = excluded.at RETURNING number"
)
_ASK = -1  # as the number: only tell the newest
_FORGET = "DELETE FROM commits WHERE connection = $1 OR at < extract(epoch FROM clock_timestamp() - interval '1 day') * 1000000"
_DEMANDS_TLS = re.compile(r"[?&]sslmode=(require|verify)")
_TIMEOUT = 30.0  # seconds for one statement
_CONNECTING = 10.0  # seconds
_RESOLVING = 20.0  # seconds to find out whether a COMMIT went through whose answer was lost
_SETTINGS = {
    "application_name": "wasl",
    "timezone": "UTC",
    "jit": "off",
    # The tables grow from nothing to millions within minutes: a plan made while they were small must be good then too.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
    "enable_material": "off",
    # What costs is rows that are read, whatever the planner believes of tables that it has not looked at yet.
    "random_page_cost": "1",
    "cpu_tuple_cost": "1",
    "cpu_index_tuple_cost": "1",
    "plan_cache_mode": "force_generic_plan",
    # A generic plan takes a LIMIT for a tenth of the table, and starting two processes for 50 rows takes 15 ms.
    "max_parallel_workers_per_gather": "0",
    # A process that is stopped in the middle of a transaction must not hold its locks for ever.
    "idle_in_transaction_session_timeout": "15s",
}


def connecting(url: str) -> Connect:
    """A way to connect to `postgresql://user:password@host:port/name`.

    Raises:
        Unusable: the URL cannot be read.
    """
    dsn = url.replace("+asyncpg", "", 1)

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        try:
            return await asyncpg.connect(
                dsn, timeout=_CONNECTING, command_timeout=_TIMEOUT, statement_cache_size=256, server_settings=_SETTINGS
            )
        except (ValueError, asyncpg.ClientConfigurationError):
            raise Unusable(
                "The PostgreSQL URL in `database` of wasl.toml cannot be read; write postgresql://user:password@host:port/name, "
                "with %2F for a / in a password. sslmode=verify-full needs sslrootcert."
            ) from None
        except ConnectionError as error:
            raise _told_apart(error, dsn) from error

    return connect


def _told_apart(error: ConnectionError, dsn: str) -> ConnectionError:
    """asyncpg has one error for a server without TLS and for what is no PostgreSQL; where TLS is not demanded it is the second."""
    if "rejected SSL upgrade" in str(error):
        return WithoutTls() if _DEMANDS_TLS.search(dsn) else Foreign()
    return Foreign() if "unexpected connection_lost()" in str(error) else error


class _Link:
    """A connection that opens when it is needed."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._db: asyncpg.Connection[asyncpg.Record] | None = None

    async def opened(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._db is None or self._db.is_closed():
            self._db = await self._connect()
        return self._db

    @property
    def broken(self) -> bool:
        return self._db is None or self._db.is_closed()

    async def close(self) -> None:
        db, self._db = self._db, None
        if db is not None and not db.is_closed():
            try:
                await db.close(timeout=0.5)
            except OUTAGES:
                db.terminate()


class Lone:
    """A connection in autocommit that several tasks share, one statement after the other."""

    def __init__(self, connect: Connect) -> None:
        self._link = _Link(connect)
        self._turn = asyncio.Lock()
        self._heard: object = None

    async def fetch(self, statement: Hot, values: Values) -> list[Row]:
        found = await self._do(lambda db: db.fetch(statement.single.sql, *statement.single.row(values)))
        return [tuple(row) for row in found]

    async def value(self, sql: str) -> Any:
        """The one value that a statement gives."""
        return await self._do(lambda db: db.fetchval(sql))

    async def run(self, sql: str) -> None:
        """Run a statement without an answer."""
        await self._do(lambda db: db.execute(sql))

    async def hear(self, channel: str, call: Callable[[], None]) -> None:
        """Call this when another connection notifies the channel; to be asked again, for a connection that was lost hears nothing."""
        await self._do(lambda db: self._hear(db, channel, call))

    async def close(self) -> None:
        await self._link.close()

    async def _hear(self, db: "asyncpg.Connection[asyncpg.Record]", channel: str, call: Callable[[], None]) -> None:
        if self._heard is not db:
            own = db.get_server_pid()
            await db.add_listener(channel, lambda _db, pid, _channel, _payload: call() if pid != own else None)
            self._heard = db

    async def _do(self, work: "Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[_T]]") -> _T:
        async with self._turn:
            try:
                return await work(await self._link.opened())
            except Exception as error:
                raise translated(error) from error


class PostgresConnection:
    """A connection for transactions. What needs no answer goes together with the next statement that does, or the commit.

    `committed` is called after each.
    """

    def __init__(self, connect: Connect, committed: Callable[[], None] = lambda: None) -> None:
        self._connect = connect
        self._committed = committed
        self._link = _Link(connect)
        self._name, self._number = uuid4().hex, 0
        self._waiting: list[tuple[Hot, Sequence[Values]]] = []
        self._begun = False

    def begin(self) -> None:
        self._waiting, self._begun = [], False

    async def fetch(self, statement: Hot, values: Values) -> list[Row]:
        form = statement.single
        return [tuple(row) for row in await self._do(lambda db: db.fetch(form.sql, *form.row(values)))]

    async def each(self, statement: Hot, rows: Sequence[Values]) -> list[Row]:
        form = statement.batch
        return [tuple(row) for row in await self._do(lambda db: db.fetch(form.sql, as_json(rows)))]

    async def many(self, statement: Hot, rows: Sequence[Values]) -> int:
        form = statement.batch
        status = await self._do(lambda db: db.execute(form.sql, as_json(rows)))
        return int(status.rpartition(" ")[2])

    def put(self, statement: Hot, rows: Sequence[Values]) -> None:
        self._waiting.append((statement, rows))

    async def lock_rows(self, statement: Hot, values: Values) -> None:
        await self.fetch(statement, values)

    async def lock(self, names: Collection[str], *, shared: bool = False) -> None:
        if not names:
            return
        keys = sorted({int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True) for name in names})
        await self._do(lambda db: db.fetch(_SHARE if shared else _HOLD, keys))

    async def commit(self) -> None:
        """Raises LedgerUnavailable where nothing was kept, or where that could not be found out within 20 seconds."""
        await self._do(_nothing)
        try:
            await (await self._link.opened()).execute("COMMIT")
        except OUTAGES as error:
            await self._link.close()  # where its answer is only late, nobody waits for it any more
            if not await self._went_through():
                raise translated(error) from error
        except Exception as error:
            raise translated(error) from error
        self._committed()

    async def rollback(self) -> None:
        self._waiting = []
        if self._begun and not self._link.broken:
            try:
                await (await self._link.opened()).execute("ROLLBACK")
            except OUTAGES:
                await self._link.close()  # PostgreSQL undoes what a lost connection had begun
        self._begun = False

    async def close(self) -> None:
        if not self._link.broken:
            try:
                await (await self._link.opened()).execute(_FORGET, self._name)
            except OUTAGES:
                pass  # it is forgotten with the next one that closes a day later
        await self._link.close()

    async def _do(self, work: "Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[_T]]") -> _T:
        try:
            if self._begun and self._link.broken:
                raise LedgerUnavailable("The connection to the database was lost.")
            db = await self._link.opened()
            if not self._begun:
                self._begun, self._number = True, self._number + 1
                await db.execute(f"BEGIN; {_newest(self._name, self._number)}")
            await self._write(db)
            return await work(db)
        except Exception as error:
            raise translated(error) from error

    async def _write(self, db: "asyncpg.Connection[asyncpg.Record]") -> None:
        """What was put: inserts together, others each by itself."""
        waiting, self._waiting = self._waiting, []
        for inserts, group in groupby(waiting, lambda one: one[0].inserts):
            for going in [list(group)] if inserts else [[one] for one in group]:
                await db.execute(together(tuple(statement for statement, _ in going)), *(as_json(rows) for _, rows in going))

    async def _went_through(self) -> bool:
        """Whether the transaction is committed whose COMMIT had no answer: the database knows, when it is back."""
        try:
            async with asyncio.timeout(_RESOLVING):
                while True:
                    try:
                        return bool(await (await self._link.opened()).fetchval(_newest(self._name, _ASK)) == self._number)
                    except OUTAGES:
                        await self._link.close()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return False


def _newest(connection: str, number: int) -> str:
    """Both are ours, and need no quotes: as parameters they would need a message of their own, beside that of BEGIN."""
    return _NEWEST.format(connection, number)


async def _nothing(_db: "asyncpg.Connection[asyncpg.Record]") -> None:
    return None
