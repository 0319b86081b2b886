import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from wasl.answers import Accepted, Health
from wasl.api import Gateway
from wasl.registry import read
from wasl.server.app import listening
from wasl_contracts import Message

WASL_TOML = """
database = "sqlite:///{folder}/wasl.db"
[server]
body_limit = 300000
{server}
hosts = {hosts}
[providers.mail]
plugin = "log"
[channels]
log = ["mail"]
[topics.orders]
category = "transactional"
"""
HASTY = 'header_timeout = "200ms"\nbody_timeout = "300ms"'
HELLO: dict[str, Any] = {"to": {"id": "u_42", "addresses": [{"channel": "log", "kind": "any", "value": "x"}]}, "content": {"body": "Hello"}}


class ScriptedGateway(Gateway):
    """A real gateway that can be told to fail as a full disk or a lost database would make it."""

    fails: Exception | None = None
    ready = True

    async def accept(self, message: Message, idempotency_key: str | None = None) -> Accepted:
        if self.fails:
            raise self.fails
        return await super().accept(message, idempotency_key)

    async def health(self) -> Health:
        return await super().health() if self.ready else Health(ready=False, checks={"ledger": "cannot be written", "worker": "here"})


@dataclass
class Serving:
    """A gateway behind its HTTP face on loopback, with a key for every purpose."""

    url: str
    gateway: ScriptedGateway
    keys: dict[str, str]
    http: aiohttp.ClientSession

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = "both", headers: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
        sent = {"Authorization": f"Bearer {self.keys[key]}"} if key else {}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        return self.http.request(method, self.url + path, data=data, headers=sent)

    async def post(self, body: object, path: str = "/v1/messages", **how: Any) -> "Answer":
        return await self.answer("POST", path, body, **how)

    async def get(self, path: str, **how: Any) -> "Answer":
        return await self.answer("GET", path, **how)

    async def answer(self, method: str, path: str, body: object = None, **how: Any) -> "Answer":
        async with self.ask(method, path, body, **how) as response:
            return Answer(response.status, response.headers, await response.read())


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code, after checking that it is a whole problem document."""
        found = self.json
        assert self.headers["Content-Type"] == "application/problem+json"
        assert found["status"] == self.status
        assert found["type"] == f"urn:wasl:error:{found['code']}"
        assert found["request_id"] == self.headers["X-Request-Id"]
        assert found["title"]
        assert found["detail"]
        assert isinstance(found["retryable"], bool)
        return self.status, found["code"]


@pytest.fixture
def hosts() -> list[str]:
    return []


@pytest.fixture
def server() -> str:
    """More lines of `[server]`: `HASTY` where slowness is what is tested, as a busy machine is slow by itself."""
    return ""


@pytest.fixture
async def serving(tmp_path: Path, fresh_ledger: Path, server: str, hosts: list[str]) -> AsyncIterator[Serving]:
    shutil.copytree(fresh_ledger, tmp_path, dirs_exist_ok=True)
    (tmp_path / "wasl.toml").write_text(WASL_TOML.format(folder=tmp_path, server=server, hosts=json.dumps(hosts)))
    async with ScriptedGateway(read(tmp_path / "wasl.toml", {}), worker=False) as gateway:
        keys = {
            "both": await gateway.create_api_key("both", ["send", "read"]),
            "send": await gateway.create_api_key("send", ["send"]),
            "read": await gateway.create_api_key("read", ["read"]),
            "hooks": await gateway.create_api_key("hooks", ["webhooks"]),
        }
        async with listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
            yield Serving(url, gateway, keys, http)


@pytest.fixture
def hello() -> dict[str, Any]:
    return json.loads(json.dumps(HELLO))
