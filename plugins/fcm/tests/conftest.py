"""Google on loopback: a token endpoint and FCM, which answer as told and remember what they were sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from wasl_contracts import Address, Delivery, Push
from wasl_fcm import Fcm, Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAME = "projects/acme-app/messages/0:1700000000000000%1"


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: float = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeGoogle:
    """Each list of answers is played once, then its last one is repeated. `delays` are those of the first sends."""

    url: str = ""
    tokens: list[tuple[int, object]] = field(default_factory=list)
    answers: list[tuple[int, object]] = field(default_factory=lambda: [(200, {"name": NAME})])
    headers: dict[str, str] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    fetches: list[dict[str, str]] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[dict] = field(default_factory=list)

    async def token(self, request: web.Request) -> web.Response:
        self.fetches.append({name: str(value) for name, value in (await request.post()).items()})
        await asyncio.sleep(0.01)
        status, answer = self.tokens[min(len(self.fetches), len(self.tokens)) - 1] if self.tokens else (200, self.granted())
        return web.json_response(answer, status=status, headers=self.headers)

    async def send(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        self.bodies.append(await request.json())
        status, answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        await asyncio.sleep(self.delays.pop(0) if self.delays else 0)
        if isinstance(answer, str):
            return web.Response(status=status, text=answer, content_type="text/html", headers=self.headers)
        return web.json_response(answer, status=status, headers=self.headers)

    def granted(self, seconds: int = 3600) -> dict[str, object]:
        return {"access_token": f"ya29.token-{len(self.fetches)}", "expires_in": seconds, "token_type": "Bearer"}

    def used(self) -> list[str]:
        """The access tokens of the sends, in order."""
        return [request.headers["Authorization"].removeprefix("Bearer ") for request in self.requests]


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # short, because every test reads it anew


@pytest.fixture(scope="session")
def public_pem(private_key: rsa.RSAPrivateKey) -> bytes:
    return private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
async def google(aiohttp_server: Callable) -> FakeGoogle:
    fake, app = FakeGoogle(), web.Application()
    app.router.add_post("/token", fake.token)
    app.router.add_post("/v1/projects/{project}/messages:send", fake.send)
    fake.url = str((await aiohttp_server(app, host="127.0.0.1")).make_url("")).rstrip("/")
    return fake


@pytest.fixture
def key(google: FakeGoogle, private_key: rsa.RSAPrivateKey) -> dict[str, str]:
    return {
        "type": "service_account",
        "project_id": "acme-app",
        "private_key_id": "key-1",
        "private_key": private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": "sender@acme-app.iam.gserviceaccount.com",
        "token_uri": f"{google.url}/token",
    }


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def connect(google: FakeGoogle, key: dict[str, str], clock: Clock) -> AsyncIterator[Callable[..., Fcm]]:
    """Fcm with those settings, pointed to the fake."""
    async with aiohttp.ClientSession() as http:
        usual = {"service_account": json.dumps(key), "base_url": google.url}
        yield lambda **settings: Fcm(Settings.model_validate({**usual, **settings}), http, clock)


@pytest.fixture
def delivery() -> Delivery:
    return Delivery(
        id="dlv_1",
        attempt_id="att_1",
        message_id="msg_1",
        brand="acme",
        channel="push",
        address=Address(channel="push", kind="fcm_token", value="c0ffee:APA91bToken"),
        content=Push(title="طلبك", body="في الطريق 👋", url="https://acme.example/orders/1042"),
        topic="orders",
        category="transactional",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
