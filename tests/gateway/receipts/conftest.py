import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.databases import rows
from tests.gateway.receipts.teller import event, signed, specs
from tests.gateway.scripted import message
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.registry import Specs
from wasl.server.app import listening


class Hooked:
    """A gateway that sends, behind its HTTP face; providers may call it."""

    def __init__(self, gateway: Gateway, url: str, http: aiohttp.ClientSession) -> None:
        self.gateway, self.url, self.http = gateway, url, http

    async def sent(self, **fields: Any) -> MessageSeen:
        """A message that the provider took."""
        given = {"channels": ["email"], **fields}
        accepted = await self.gateway.accept(message(**given))
        return await self.gateway.wait(accepted.id, timeout=20)

    async def call(self, told: object, provider: str = "mail", **how: Any) -> aiohttp.ClientResponse:
        """What the provider tells; with its proof, unless other headers are given."""
        body = told if isinstance(told, bytes | BytesIO) else json.dumps(told).encode()
        headers = how.pop("headers", None)
        if headers is None and isinstance(body, bytes):
            headers = signed(body, **how)
        return await self.http.post(f"{self.url}/hooks/{provider}", data=body, headers=headers)

    async def tell(self, seen: MessageSeen, *kinds: str, **fields: Any) -> list[str]:
        """Tell of the first attempt of a message, one callback for each kind; returns what became of each."""
        attempt = seen.deliveries[0].attempts[0].id
        answers = [await self.call([event(kind, attempt, **fields)]) for kind in kinds]
        return [answer.headers.get("Wasl-Outcome", str(answer.status)) for answer in answers]

    async def get(self, seen: MessageSeen) -> MessageSeen:
        return await self.gateway.get(seen.id)

    async def until(self, seen: MessageSeen, fits: Callable[[MessageSeen], bool]) -> MessageSeen:
        async with asyncio.timeout(20):
            while not fits(now := await self.get(seen)):  # noqa: ASYNC110 - what is awaited happens in the ledger
                await asyncio.sleep(0.01)
        return now

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return rows(self.gateway.config.database, sql, *values)


@pytest.fixture
async def hooking() -> AsyncIterator[Callable[[Specs], Any]]:
    async with AsyncExitStack() as stack:

        async def start(given: Specs) -> Hooked:
            gateway = await stack.enter_async_context(Gateway(given))
            url = await stack.enter_async_context(listening(gateway, "127.0.0.1", 0))
            return Hooked(gateway, url, await stack.enter_async_context(aiohttp.ClientSession()))

        yield start


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else f"sqlite:///{tmp_path}/wasl.db"


@pytest.fixture
async def hooked(hooking: Callable[[Specs], Any], tmp_path: Path, database: str) -> Hooked:
    started: Hooked = await hooking(specs(tmp_path, database=database))
    return started


@pytest.fixture
async def lite(hooking: Callable[[Specs], Any], tmp_path: Path) -> Hooked:
    """On SQLite alone: what is refused or kept unread is the same on both engines."""
    started: Hooked = await hooking(specs(tmp_path))
    return started
