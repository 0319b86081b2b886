"""The two sides of "accept in batches". `python -m wasl_bench.batches wasl|json|bare LOOP FOLDER`."""

import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from wasl.api import Gateway, Submission
from wasl.errors import WaslError
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import COMMIT, bodies, configured
from wasl_contracts import Message


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
    """The bytes of the same messages into one table, without a key to look anything up by."""
    waiting: list[list[tuple[bytes]]] = []
    source = bodies("email")
    database = sqlite3.connect(folder / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE messages (body BLOB NOT NULL)")

    async def prepare(batches: int) -> Facts:
        waiting.extend([(body,) for body in islice(source, COMMIT)] for _ in range(batches))
        return {}

    async def work() -> Facts:
        count = 0
        while waiting:
            rows = waiting.pop()
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO messages VALUES (?)", rows)
            database.execute("COMMIT")
            count += len(rows)
        return {"count": count}

    yield {}, {"prepare": prepare, "work": work}
    database.close()


def _accepted(results: object) -> int:
    assert isinstance(results, list)
    if refused := [one for one in results if isinstance(one, WaslError)]:
        raise refused[0]
    return len(results)


if __name__ == "__main__":
    _, kind, loop, folder = sys.argv
    run({"wasl": wasl, "json": from_json, "bare": bare}[kind](Path(folder)), loop)
