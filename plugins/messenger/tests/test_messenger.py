"""The plugin against a Send API on loopback."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from wasl_contracts import Address, Delivery, Plain, ProviderError, Reason, Receipt, Rejected, Slack, Unavailable, Unknown
from wasl_messenger import Messenger, Settings

PERSON = Address(channel="social", kind="messenger_psid", value="1254477777772919")
SETTINGS = {"page_id": "682498302938465", "access_token": "EAAG-secret-1"}
Send = Callable[..., Awaitable[tuple[Receipt | ProviderError, list[Any]]]]


def delivery(content: object = None) -> Delivery:
    now = datetime.now(UTC)
    return Delivery(
        id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="acme", channel="social", address=PERSON, topic="orders",
        content=content or Plain(text="طلبك في الطريق 👋"), category="transactional",
        created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip


def refused(code: object, subcode: int | None = None) -> dict[str, object]:
    """What the Send API answers when it does not send."""
    return {"error": {"message": "(#10) to 1254477777772919", "type": "OAuthException", "code": code, "error_subcode": subcode}}


@pytest.fixture
def send(aiohttp_server: Any) -> Send:
    """Send a delivery to a Send API that answers as told: the outcome, and the requests that came with their bodies."""

    async def send(what: Delivery, answer: object = None, status: int = 200, **settings: object) -> Any:
        requests: list[Any] = []

        async def post(request: web.Request) -> web.Response:
            requests.append((request, await request.json()))
            return web.json_response({"message_id": "m_1"} if answer is None else answer, status=status)

        app = web.Application()
        app.router.add_post("/{version}/{page}/messages", post)
        server = await aiohttp_server(app)
        async with aiohttp.ClientSession() as http:
            provider = Messenger(Settings.model_validate({**SETTINGS, "base_url": str(server.make_url("")), **settings}), http)
            try:
                return await provider.send(what), requests
            except ProviderError as error:
                return error, requests

    return send


async def test_a_text_goes_to_the_person_with_the_attempts_id(send: Send) -> None:
    """As in the sample of Meta's Send API reference (v25.0, read 2026-11-23)."""
    outcome, [(request, body)] = await send(delivery())

    assert outcome == Receipt(provider_ref="m_1")
    assert request.path == "/v26.0/682498302938465/messages"
    assert request.headers["Authorization"] == "Bearer EAAG-secret-1"
    assert body == {
        "recipient": {"id": "1254477777772919"},
        "messaging_type": "UPDATE",
        "message": {"text": "طلبك في الطريق 👋", "metadata": "wasl:att_1"},
    }


async def test_a_tag_says_why_it_goes_after_the_24_hours(send: Send) -> None:
    _, [(_, body)] = await send(delivery(), tag="HUMAN_AGENT")

    assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


@pytest.mark.parametrize("answer", [{}, {"message_id": 7}, {"message_id": ""}, {"message_id": "m" * 600}])
async def test_a_success_without_an_id_is_unknown(send: Send, answer: object) -> None:
    error, _ = await send(delivery(), answer)

    assert isinstance(error, Unknown)


@pytest.mark.parametrize(
    ("code", "subcode", "told", "scope", "reason"),
    [
        (10, 2018278, "10.2018278", "content", Reason.CONTENT_REJECTED),
        (10, 2534022, "10.2534022", "content", Reason.CONTENT_REJECTED),
        (10, None, "10", "provider", Reason.PROVIDER_MISCONFIGURED),
        (10, 1893063, "10.1893063", "provider", Reason.PROVIDER_MISCONFIGURED),
        (551, 1545041, "551", "content", Reason.UNREACHABLE),
        (200, 1545041, "200.1545041", "content", Reason.UNREACHABLE),
        (200, None, "200", "provider", Reason.PROVIDER_MISCONFIGURED),
        (100, 2018001, "100.2018001", "address", Reason.INVALID_ADDRESS),
        (100, None, "100", "content", Reason.PROVIDER_REJECTED),
        (190, 463, "190", "provider", Reason.PROVIDER_MISCONFIGURED),
    ],
)
async def test_a_refusal_is_of_the_person_the_message_or_the_page(
    send: Send, code: int, subcode: int | None, told: str, scope: str, reason: Reason
) -> None:
    error, requests = await send(delivery(), refused(code, subcode), 400)

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason, error.code) == (scope, reason, told)
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [(400, 613, Unavailable), (400, 4, Unavailable), (500, 1200, Unavailable), (500, 2, Unknown), (400, 1, Unknown)],
)
async def test_only_what_says_that_it_was_not_taken_is_tried_again(send: Send, status: int, code: int, outcome: type) -> None:
    error, _ = await send(delivery(), refused(code), status)

    assert type(error) is outcome


@pytest.mark.parametrize("code", ["1254477777772919", None, True, [10]])
async def test_a_code_that_is_no_number_is_not_repeated(send: Send, code: object) -> None:
    error, _ = await send(delivery(), refused(code), 400)

    assert isinstance(error, Rejected)
    assert error.code == "400"


async def test_2000_characters_are_sent_and_one_more_is_not(send: Send) -> None:
    fits, [_] = await send(delivery(Plain(text="ب" * 2000)))
    error, requests = await send(delivery(Plain(text="ب" * 2001)))

    assert isinstance(fits, Receipt)
    assert isinstance(error, Rejected)
    assert (error.reason, requests) == (Reason.TOO_LONG, [])


async def test_content_of_another_format_is_a_fault_that_sends_nothing(send: Send) -> None:
    with pytest.raises(TypeError, match="plain"):
        await send(delivery(Slack(text="hi")))


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [("page_id", "acme"), ("access_token", ""), ("app_secret", ""), ("verify_token", ""), ("tag", "human agent"), ("api_version", "26")],
)
def test_a_wrong_setting_is_named(setting: str, wrong: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate(SETTINGS | {setting: wrong})

    assert raised.value.errors()[0]["loc"] == (setting,)
