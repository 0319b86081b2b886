"""SQLite as the engine: WAL, synchronous=FULL, one connection that writes and one that reads beside it."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Self, TypeVar, cast

import aiosqlite
from filelock import FileLock, Timeout
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from wasl.clock import Clock
from wasl.errors import LedgerUnavailable, StorageLow, Unusable, WaslError
from wasl.ledger.hot import Hot, Row, Values
from wasl.ledger.migrate import migrate
from wasl.ledger.writer import Writer

_T = TypeVar("_T")
_Step = Callable[[sqlite3.Connection], _T]
_PRAGMAS = (
    "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA busy_timeout=5000", "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # what a row held is overwritten when it goes
)  # fmt: skip
_FULL = 2
_LACKS = ("no such table", "no such column")
_LOOKS = 0.5  # seconds between two looks at the disk, which takes too long for each message
_LEAST_FREE = 64 * 1024 * 1024  # bytes; Postfix refuses under a like bound, so that what was accepted can still be settled


class _Thread(aiosqlite.Connection):
    """aiosqlite's connection and its thread, which a visit costs 40 µs and a statement 3: so several go in one visit."""

    async def visit(self, steps: Sequence[_Step[object]], last: _Step[_T]) -> _T:
        """Run the steps one after the other, as far as one fails; returns what the last one gave."""

        def run() -> _T:
            for step in steps:
                step(self._conn)
            return last(self._conn)

        return cast("_T", await self._execute(run))  # type: ignore[no-untyped-call]  # aiosqlite's own door to its thread


class SqliteConnection:
    """One connection in autocommit: transactions are begun and ended by hand. What needs no answer waits for the next visit."""

    def __init__(self, connection: _Thread) -> None:
        self._connection = connection
        self._waiting: list[_Step[object]] = []

    @classmethod
    async def open(cls, path: Path) -> Self:
        connection = _Thread(lambda: sqlite3.connect(path, isolation_level=None, cached_statements=256), iter_chunk_size=64)
        connection._thread.daemon = True  # so that a process whose event loop was ended does not live on
        await connection
        try:
            for pragma in _PRAGMAS:
                await connection.execute_fetchall(pragma)
        except sqlite3.Error:
            await connection.close()
            raise
        return cls(connection)

    async def fetch(self, statement: Hot, values: Values) -> list[Row]:
        row = statement.lite.row(values)
        return await self._visit(lambda db: db.execute(statement.lite.sql, row).fetchall())

    async def each(self, statement: Hot, rows: Sequence[Values]) -> list[Row]:
        told = [statement.lite.row(values) for values in rows]
        return await self._visit(lambda db: [found for row in told for found in db.execute(statement.lite.sql, row).fetchall()])

    async def lock_rows(self, statement: Hot, values: Values) -> None:
        """Nothing to do: one transaction writes at a time."""

    async def lock(self, names: Collection[str], *, shared: bool = False) -> None:
        """The same."""

    async def many(self, statement: Hot, rows: Sequence[Values]) -> int:
        return await self._visit(_executemany(statement, rows))

    def put(self, statement: Hot, rows: Sequence[Values]) -> None:
        self._waiting.append(_executemany(statement, rows))

    def begin(self) -> None:
        self._waiting = [_begin]

    async def commit(self) -> None:
        await self._visit(lambda db: db.execute("COMMIT"))

    async def rollback(self) -> None:
        self._waiting = []
        if self._connection.in_transaction:
            await self._connection.execute("ROLLBACK")

    async def pragma(self, name: str) -> Row:
        (row,) = await self._connection.execute_fetchall(f"PRAGMA {name}")
        return tuple(row)

    async def close(self) -> None:
        await self._connection.close()

    async def _visit(self, step: _Step[_T]) -> _T:
        steps, self._waiting = self._waiting, []
        try:
            return await self._connection.visit(steps, step)
        except sqlite3.Error as error:
            raise _fault(error) from error


def _begin(db: sqlite3.Connection) -> object:
    try:
        return db.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise unavailable(error) from error


def _executemany(statement: Hot, values: Sequence[Values]) -> _Step[int]:
    rows = [statement.lite.row(each) for each in values]
    return lambda db: db.executemany(statement.lite.sql, rows).rowcount


