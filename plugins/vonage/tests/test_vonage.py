"""The plugin against a Messages API on loopback."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import ValidationError

from wasl_contracts import Address, Delivery, Plain, ProviderError, Reason, Receipt, Rejected, Sender, Sms, Unavailable, Unknown
from wasl_vonage import Settings, Vonage

PERSON = Address(channel="sms", kind="phone", value="+966501234567")
SETTINGS = {"api_key": "abcd1234", "api_secret": "api-secret-1", "sender": "ACME"}
APPLICATION = "87654321-1234-4321-1234-b37e715aebb5"
UUID = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
Send = Callable[..., Awaitable[tuple[Receipt | ProviderError, list[Any]]]]


def delivery(content: object = None, **more: object) -> Delivery:
    now = datetime.now(UTC)
    whole = Delivery(
        id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="acme", channel="sms", address=PERSON, topic="orders",
        content=content or Sms(text="طلبك في الطريق 👋"), category="transactional",
        created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    return whole.model_copy(update=more)


def refused(code: object) -> dict[str, object]:
    """What the Messages API answers when it does not send."""
    return {"type": f"https://developer.vonage.com/api-errors/messages#{code}", "title": "No", "detail": "to 966501234567", "instance": "1"}


@pytest.fixture
def send(aiohttp_server: Any) -> Send:
    """Send a delivery to a Messages API that answers as told: the outcome, and the requests that came with their bodies."""

    async def send(what: Delivery, answer: object = None, status: int = 202, **settings: object) -> Any:
        requests: list[Any] = []

        async def post(request: web.Request) -> web.Response:
            requests.append((request, await request.json()))
            return web.json_response({"message_uuid": UUID} if answer is None else answer, status=status)

        app = web.Application()
        app.router.add_post("/v1/messages", post)
        server = await aiohttp_server(app)
        async with aiohttp.ClientSession() as http:
            provider = Vonage(Settings.model_validate({**SETTINGS, "base_url": str(server.make_url("")), **settings}), http)
            try:
                return await provider.send(what), requests
            except ProviderError as error:
                return error, requests

    return send


async def test_a_text_goes_as_in_the_documentation_with_the_attempts_id(send: Send) -> None:
    """The sample of "Send an SMS" (Messages API v1, read 2026-11-23): numbers without their +."""
    outcome, [(request, body)] = await send(delivery())

    assert outcome == Receipt(provider_ref=UUID)
    assert request.headers["Authorization"] == aiohttp.encode_basic_auth("abcd1234", "api-secret-1")
    assert body == {
        "channel": "sms", "message_type": "text", "to": "966501234567", "from": "ACME", "text": "طلبك في الطريق 👋", "client_ref": "att_1",
    }  # fmt: skip


async def test_reports_go_to_the_callback_of_the_settings(send: Send) -> None:
    _, [(_, body)] = await send(delivery(), status_callback="https://wasl.example/hooks/sms")

    assert (body["webhook_url"], body["webhook_version"]) == ("https://wasl.example/hooks/sms", "v1")


async def test_a_brands_own_sender_comes_first(send: Send) -> None:
    _, [(_, body)] = await send(delivery(sender=Sender(address="+15005550006")))

    assert body["from"] == "15005550006"


async def test_a_brands_sender_that_vonage_cannot_send_from_is_refused_before_the_call(send: Send) -> None:
    error, requests = await send(delivery(sender=Sender(address="shop@acme.example")))

    assert isinstance(error, Rejected)
    assert (error.scope, error.code, requests) == ("content", "sender", [])


async def test_an_application_signs_a_token_and_renews_it_before_its_end(private_key: str) -> None:
    now = 1_000_000.0
    ids = iter("ab")
    settings = {"application_id": APPLICATION, "private_key": private_key, "sender": "ACME"}
    async with aiohttp.ClientSession() as http:
        provider = Vonage(Settings.model_validate(settings), http, lambda: now, lambda: next(ids))

        first, again = provider._credentials.header(), provider._credentials.header()
        now += 841
        renewed = provider._credentials.header()

    public = load_pem_private_key(private_key.encode(), None).public_key()
    claims = jwt.decode(first.removeprefix("Bearer "), public, ["RS256"], {"verify_exp": False})
    assert claims == {"application_id": APPLICATION, "iat": 1_000_000, "exp": 1_000_900, "jti": "a"}
    assert first == again != renewed


async def test_the_token_of_an_application_travels(send: Send, private_key: str) -> None:
    settings = {"application_id": APPLICATION, "private_key": private_key, "api_key": None, "api_secret": None}

    _, [(request, _)] = await send(delivery(), **settings)

    assert request.headers["Authorization"].startswith("Bearer ey")


@pytest.mark.parametrize("answer", [{}, {"message_uuid": 7}, {"message_uuid": ""}, {"message_uuid": "m" * 600}])
async def test_a_success_without_an_id_is_unknown(send: Send, answer: object) -> None:
    error, _ = await send(delivery(), answer)

    assert isinstance(error, Unknown)


@pytest.mark.parametrize(
    ("status", "code", "scope", "reason"),
    [
        (422, 1170, "address", Reason.INVALID_ADDRESS),
        (422, 1190, "address", Reason.INVALID_ADDRESS),
        (422, 1240, "address", Reason.OPTED_OUT),
        (422, 1050, "content", Reason.UNREACHABLE),
        (422, 1120, "content", Reason.CONTENT_REJECTED),
        (422, 1010, "content", Reason.CONTENT_REJECTED),
        (422, 1090, "content", Reason.TOO_LONG),
        (422, "invalid-params", "content", Reason.PROVIDER_REJECTED),
        (422, 1070, "provider", Reason.PROVIDER_MISCONFIGURED),
        (402, "low-balance", "provider", Reason.PROVIDER_MISCONFIGURED),
        (401, "unauthorized", "provider", Reason.PROVIDER_MISCONFIGURED),
    ],
)
async def test_a_refusal_is_of_the_number_the_message_or_our_account(
    send: Send, status: int, code: object, scope: str, reason: Reason
) -> None:
    error, requests = await send(delivery(), refused(code), status)

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason, error.code) == (scope, reason, str(code))
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "outcome", "reason"),
    [
        (422, 1000, Unavailable, Reason.RATE_LIMITED),
        (429, 1010, Unavailable, Reason.RATE_LIMITED),  # as Vonage's own SDKs have it in their tests
        (422, 1100, Unavailable, Reason.PROVIDER_UNAVAILABLE),
        (422, 1030, Unknown, Reason.OUTCOME_UNKNOWN),
        (500, "internal-error", Unknown, Reason.OUTCOME_UNKNOWN),
    ],
)
async def test_only_what_says_that_it_was_not_taken_is_tried_again(
    send: Send, status: int, code: object, outcome: type, reason: Reason
) -> None:
    error, _ = await send(delivery(), refused(code), status)

    assert (type(error), error.reason) == (outcome, reason)


@pytest.mark.parametrize("link", ["https://vonage.example/#+966501234567", "https://vonage.example/966501234567", None, 7])
async def test_a_link_without_a_code_is_not_repeated(send: Send, link: object) -> None:
    error, _ = await send(delivery(), {"type": link}, 422)

    assert isinstance(error, Rejected)
    assert error.code == "422"


async def test_1000_characters_are_sent_and_one_more_is_not(send: Send) -> None:
    fits, [_] = await send(delivery(Sms(text="ب" * 1000)))
    error, requests = await send(delivery(Sms(text="ب" * 1001)))

    assert isinstance(fits, Receipt)
    assert isinstance(error, Rejected)
    assert (error.reason, requests) == (Reason.TOO_LONG, [])


async def test_content_of_another_format_is_a_fault_that_sends_nothing(send: Send) -> None:
    with pytest.raises(TypeError, match="text messages"):
        await send(delivery(Plain(text="hi")))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"api_secret": None}, "needs api_key and api_secret, or"),
        ({"api_key": None, "api_secret": None}, "needs api_key and api_secret, or"),
        ({"application_id": APPLICATION, "private_key": "k"}, "not both"),
        ({"api_key": None, "api_secret": None, "application_id": APPLICATION, "private_key": "hunter2"}, "a private_key that is none"),
        ({"api_key": "hunter2:"}, "no API key"),
        ({"sender": "twelve chars"}, "sender"),
        ({"signature_secret": ""}, "signature_secret"),
        ({"status_callback": "javascript:alert(1)"}, "status_callback"),
    ],
)
def test_a_wrong_setting_is_told_without_what_is_secret(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as raised:
        Settings.model_validate(SETTINGS | wrong)

    assert "hunter2" not in str(raised.value)
