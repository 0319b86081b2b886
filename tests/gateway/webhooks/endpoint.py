"""An application that takes webhooks, on loopback, and checks their signatures as Standard Webhooks says."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class Post:
    """What came."""

    id: str
    timestamp: int
    signatures: list[str]
    body: bytes
    headers: dict[str, str] = field(repr=False)

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]

    @property
    def type(self) -> str:
        return str(self.json["type"])

    def signed_with(self, secret: str) -> bool:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.timestamp}.".encode() + self.body
        wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return wanted in self.signatures


class Application:
    """Answers as told: with a status, or with what a function of the post says."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answer: Callable[[Post], web.Response | int] = lambda _: 204
        self.url = ""
        self.port = 0
        self.hold: asyncio.Event | None = None

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        post = Post(
            headers["webhook-id"], int(headers["webhook-timestamp"]), headers["webhook-signature"].split(" "), await request.read(), headers
        )
        self.posts.append(post)
        if self.hold is not None:
            await self.hold.wait()
        answer = self.answer(post)
        return web.Response(status=answer) if isinstance(answer, int) else answer

    @property
    def ids(self) -> list[str]:
        return [post.id for post in self.posts]

    @property
    def types(self) -> list[str]:
        return [post.type for post in self.posts]

    async def got(self, count: int) -> list[Post]:
        """The posts, when there are so many."""
        async with asyncio.timeout(5):
            while len(self.posts) < count:  # noqa: ASYNC110 - they come over the network
                await asyncio.sleep(0.005)
        return self.posts


@asynccontextmanager
async def application() -> AsyncIterator[Application]:
    taking = Application()
    app = web.Application()
    app.router.add_post("/hook", taking.take)
    async with TestServer(app, host="127.0.0.1") as server:
        taking.port = server.port or 0
        taking.url = f"http://127.0.0.1:{taking.port}/hook?key=s3cret"
        yield taking
