import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from wasl.dev.place import Place, free_port, made
from wasl.dev.running import Development, Talk
from wasl.dev.workshop import Workshop


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` finds, as soon as it finds something."""
    async with asyncio.timeout(30):
        while (found := await look()) is None:  # noqa: ASYNC110 - a gateway tells what it does by its answers alone
            await asyncio.sleep(0.01)
    return found


class Dev:
    """A `wasl dev` in this process: what it said, and a client for it."""

    def __init__(self, folder: Path, named: Path | None = None, host: str = "127.0.0.1") -> None:
        self.workshop = Workshop(Place(made(folder / ".wasl"), host, free_port(host, 0)), named, environ={})
        self.lines: list[str] = []
        self.end = asyncio.Event()

    async def start(self, *, seeded: bool = False, shown: bool = False) -> "Dev":
        self.task = asyncio.create_task(
            Development(self.workshop, Talk(self.lines.append, self.lines.append), self._ended).run(seeded=seeded, shown=shown)
        )
        await self.says("Ctrl-C")
        self.http = aiohttp.ClientSession(self.workshop.place.url, headers={"Authorization": f"Bearer {self.told('API key')}"})
        return self

    async def close(self) -> None:
        self.end.set()
        with suppress(AttributeError):
            await self.http.close()
        await self.task

    def told(self, name: str) -> str:
        """What stands behind a name, as it was said last."""
        return next(line.split(None, name.count(" ") + 1)[-1] for line in reversed(self.lines) if line.startswith(name))

    async def says(self, words: str) -> str:
        """The line that says it, when it does."""

        async def look() -> str | None:
            if self.task.done():
                self.task.result()
            return next((line for line in self.lines if re.search(words, line)), None)

        return await eventually(look)

    async def json(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        async with self.http.request(method, path, json=body) as response:
            told = await response.json()
        assert response.status == status, told
        return told

    async def inbox(self, count: int, query: str = "") -> Any:
        """What was captured, when there are so many."""

        async def look() -> Any:
            found = (await self.json("GET", f"/console/inbox.json{query}"))["data"]
            return found if len(found) == count else None

        return await eventually(look)

    async def message(self, message_id: str, *states: str) -> Any:
        """A message, when it is in one of these states."""

        async def look() -> Any:
            found = await self.json("GET", f"/v1/messages/{message_id}")
            return found if found["state"] in states else None

        return await eventually(look)

    async def _ended(self) -> None:
        await self.end.wait()


@pytest.fixture
def short_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A made-up day of 12 messages."""
    monkeypatch.setattr("wasl.dev.day._COUNT", 12)


@pytest.fixture
async def dev(folder: Path, here: Path, brisk: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Dev]:
    """One that is not started, in a folder without a configuration, on a ledger that is there already."""
    monkeypatch.setattr("wasl.dev.workshop._EVERY", 0.01)
    (here / ".wasl").mkdir()
    for name in ("wasl.db", "wasl.db.keys"):
        (folder / name).rename(here / ".wasl" / name.replace("wasl.db", "dev.db"))
    made_one = Dev(here)
    yield made_one
    await made_one.close()
