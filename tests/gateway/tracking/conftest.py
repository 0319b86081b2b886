import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.databases import rows
from tests.gateway.scripted import Carrier
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.server.app import listening
from wasl_contracts import Content, Mail, Message, Recipient

PUBLIC = "https://messages.acme.example"
TOPICS: dict[str, Any] = {
    "news": {"category": "service", "track": ["opens", "clicks"]},
    "clicks": {"category": "service", "track": ["clicks"]},
    "quiet": {"category": "service"},
}
BODY = "[Shop](https://shop.example/a?b=1&c=2), [again](https://shop.example/a?b=1&c=2), [العربية](https://shop.example/عرض)."
HURRY = timedelta(milliseconds=60)
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0"


@dataclass
class Tracked:
    """A gateway that sends mails, behind its HTTP face, as people and machines see it."""

    gateway: Gateway
    base: str
    http: aiohttp.ClientSession
    carrier: Carrier

    async def sent(self, topic: str = "news", **fields: Any) -> tuple[MessageSeen, Mail]:
        """A message that went out, and its mail."""
        content = Content(title="News", body=BODY)
        to = Recipient(id="u_1", email="ann@example.com")
        accepted = await self.gateway.accept(Message.model_validate({"to": to, "topic": topic, "content": content, **fields}))
        seen = await self.gateway.wait(accepted.id, timeout=20)
        mail = self.carrier.script.calls[-1].content
        assert isinstance(mail, Mail)
        return seen, mail

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return rows(self.gateway.config.database, sql)

    async def get(self, url: str, method: str = "GET", agent: str = PERSON, **headers: str) -> aiohttp.ClientResponse:
        told = {"User-Agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.http.request(method, self.base + urlsplit(url).path, headers=told, allow_redirects=False)

    async def seen(self, message: MessageSeen) -> MessageSeen:
        """The message after everything that waited was looked at again."""
        await asyncio.sleep(HURRY.total_seconds())
        await self.gateway.reread_callbacks()
        await self.gateway._open.receipts.callbacks.look_again()
        return await self.gateway.get(message.id)


def links(mail: Mail) -> list[str]:
    return [link for link in re.findall(r'href="([^"]+)"', mail.html) if "/t/c/" in link]


def picture(mail: Mail) -> str:
    (found,) = re.findall(rf'<img src="({PUBLIC}/t/o/[^"]+)"', mail.html)
    return str(found)


def happened(seen: MessageSeen) -> list[tuple[str, object]]:
    """What people and machines did: the event and by what a machine was recognised."""
    return [(one.type, one.facts.get("code")) for one in seen.timeline if one.type in ("opened", "clicked")]


@pytest.fixture
async def tracked(opened: Callable[..., Awaitable[Gateway]], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tracked]:
    monkeypatch.setattr("wasl.tracking.visits._HURRY", HURRY)
    monkeypatch.setattr("wasl.tracking.machines._AT_ONCE", timedelta(0))
    carrier = Carrier("email", format="mail")
    gateway = await opened({"mail": carrier}, topics=TOPICS, server={"public_url": PUBLIC})
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(listening(gateway, "127.0.0.1", 0))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Tracked(gateway, base, http, carrier)
