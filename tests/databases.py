"""Reading a ledger as another process would, whichever engine it is on."""

import asyncio
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import asyncpg


def rows(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query with `?` for its parameters finds."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=5) as connection:
            found = connection.execute(sql, values).fetchall()
        connection.close()
        return found
    numbers = count(1)
    numbered = re.sub(r"\?", lambda _: f"${next(numbers)}", sql)
    with ThreadPoolExecutor(1) as thread:  # the test's own loop may be running
        return thread.submit(asyncio.run, _fetched(url, numbered, values)).result()


async def _fetched(url: str, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()
