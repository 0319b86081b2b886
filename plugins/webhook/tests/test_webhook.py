"""The traps of webhooks: what is signed, where it goes, and where it must not go."""

import base64
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from pydantic import SecretStr, ValidationError

from wasl_contracts import Action, Address, Delivery, Structured
from wasl_contracts.conformance import Request, Response
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_contracts.conformance.samples import delivery
from wasl_webhook import Webhook, WebhookSettings
from wasl_webhook.signature import key, signature

_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_PATTERN = Webhook.spec.addresses[0].pattern or ""


def _delivery(url: str = "https://hooks.example.com/in?shop=7", attempt: int = 1) -> Delivery:
    content = Structured(
        title="طلبك", text="في الطريق", actions=(Action(label="تتبع", url="https://example.com/t"),), locale="ar", direction="rtl"
    )
    return delivery(Address(channel="webhook", kind="url", value=url), content, attempt=attempt)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def _posted(http: aiohttp.ClientSession, *deliveries: Delivery) -> list[Request]:
    with HttpFake(lambda _: Response.text(204), lambda _: None) as fake:
        webhook = Webhook(WebhookSettings(secret=SecretStr(_SECRET), base_url=fake.url), http)
        for one in deliveries:
            await webhook.send(one)
        return fake.sent


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    signed = signature(key(SecretStr(_SECRET)), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_the_exact_bytes_that_are_sent_are_signed(http: aiohttp.ClientSession) -> None:
    (request,) = await _posted(http, _delivery())

    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = hmac.new(base64.b64decode(_SECRET.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert request.headers["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"


async def test_the_timestamp_is_the_attempts_and_not_the_deliverys(http: aiohttp.ClientSession) -> None:
    old = _delivery().model_copy(update={"created_at": datetime(2026, 1, 1, tzinfo=UTC)})

    (request,) = await _posted(http, old)

    assert abs(int(request.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 5
    assert request.json()["timestamp"] == "2026-01-01T00:00:00+00:00"


async def test_the_payload_carries_the_message(http: aiohttp.ClientSession) -> None:
    (request,) = await _posted(http, _delivery())

    assert request.json()["type"] == "message"
    assert request.json()["data"] == {
        "message_id": "msg_00000000000000000000000000000001",
        "delivery_id": request.headers["webhook-id"],
        "topic": "orders",
        "title": "طلبك",
        "text": "في الطريق",
        "actions": [{"label": "تتبع", "url": "https://example.com/t"}],
        "locale": "ar",
        "direction": "rtl",
    }


async def test_two_attempts_have_one_id_and_one_body(http: aiohttp.ClientSession) -> None:
    one = _delivery()

    first, second = await _posted(http, one, one.model_copy(update={"attempt_id": "att_2"}))

    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert (first.headers["x-wasl-attempt"], second.headers["x-wasl-attempt"]) == (one.attempt_id, "att_2")


async def test_base_url_keeps_path_and_query(http: aiohttp.ClientSession) -> None:
    (request,) = await _posted(http, _delivery())

    assert (request.path, request.query) == ("/in", "shop=7")


@pytest.mark.parametrize(
    "secret",
    [
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_not base64!",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
    ],
    ids=["no prefix", "no base64", "too short", "too long"],
)
def test_a_bad_secret_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(ValidationError, match="is no webhook secret") as caught:
        WebhookSettings.model_validate({"secret": secret})

    assert secret not in str(caught.value)


def test_it_is_given_the_guarded_session() -> None:
    assert Webhook.spec.capabilities.given_urls


@pytest.mark.parametrize(
    "url", ["https://example.com", "http://example.com:8080/a/b?c=d%20e", "https://[2606:2800:220:1::1]/in", "https://example.com?x=1"]
)
def test_a_web_url_is_an_address(url: str) -> None:
    assert re.fullmatch(_PATTERN, url)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com", "https://", "https://user:pass@example.com", "https://example.com/#x", "https://example.com\\@evil.example",
     "https://example.com/a b", "https://１２７.0.0.1/", "javascript:alert(1)", "https:///in", "//example.com"],
)  # fmt: skip
def test_what_clients_read_in_different_ways_is_no_address(url: str) -> None:
    assert not re.fullmatch(_PATTERN, url)
