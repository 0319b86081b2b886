"""The plugin against a Cloud API on loopback."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from wasl_contracts import Address, Delivery, Plain, ProviderError, Reason, Receipt, Rejected, Unavailable, Unknown, WhatsAppTemplate
from wasl_contracts import WhatsApp as WhatsAppContent
from wasl_whatsapp import Settings, WhatsApp

PERSON = Address(channel="chat", kind="whatsapp", value="+966501234567")
SETTINGS = {"phone_number_id": "106540352242922", "access_token": "EAAG-secret-1"}
SENT = {"messages": [{"id": "wamid.1", "message_status": "accepted"}]}
TEMPLATE = WhatsAppTemplate(name="order_left", language="ar", header=("A-1",), body=("آن", "A-1"), buttons=("track/A-1",))
Send = Callable[..., Awaitable[tuple[Receipt | ProviderError, list[Any]]]]


def delivery(content: object = None, address: Address = PERSON) -> Delivery:
    now = datetime.now(UTC)
    return Delivery(
        id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="acme", channel="chat", address=address, topic="orders",
        content=content or WhatsAppContent(text="طلبك *في الطريق* 👋"), category="transactional",
        created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip


def refused(code: object, subcode: int | None = None) -> dict[str, object]:
    """What the Cloud API answers when it does not send."""
    return {"error": {"message": f"(#{code}) to +966501234567", "type": "OAuthException", "code": code, "error_subcode": subcode}}


@pytest.fixture
def send(aiohttp_server: Any) -> Send:
    """Send a delivery to a Cloud API that answers as told: the outcome, and the requests that came with their bodies."""

    async def send(what: Delivery, answer: object = SENT, status: int = 200) -> Any:
        requests: list[Any] = []

        async def post(request: web.Request) -> web.Response:
            requests.append((request, await request.json()))
            return web.json_response(answer, status=status)

        app = web.Application()
        app.router.add_post("/{version}/{number}/messages", post)
        server = await aiohttp_server(app)
        async with aiohttp.ClientSession() as http:
            provider = WhatsApp(Settings.model_validate({**SETTINGS, "base_url": str(server.make_url(""))}), http)
            try:
                return await provider.send(what), requests
            except ProviderError as error:
                return error, requests

    return send


async def test_a_text_goes_with_the_attempts_id(send: Send) -> None:
    outcome, [(request, body)] = await send(delivery())

    assert outcome == Receipt(provider_ref="wamid.1")
    assert request.path == "/v26.0/106540352242922/messages"
    assert request.headers["Authorization"] == "Bearer EAAG-secret-1"
    assert body == {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+966501234567", "biz_opaque_callback_data": "att_1",
        "type": "text", "text": {"body": "طلبك *في الطريق* 👋", "preview_url": False},
    }  # fmt: skip


async def test_a_template_goes_in_place_of_the_text_with_what_fills_it(send: Send) -> None:
    """As in the sample of template messages in Meta's documentation (Cloud API, "Message templates", read 2026-11-23)."""
    _, [(_, body)] = await send(delivery(WhatsAppContent(text="x" * 9000, template=TEMPLATE)))

    assert body["type"] == "template"
    assert "text" not in body
    assert body["template"] == {
        "name": "order_left",
        "language": {"code": "ar"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "A-1"}]},
            {"type": "body", "parameters": [{"type": "text", "text": "آن"}, {"type": "text", "text": "A-1"}]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "track/A-1"}]},
        ],
    }


async def test_a_template_may_have_a_picture_or_nothing_to_fill(send: Send) -> None:
    picture = WhatsAppTemplate(name="a", language="en_US", image="https://shop.example/a.png")

    _, [(_, with_picture)] = await send(delivery(WhatsAppContent(text=".", template=picture)))
    _, [(_, bare)] = await send(delivery(WhatsAppContent(text=".", template=WhatsAppTemplate(name="a", language="en_US"))))

    image = {"type": "image", "image": {"link": "https://shop.example/a.png"}}
    assert with_picture["template"]["components"] == [{"type": "header", "parameters": [image]}]
    assert bare["template"] == {"name": "a", "language": {"code": "en_US"}}


async def test_a_business_scoped_id_is_the_recipient_and_no_number(send: Send) -> None:
    them = Address(channel="chat", kind="whatsapp_bsuid", value="US.13491208655302741918")

    _, [(_, body)] = await send(delivery(address=them))

    assert body["recipient"] == them.value
    assert "to" not in body


