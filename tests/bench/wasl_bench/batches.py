"""The sides of "accept in batches", all in one process, one at a time. `python -m wasl_bench.batches LOOP FOLDER`."""

import itertools
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from wasl.api import Gateway, Submission
from wasl.errors import WaslError
from wasl.ledger.migrate import migrate
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import COMMIT, bodies, configured
from wasl_contracts import Message

_Commit = dict[str, list[tuple[object, ...]]]
"""Rows by statement."""
_TABLES = ("recipients", "messages", "deliveries")


class Models:
    """`accept_many` of messages that the application has built."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._source = bodies("email")
        self._batches: list[Sequence[Submission]] = []

    async def prepare(self, count: int) -> Facts:
        self._batches += [_read(islice(self._source, COMMIT)) for _ in range(count)]
        return {}

    async def work(self) -> Facts:
        done = 0
        while self._batches:
            done += await accepted(self._gateway, self._batches.pop())
        return {"count": done}


class Json:
    """The same from the bytes of a request: reading them as models is measured too."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._source = bodies("email")
        self._batches: list[Sequence[bytes]] = []

    async def prepare(self, count: int) -> Facts:
        self._batches += [list(islice(self._source, COMMIT)) for _ in range(count)]
        return {}

    async def work(self) -> Facts:
        done = 0
        while self._batches:
            done += await accepted(self._gateway, _read(self._batches.pop()))
        return {"count": done}


class OneTable:
    """The bytes of the same messages into one table with a key."""

    def __init__(self, folder: Path) -> None:
        self._database = durable(folder / "one_table.db")
        self._database.execute("CREATE TABLE messages (id TEXT PRIMARY KEY, body BLOB NOT NULL)")
        self._rows = zip(map("msg_{:032x}".format, itertools.count()), bodies("email"), strict=False)
        self._commits: list[_Commit] = []

    async def prepare(self, count: int) -> Facts:
        self._commits += [{"INSERT INTO messages VALUES (?, ?)": list(islice(self._rows, COMMIT))} for _ in range(count)]
        return {}

    async def work(self) -> Facts:
        return {"count": written(self._database, self._commits)}


class OwnRows:
    """The very rows that wasl makes of the same messages, into the same three tables: what SQLite takes of wasl's time."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self._gateway = gateway
        self._source = bodies("email")
        self._ledger = durable(folder / "wasl.db")
        migrate(folder / "own_rows.db")
        self._database = durable(folder / "own_rows.db")
        self._commits: list[_Commit] = []

    async def prepare(self, count: int) -> Facts:
        for _ in range(count):
            last = [self._ledger.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _TABLES]
            await accepted(self._gateway, _read(islice(self._source, COMMIT)))
            self._commits.append(dict(map(self._since, _TABLES, last)))
        return {}

    def _since(self, table: str, last: int) -> tuple[str, list[tuple[object, ...]]]:
        key = "updated_at" if table == "recipients" else "rowid"
        rows = self._ledger.execute(f"SELECT * FROM {table} ORDER BY {key} LIMIT -1 OFFSET {last}").fetchall()
        return f"INSERT INTO {table} VALUES ({', '.join('?' for _ in rows[0])})", rows

    async def work(self) -> Facts:
        return {"count": written(self._database, self._commits)}
