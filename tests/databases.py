"""Reading a ledger as another process would, whichever engine it is on."""

import asyncio
import atexit
import re
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Any

import asyncpg

_LATE = 60  # seconds
_READS = ("SELECT", "PRAGMA", "EXPLAIN", "WITH")


def rows(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query with `?` for its parameters finds."""
    if url.startswith("sqlite"):
        assert sql.startswith(_READS) or not _in_a_loop(), "await `changed`: whoever has SQLite's lock may need this loop to let go of it"
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=5) as connection:
            found = connection.execute(sql, values).fetchall()
        connection.close()
        return found
    numbers = count(1)
    numbered = re.sub(r"\?", lambda _: f"${next(numbers)}", sql)
    return _reader.fetched(url, numbered, values)


async def changed(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Change what is stored, with a gateway at work in this loop."""
    return await asyncio.to_thread(rows, url, sql, *values)


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Reader:
    """Keeps the connection it used last, as tests that wait ask again and again; in a thread, as the test's own loop may be running."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.new_event_loop()
        self._url = ""
        self._connection: asyncpg.Connection | None = None

    def leave(self) -> None:
        if self._connection is not None:
            self._connection.terminate()

    def fetched(self, url: str, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        asked: Future[list[tuple[Any, ...]]] = self._thread.submit(self._loop.run_until_complete, self._fetch(url, sql, values))
        return asked.result(_LATE)

    async def _fetch(self, url: str, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        if self._connection is not None and self._url == url:
            try:
                return _plain(await self._connection.fetch(sql, *values))
            except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
                pass  # the server was stopped, killed or started again since
        if self._connection is not None:
            self._connection.terminate()
        # Nothing is kept prepared: the test may change the tables between two of its questions.
        self._connection, self._url = await asyncpg.connect(url, statement_cache_size=0), url
        return _plain(await self._connection.fetch(sql, *values))


def _plain(found: list[asyncpg.Record]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in found]


_reader = _Reader()
atexit.register(_reader.leave)
