"""The sides of "accept in batches". `python -m wasl_bench.batches wasl|json|bare|rows LOOP FOLDER`."""

import itertools
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from wasl.api import Gateway, Submission
from wasl.errors import WaslError
from wasl.ledger.migrate import migrate
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import COMMIT, bodies, configured, messages
from wasl_contracts import Message

_Commit = dict[str, list[tuple[object, ...]]]
"""Rows by statement."""


@asynccontextmanager
async def wasl(folder: Path) -> AsyncIterator[tuple[Facts, Commands]]:
    """`accept_many` of messages that the application has built."""
    waiting: list[list[Submission]] = []
    source = bodies("email")

    async def prepare(batches: int) -> Facts:
        for _ in range(batches):
            waiting.append([Submission(Message.model_validate_json(body)) for body in islice(source, COMMIT)])
        return {}

    async def work() -> Facts:
        count = 0
        while waiting:
            count += _accepted(await gateway.accept_many(waiting.pop()))
        return {"count": count}

    async with Gateway.from_config(configured(folder), worker=False) as gateway:
        yield {}, {"prepare": prepare, "work": work}


@asynccontextmanager
async def from_json(folder: Path) -> AsyncIterator[tuple[Facts, Commands]]:
    """The same from the bytes of a request: reading them as models is measured too."""
    waiting: list[list[bytes]] = []
    source = bodies("email")

    async def prepare(batches: int) -> Facts:
        waiting.extend(list(islice(source, COMMIT)) for _ in range(batches))
        return {}

    async def work() -> Facts:
        count = 0
        while waiting:
            count += _accepted(await gateway.accept_many([Submission(Message.model_validate_json(body)) for body in waiting.pop()]))
        return {"count": count}

    async with Gateway.from_config(configured(folder), worker=False) as gateway:
        yield {}, {"prepare": prepare, "work": work}


@asynccontextmanager
async def bare(folder: Path) -> AsyncIterator[tuple[Facts, Commands]]:
    """The bytes of the same messages into one table with a key."""
    waiting: list[_Commit] = []
    source = bodies("email")
    database = _durable(folder / "bare.db")
    database.execute("CREATE TABLE messages (id TEXT PRIMARY KEY, body BLOB NOT NULL)")
    identifiers = map("msg_{:032x}".format, itertools.count())

    async def prepare(batches: int) -> Facts:
        for _ in range(batches):
            waiting.append({"INSERT INTO messages VALUES (?, ?)": list(zip(islice(identifiers, COMMIT), source, strict=False))})
        return {}

    async def work() -> Facts:
        return {"count": _written(database, waiting)}

    yield {}, {"prepare": prepare, "work": work}
    database.close()


@asynccontextmanager
async def rows(folder: Path) -> AsyncIterator[tuple[Facts, Commands]]:
    """The very rows that wasl makes of the same messages, into the same three tables: what SQLite takes of wasl's time."""
    waiting: list[_Commit] = []
    source = messages("email")
    migrate(folder / "bare.db")
    database = _durable(folder / "bare.db")

    async def prepare(batches: int) -> Facts:
        for _ in range(batches):
            _accepted(await gateway.accept_many(list(map(Submission, islice(source, COMMIT)))))
            waiting.append({f"INSERT INTO {table} VALUES ({marks})": ledger.execute(f"SELECT * FROM {table}").fetchall()
                            for table, marks in tables.items()})  # fmt: skip
            for table in tables:
                ledger.execute(f"DELETE FROM {table}")
        return {}

    async def work() -> Facts:
        return {"count": _written(database, waiting)}

    async with Gateway.from_config(configured(folder), worker=False) as gateway:
        ledger = sqlite3.connect(folder / "wasl.db", isolation_level=None)
        tables = {
            table: ", ".join("?" for _ in ledger.execute(f"PRAGMA table_info({table})"))
            for table in ("recipients", "messages", "deliveries")
        }
        yield {}, {"prepare": prepare, "work": work}
        ledger.close()
    database.close()


def _durable(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database


def _written(database: sqlite3.Connection, waiting: list[_Commit]) -> int:
    count = 0
    while waiting:
        commit = waiting.pop(0)
        database.execute("BEGIN IMMEDIATE")
        for statement, values in commit.items():
            database.executemany(statement, values)
        database.execute("COMMIT")
        count += COMMIT
    return count


def _accepted(results: object) -> int:
    assert isinstance(results, list)
    if refused := [one for one in results if isinstance(one, WaslError)]:
        raise refused[0]
    return len(results)


if __name__ == "__main__":
    _, kind, loop, folder = sys.argv
    run({"wasl": wasl, "json": from_json, "bare": bare, "rows": rows}[kind](Path(folder)), loop)