async def test_a_template_that_is_held_back_is_told(send: Send) -> None:
    outcome, _ = await send(delivery(), {"messages": [{"id": "wamid.1", "message_status": "held_for_quality_assessment"}]})

    assert outcome == Receipt(provider_ref="wamid.1", facts={"message_status": "held_for_quality_assessment"})


@pytest.mark.parametrize("answer", [{}, {"messages": []}, {"messages": [{}]}, {"messages": [{"id": 7}]}, {"messages": [{"id": "w" * 600}]}])
async def test_a_success_without_an_id_is_unknown(send: Send, answer: object) -> None:
    error, _ = await send(delivery(), answer)

    assert isinstance(error, Unknown)


@pytest.mark.parametrize(
    ("status", "code", "scope", "reason"),
    [
        (400, 131026, "content", Reason.UNREACHABLE),
        (400, 131047, "content", Reason.CONTENT_REJECTED),
        (400, 131050, "content", Reason.OPTED_OUT),
        (404, 132001, "content", Reason.CONTENT_REJECTED),
        (400, 132005, "content", Reason.TOO_LONG),
        (400, 131062, "content", Reason.UNREACHABLE),
        (400, 100, "content", Reason.PROVIDER_REJECTED),
        (401, 190, "provider", Reason.PROVIDER_MISCONFIGURED),
        (400, 200, "provider", Reason.PROVIDER_MISCONFIGURED),
        (400, 299, "provider", Reason.PROVIDER_MISCONFIGURED),
        (403, 131031, "provider", Reason.PROVIDER_MISCONFIGURED),
    ],
)
async def test_a_refusal_is_of_the_message_or_of_our_account(send: Send, status: int, code: int, scope: str, reason: Reason) -> None:
    error, requests = await send(delivery(), refused(code), status)

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason, error.code) == (scope, reason, str(code))
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "after"),
    [(429, 130429, None), (400, 131056, None), (400, 131048, None), (400, 4, None), (400, 131049, 86_400)],
)
async def test_too_many_wait_and_too_much_for_one_person_waits_a_day(send: Send, status: int, code: int, after: float | None) -> None:
    error, _ = await send(delivery(), refused(code), status)

    assert isinstance(error, Unavailable)
    assert (error.reason, error.retry_after) == (Reason.RATE_LIMITED, after)


@pytest.mark.parametrize(("code", "outcome"), [(131016, Unavailable), (2, Unavailable), (131000, Unknown), (1, Unknown)])
async def test_only_what_says_that_it_was_not_taken_is_tried_again(send: Send, code: int, outcome: type) -> None:
    error, _ = await send(delivery(), refused(code), 500)

    assert type(error) is outcome


async def test_a_phone_number_id_that_does_not_exist_pauses_the_provider(send: Send) -> None:
    error, _ = await send(delivery(), refused(100, 33), 400)

    assert isinstance(error, Rejected)
    assert (error.scope, error.code) == ("provider", "100.33")


@pytest.mark.parametrize("code", ["+966501234567", None, True, {}, 131047.5])
async def test_a_code_that_is_no_number_is_not_repeated(send: Send, code: object) -> None:
    error, _ = await send(delivery(), refused(code), 400)

    assert isinstance(error, Rejected)
    assert error.code == "400"


async def test_4096_units_are_sent_and_one_more_is_not(send: Send) -> None:
    fits, [_] = await send(delivery(WhatsAppContent(text="👋" * 2048)))
    error, requests = await send(delivery(WhatsAppContent(text="👋" * 2048 + ".")))

    assert isinstance(fits, Receipt)
    assert isinstance(error, Rejected)
    assert (error.reason, requests) == (Reason.TOO_LONG, [])


async def test_content_of_another_format_is_a_fault_that_sends_nothing(send: Send) -> None:
    with pytest.raises(TypeError, match="whatsapp"):
        await send(delivery(Plain(text="hi")))


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("phone_number_id", "+966501234567"),
        ("access_token", ""),
        ("app_secret", ""),
        ("verify_token", ""),
        ("api_version", "26"),
        ("base_url", "graph.facebook.com"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, wrong: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate(SETTINGS | {setting: wrong})

    assert raised.value.errors()[0]["loc"] == (setting,)
