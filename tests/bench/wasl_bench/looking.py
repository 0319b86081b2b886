"""The rows of a ledger as any application sees them that can open the database."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

Run = Callable[[str], Awaitable[int]]
"""Runs SQL; returns the number that it finds, 0 where it finds none."""


@asynccontextmanager
async def looking(database: str) -> AsyncIterator[Run]:
    """Open the database beside wasl."""
    async with _postgres(database) if database.startswith("postgresql") else _sqlite(database) as run:
        yield run


@asynccontextmanager
async def _sqlite(database: str) -> AsyncIterator[Run]:
    connection = sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA cache_size=-400000")  # 400 MB: copying a million rows would take minutes more with the usual 2

    async def run(sql: str) -> int:
        found = connection.execute(sql).fetchone()
        return int(found[0]) if found else 0

    yield run
    connection.close()


@asynccontextmanager
async def _postgres(database: str) -> AsyncIterator[Run]:
    connection = await asyncpg.connect(database)

    async def run(sql: str) -> int:
        return int(await connection.fetchval(sql) or 0)

    yield run
    await connection.close()
