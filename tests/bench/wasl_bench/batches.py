"""The sides of "accept in batches", all in one process, one at a time. `python -m wasl_bench.batches LOOP FOLDER`."""

import itertools
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from wasl.api import Gateway, Submission
from wasl.ledger.migrate import migrate
from wasl_bench.queue import accepted
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import COMMIT, bodies, configured
from wasl_contracts import Message

_Commit = dict[str, list[tuple[object, ...]]]
"""Rows by statement."""


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
            done += len(await accepted(self._gateway, self._batches.pop()))
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
            done += len(await accepted(self._gateway, _read(self._batches.pop())))
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
        self._models = Models(gateway)
        self._ledger = durable(folder / "wasl.db")
        migrate(folder / "own_rows.db")
        self._database = durable(folder / "own_rows.db")
        self._commits: list[_Commit] = []

    async def prepare(self, count: int) -> Facts:
        for _ in range(count):
            await self._models.prepare(1)
            await self._models.work()
            self._commits.append(dict(map(self._moved_out, ("recipients", "messages", "deliveries"))))
        return {}

    async def work(self) -> Facts:
        return {"count": written(self._database, self._commits)}

    def _moved_out(self, table: str) -> tuple[str, list[tuple[object, ...]]]:
        rows = self._ledger.execute(f"SELECT * FROM {table}").fetchall()
        self._ledger.execute(f"DELETE FROM {table}")
        return f"INSERT INTO {table} VALUES ({', '.join('?' for _ in rows[0])})", rows


def durable(path: Path) -> sqlite3.Connection:
    """A connection that commits as wasl does."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database


def written(database: sqlite3.Connection, commits: list[_Commit]) -> int:
    """Write them all, each in a transaction; returns how many messages that was."""
    count = 0
    while commits:
        database.execute("BEGIN IMMEDIATE")
        for statement, rows in commits.pop(0).items():
            database.executemany(statement, rows)
        database.execute("COMMIT")
        count += COMMIT
    return count


def _read(batch: Iterable[bytes]) -> list[Submission]:
    return [Submission(Message.model_validate_json(body)) for body in batch]


@asynccontextmanager
async def sides(folder: Path) -> AsyncIterator[tuple[Facts, Commands]]:
    own = folder / "own"
    own.mkdir()
    async with (
        Gateway.from_config(configured(folder), worker=False) as gateway,
        Gateway.from_config(configured(own), worker=False) as another,
    ):
        found = {"wasl": Models(gateway), "json": Json(gateway), "one_table": OneTable(folder), "own_rows": OwnRows(another, own)}
        yield {}, {f"{do} {name}": getattr(side, do) for name, side in found.items() for do in ("prepare", "work")}


if __name__ == "__main__":
    _, loop, folder = sys.argv
    run(sides(Path(folder)), loop)
