"""The providers' other end: takes, refuses, is slow, or takes and lets nobody know. What it took is written before it answers."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from tests.e2e.sinks import found

_WEIGHTS = {"take": 77, "take slowly": 13, "take and hang up": 3, "busy": 5, "refuse": 2}
_SLOW = 0.25  # seconds at most; the providers of the torture wait for one
_ANSWERS = {
    "receipt": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "unavailable": b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
    "rejected": b"HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n",
}
_OUTCOMES = {"busy": "unavailable", "refuse": "rejected", "take and hang up": "unknown"}
_REFUSALS = ("busy", "refuse")


class Sink:
    """Records each request as a line of NDJSON, as `wasl verify --sink` reads them; a repeated key is answered and not taken again."""

    def __init__(self, record: Path, chance: Random) -> None:
        self.record = record
        self.taken: Counter[str] = Counter()
        """How often each delivery was taken; by a keyed provider that can only be once."""
        self.port = 0
        self._file = record.open("w")
        self._chance = chance
        self._keys: set[str] = set()
        self._called = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, request by request."""
        while head := await _head(reader):
            body = json.loads(await reader.readexactly(int(found(rb"(?i)content-length: (\d+)", head))))
            keyed = b"/torture-keyed" in head.partition(b"\r\n")[0]
            doing = self._doing(body["delivery_id"], keyed)
            outcome = _OUTCOMES.get(doing, "receipt")
            self._called.set()
            self._write({**body, "keyed": keyed, "outcome": outcome, "at": time.time()})
            if doing == "take slowly":
                await asyncio.sleep(self._chance.uniform(0.01, _SLOW))
            if doing == "take and hang up":
                return
            writer.write(_ANSWERS[outcome])

    async def called(self, within: float) -> None:
        """Returns when the next call arrives, or after so many seconds."""
        self._called.clear()
        try:
            async with asyncio.timeout(within):
                await self._called.wait()
        except TimeoutError:
            pass  # nothing is sent just now

    def close(self) -> None:
        """Everything is in the file."""
        self._file.close()

    def _doing(self, delivery: str, keyed: bool) -> str:
        if keyed and delivery in self._keys:
            return "take"  # again, and so not again
        doing = self._chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        if doing not in _REFUSALS:
            self.taken[delivery] += 1
            if keyed:
                self._keys.add(delivery)
        return doing

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


@asynccontextmanager
async def listening(record: Path, chance: Random) -> AsyncIterator[Sink]:
    """A sink on a loopback port."""
    sink = Sink(record, chance)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await sink.talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the sender was killed, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()  # connections that are open end with their senders
        sink.close()
