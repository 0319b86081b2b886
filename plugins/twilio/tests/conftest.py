"""Twilio on loopback: answers as told, and remembers what it was sent."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from wasl_contracts import Address, Delivery, Sms
from wasl_twilio import Settings, Twilio

ACCOUNT = "AC" + "0" * 32
SID = "SM" + "1" * 32


@dataclass
class FakeTwilio:
    url: str = ""
    status: int = 201
    answer: object = field(default_factory=lambda: {"sid": SID, "status": "queued", "num_segments": "1"})
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[web.Request] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        return web.json_response(self.answer, status=self.status, headers=self.headers)

    def refuses(self, status: int, code: object, headers: dict[str, str] | None = None) -> None:
        self.status, self.headers = status, headers or {}
        self.answer = {"code": code, "message": "The number +966501234567 is not one", "status": status}


@pytest.fixture
async def api(aiohttp_server: Callable) -> FakeTwilio:
    fake, app = FakeTwilio(), web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    fake.url = str((await aiohttp_server(app, host="127.0.0.1")).make_url("")).rstrip("/")
    return fake


@pytest.fixture
async def connect(api: FakeTwilio) -> AsyncIterator[Callable[..., Twilio]]:
    """Twilio with those settings, pointed to the fake."""
    async with aiohttp.ClientSession() as http:
        usual = {"account_sid": ACCOUNT, "auth_token": "secret-token", "sender": "+15005550006", "base_url": api.url}
        yield lambda **settings: Twilio(Settings.model_validate({**usual, **settings}), http)


@pytest.fixture
def delivery() -> Delivery:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Delivery(
        id="dlv_1",
        attempt_id="att_1",
        message_id="msg_1",
        brand="acme",
        channel="sms",
        address=Address(channel="sms", kind="phone", value="+966501234567"),
        content=Sms(text="طلبك في الطريق 👋"),
        topic="orders",
        category="transactional",
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