def unavailable(error: sqlite3.Error) -> WaslError:
    """What a failure of the file means for a caller: nothing was kept, and whether to come again."""
    if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
        return StorageLow("The disk is full.")
    return LedgerUnavailable(f"The database could not be used ({error.sqlite_errorname}).")


def _fault(error: sqlite3.Error) -> Exception:
    """A failure of the file as what it means for a caller; a fault of the statement or its values as it is."""
    if isinstance(error, sqlite3.OperationalError) and str(error).startswith(_LACKS):
        return Unusable(f"The database has {error}, so its schema is not what this wasl needs. Restore it from a backup.")
    # DatabaseError itself says that a page could not be read: SQLite takes the file for malformed then.
    outside = isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError
    return unavailable(error) if outside and getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR else error


class Sqlite:
    """An open SQLite ledger file; one writer serves callers and the worker."""

    exclusive = True

    def __init__(self, path: Path, writing: SqliteConnection, reading: SqliteConnection, engine: AsyncEngine) -> None:
        self.path = path
        self.writer = self.working = Writer(writing)
        self.reader = reading
        self.engine = engine
        self._writing = writing
        self._lock = FileLock(f"{path}.worker")
        self._low, self._look_again = False, 0.0

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the file, make it if it is not there, and bring its schema up to date.

        Raises:
            Unusable: it cannot be written, is no database, or is newer than this wasl.
        """
        try:
            migrate(path)
            engine, writing = _engine(path), await SqliteConnection.open(path)
            try:
                reading = await SqliteConnection.open(path)
            except sqlite3.Error:
                await writing.close()  # its thread would keep the process from ending
                raise
        except sqlite3.Error as error:
            raise Unusable(unusable(path, error)) from None
        return cls(path, writing, reading, engine)

    def clock(self, machine: Clock) -> Clock:
        return machine

    async def weakness(self) -> str | None:
        if (await self._writing.pragma("journal_mode"))[0] == "wal" and (await self._writing.pragma("synchronous"))[0] == _FULL:
            return None
        return f"The database {self.path} cannot be written durably (WAL with fsync) there; put it on a local disk."

    async def barrier(self) -> None:
        """Nothing to do: one transaction writes at a time, and reads what it goes by itself."""

    async def forget(self) -> None:
        """Move all of the write-ahead log into the file and cut it to nothing; the file itself is overwritten (secure_delete).

        Where somebody reads just now, the log goes when the next one comes.
        """
        async with self.engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def tell(self) -> None:
        """Nobody listens: the worker looks by itself."""

    async def listen(self, call: Callable[[], None]) -> None:
        """Nobody tells."""

    def take_worker_role(self) -> bool:
        """Whether this process is now the one that sends; an operating-system lock, free again when its holder dies."""
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    def free_bytes(self) -> int:
        """Free space on the disk, in bytes."""
        return shutil.disk_usage(self.path.parent).free

    def low(self) -> bool:
        """Whether new messages must be refused, so that there is room to settle those accepted."""
        now = time.monotonic()
        if now >= self._look_again:
            self._low, self._look_again = self.free_bytes() < _LEAST_FREE, now + _LOOKS
        return self._low

    async def close(self) -> None:
        """Finish what is waiting and let go of the file and the role."""
        await self.writer.close()
        await self._writing.close()
        await self.reader.close()
        await self.engine.dispose()
        self._lock.release(force=True)  # however often it was taken


def _engine(path: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=4, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    return tell_faults(engine)


def tell_faults(engine: AsyncEngine) -> AsyncEngine:
    """Let an engine raise what a failure of the file means for a caller."""

    @event.listens_for(engine.sync_engine, "handle_error")
    def _tell(context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, sqlite3.Error) and isinstance(meant := _fault(error), WaslError):
            raise meant from error

    return engine


def unusable(path: Path, error: sqlite3.Error) -> str:
    """Why a file cannot be used, and what to do."""
    primary = error.sqlite_errorcode & 0xFF  # the rest tells more closely what happened (sqlite.org/rescode.html)
    if primary == sqlite3.SQLITE_NOTADB:
        return f"{path} is not a SQLite database; name another file as `database` in wasl.toml."
    if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return f"The database {path} cannot be opened for writing; make the folder and the file writable, or name another one in wasl.toml."
    return f"The database {path} cannot be used ({error.sqlite_errorname})."
