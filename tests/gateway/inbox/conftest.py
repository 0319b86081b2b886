import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.registry import read
from wasl.server.app import listening
from wasl_contracts import Address, Content, Recipient

WASL_TOML = """
database = "{database}"
[providers.feed]
plugin = "inapp"
[providers.notes]
plugin = "log"
[channels]
inapp = ["feed"]
log = ["notes"]
[inbox]
origins = ["{origin}"]
[topics.orders]
category = "transactional"
"""


@dataclass
class Seen:
    """An answer: its status, what it says, and its headers."""

    status: int
    said: Any
    headers: Any


@dataclass
class House:
    """A gateway that sends into feeds, behind its HTTP face on loopback."""

    url: str
    gateway: Gateway
    key: str
    http: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    async def send(self, owner: str = "u_42", title: str = "On its way", body: str = "Order **1042** left.", **more: Any) -> str:
        """A message to a feed; returns its id when it is there."""
        address = Address(channel="inapp", kind="inapp", value=owner)
        content = Content(title=title, body=body, **more)
        message = await self.gateway.send(to=Recipient(id=owner, addresses=(address,)), content=content, channels=["inapp"], topic="orders")
        await self.gateway.wait(message.id, until="sent")
        return str(message.id)

    async def message(self, message_id: str) -> MessageSeen:
        return await self.gateway.get(message_id)

    def token(self, owner: str = "u_42") -> str:
        return self.tokens.setdefault(owner, self.gateway.inbox_token(owner).token)

    async def ask(self, path: str, method: str = "GET", owner: str | None = "u_42", headers: dict[str, str] | None = None) -> Seen:
        sent = {"Authorization": f"Bearer {self.token(owner)}"} if owner else {}
        async with self.http.request(method, f"{self.url}{path}", headers={**sent, **(headers or {})}) as response:
            told = await response.read()
            return Seen(response.status, json.loads(told) if told else None, response.headers)

    async def take(self, path: str, owner: str = "u_42") -> Seen:
        return await self.ask(f"/inbox/v1/{path}", "POST", owner)

    async def items(self, query: str = "", owner: str = "u_42") -> list[dict[str, Any]]:
        found = await self.ask(f"/inbox/v1/items{query}", owner=owner)
        assert found.status == 200, found.said
        return list(found.said["data"])


@pytest.fixture
def origin() -> str:
    """The one origin whose pages may read the feed."""
    return "https://app.example"


@pytest.fixture
async def house(database: str, brisk: None, folder: Path, origin: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr("wasl.inbox.watching._GATHER", 0.005)
    async with _house(WASL_TOML.format(database=database, origin=origin), folder) as made:
        yield made


@asynccontextmanager
async def _house(toml: str, folder: Path) -> AsyncIterator[House]:
    (folder / "wasl.toml").write_text(toml)
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(Gateway(read(folder / "wasl.toml", {})))
        key = await gateway.create_api_key("app", ["send", "read"])
        url = await stack.enter_async_context(listening(gateway, "127.0.0.1", 0))
        yield House(url, gateway, key, await stack.enter_async_context(aiohttp.ClientSession()))


async def events(content: Any, count: int) -> list[dict[str, str]]:
    """So many events of a stream, without signs of life."""
    found: list[dict[str, str]] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            block = (await content.readuntil(b"\n\n")).decode()
            fields = dict(line.split(": ", 1) for line in block.strip().split("\n"))
            if "event" in fields:
                found.append(fields)
    return found
