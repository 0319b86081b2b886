"""Forwarding events to a program of a developer's own machine."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.gateway.scripted import Carrier
from wasl.api import Gateway
from wasl.errors import Refused
from wasl.feed.seen import FeedEvent
from wasl.webhooks.signing import new_secret


class Receiver:
    """A program on loopback that takes posts; it checks the signature by the words of the standard."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.came.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status)

    def told(self, secret: str) -> dict[str, Any]:
        """The body of the only post, after its signature was checked."""
        ((head, body),) = self.came
        signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
        proof = base64.b64encode(hmac.new(base64.b64decode(secret[6:]), signed, hashlib.sha256).digest()).decode()
        assert head["webhook-signature"] == f"v1,{proof}"
        return {"id": head["webhook-id"], **json.loads(body)}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made, app = Receiver(), web.Application()
    app.router.add_post("/hook", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://localhost:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


@pytest.fixture
async def gateway(opened: Any, folder: Any) -> Gateway:
    made: Gateway = await opened({"mail": Carrier("email")})
    return made


@pytest.fixture
def database(folder: Any) -> str:
    return f"sqlite:///{folder}/wasl.db"


async def sent(gateway: Gateway) -> FeedEvent:
    await gateway.send(to={"id": "u_1", "email": "ann@example.com"}, content={"body": "Hello"}, metadata={"ref": "1042"})
    return await asyncio.wait_for(anext(gateway.events(after="start")), 5)


async def test_an_event_is_posted_as_a_webhook_would_be(gateway: Gateway, receiver: Receiver) -> None:
    event, secret = await sent(gateway), new_secret()

    async with gateway.forwarding(receiver.url, secret) as poster:
        answered = await poster.post(event)

    told = receiver.told(secret)
    assert (answered.ok, told["id"], told["type"]) == (True, f"evt_{event.id}", "message.sent")
    assert (told["data"]["message"], told["data"]["metadata"]) == (event.message, {"ref": "1042"})
    assert "ann@example.com" not in json.dumps(told)


@pytest.mark.parametrize(("status", "code"), [(500, "http_500"), (302, "redirect"), (410, "http_410")])
async def test_how_a_post_ended_is_told(gateway: Gateway, receiver: Receiver, status: int, code: str) -> None:
    event, receiver.status = await sent(gateway), status

    async with gateway.forwarding(receiver.url, new_secret()) as poster:
        answered = await poster.post(event)

    assert (answered.ok, answered.code) == (False, code)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/hook", "http://169.254.169.254/", "ftp://127.0.0.1/", "http://a:b@127.0.0.1/", "http://x:99999/", "hook"]
)
async def test_only_this_machine_and_public_addresses_are_posted_to(gateway: Gateway, url: str) -> None:
    with pytest.raises(Refused) as refused:
        async with gateway.forwarding(url, new_secret()):
            pass

    assert refused.value.errors[0].pointer == "/forward_to"


@pytest.mark.parametrize("secret", ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_***", "c2hvcnQ=" * 6])
async def test_a_secret_must_be_one(gateway: Gateway, secret: str) -> None:
    with pytest.raises(Refused) as refused:
        async with gateway.forwarding("http://127.0.0.1:3000/", secret):
            pass

    assert refused.value.message.startswith("WASL_LISTEN_SECRET is not a secret")
