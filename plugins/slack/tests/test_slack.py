"""The plugin against a Slack on loopback."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from wasl_contracts import Address, Delivery, Mail, ProviderError, Reason, Receipt, Rejected, Unavailable, Unknown
from wasl_contracts.content import Slack as SlackContent
from wasl_slack import Slack, SlackSettings

CHANNEL = Address(channel="chat", kind="slack_channel", value="C0123456789")
POSTED = {"ok": True, "channel": "C0123456789", "ts": "1700000000.000100"}
METADATA = {"event_type": "wasl_delivery", "event_payload": {"attempt": "att_1"}}
Send = Callable[..., Awaitable[tuple[Receipt | ProviderError, list[web.Request]]]]


def delivery(text: str = "On its way", blocks: int = 0, address: Address = CHANNEL) -> Delivery:
    now = datetime.now(UTC)
    content = SlackContent(text=text, blocks=tuple({"type": "divider"} for _ in range(blocks)))
    return Delivery(
        id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="acme", channel="chat", address=address, content=content,
        topic="orders", category="transactional", created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip


@pytest.fixture
def send(aiohttp_server: Any) -> Send:
    """Send a delivery to a Slack that answers as told: the outcome, and the requests that came."""

    async def send(what: Delivery, answer: object = None, status: int = 200, **headers: str) -> Any:
        requests: list[web.Request] = []

        async def post(request: web.Request) -> web.Response:
            await request.read()
            requests.append(request)
            told = POSTED if answer is None else answer
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.json_response(told, status=status, headers=named)

        app = web.Application()
        app.router.add_post("/api/chat.postMessage", post)
        server = await aiohttp_server(app)
        async with aiohttp.ClientSession() as http:
            provider = Slack(SlackSettings(token="xoxb-secret-1", base_url=str(server.make_url("/"))), http)
            try:
                return await provider.send(what), requests
            except ProviderError as error:
                return error, requests

    return send


async def test_a_message_is_posted_with_the_bot_token_and_its_ts_is_the_reference(send: Send) -> None:
    outcome, [request] = await send(delivery("مرحبًا 👋"))

    assert outcome == Receipt(provider_ref="1700000000.000100")
    assert request.headers["Authorization"] == "Bearer xoxb-secret-1"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert await request.json() == {"channel": "C0123456789", "text": "مرحبًا 👋", "metadata": METADATA}


async def test_blocks_go_with_the_text_that_notifications_show(send: Send) -> None:
    _, [request] = await send(delivery("On its way", blocks=2))

    told = await request.json()
    assert (told["text"], told["blocks"]) == ("On its way", [{"type": "divider"}] * 2)


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        ("channel_not_found", "address", Reason.INVALID_ADDRESS),
        ("user_not_found", "address", Reason.INVALID_ADDRESS),
        ("is_archived", "address", Reason.INVALID_ADDRESS),
        ("not_in_channel", "address", Reason.UNREACHABLE),
        ("invalid_auth", "provider", Reason.PROVIDER_MISCONFIGURED),
        ("not_authed", "provider", Reason.PROVIDER_MISCONFIGURED),
        ("token_revoked", "provider", Reason.PROVIDER_MISCONFIGURED),
        ("account_inactive", "provider", Reason.PROVIDER_MISCONFIGURED),
        ("missing_scope", "provider", Reason.PROVIDER_MISCONFIGURED),
        ("invalid_blocks", "content", Reason.CONTENT_REJECTED),
        ("no_text", "content", Reason.CONTENT_REJECTED),
        ("msg_too_long", "content", Reason.TOO_LONG),
    ],
)
async def test_a_200_that_is_not_ok_is_refused_by_its_code(send: Send, code: str, outcome: str, reason: Reason) -> None:
    error, requests = await send(delivery(), {"ok": False, "error": code})

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason, error.code) == (outcome, reason, code)
    assert len(requests) == 1


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "some_new_error"])
async def test_a_code_that_does_not_prove_refusal_is_unknown(send: Send, code: str) -> None:
    error, _ = await send(delivery(), {"ok": False, "error": code})

    assert isinstance(error, Unknown)
    assert error.code == code


@pytest.mark.parametrize("answer", [{}, {"ok": "true", "ts": "1.2"}, {"ok": False}, [], "ok"])
async def test_a_200_without_a_clear_ok_is_unknown(send: Send, answer: object) -> None:
    error, _ = await send(delivery(), answer)

    assert isinstance(error, Unknown)


async def test_too_fast_is_unavailable_for_as_long_as_slack_says(send: Send) -> None:
    error, _ = await send(delivery(), {"ok": False, "error": "ratelimited"}, status=429, Retry_After="30")

    assert isinstance(error, Unavailable)
    assert (error.retry_after, error.reason) == (30, Reason.RATE_LIMITED)


@pytest.mark.parametrize("code", ["service_unavailable", "request_timeout", "team_added_to_org"])
async def test_what_slack_certainly_did_not_take_is_unavailable(send: Send, code: str) -> None:
    error, _ = await send(delivery(), {"ok": False, "error": code})

    assert isinstance(error, Unavailable)
    assert error.reason is Reason.PROVIDER_UNAVAILABLE


@pytest.mark.parametrize("what", [delivery("x" * 40_001), delivery(blocks=51)], ids=["text", "blocks"])
async def test_more_than_slack_shows_is_refused_before_it_leaves(send: Send, what: Delivery) -> None:
    error, requests = await send(what)

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason) == ("content", Reason.TOO_LONG)
    assert not requests


async def test_a_url_that_is_not_slacks_pauses_the_provider_and_keeps_the_message(send: Send) -> None:
    error, _ = await send(delivery(), "nothing here", status=404)

    assert isinstance(error, Rejected)
    assert error.scope == "provider"


@pytest.mark.parametrize("quoted", ["On its way", "C0123456789"])
async def test_an_answer_that_quotes_us_does_not_reach_the_error(send: Send, quoted: str) -> None:
    error, _ = await send(delivery(), {"ok": False, "error": quoted})

    assert quoted not in f"{error} {error!r}"
    assert isinstance(error, Unknown)
    assert error.code == "200"


async def test_a_long_arabic_message_that_slack_repeats_in_its_answer_is_sent(send: Send) -> None:
    text = "ش" * 30_000

    outcome, _ = await send(delivery(text), {**POSTED, "message": {"type": "message", "ts": "0", "text": text}})

    assert outcome == Receipt(provider_ref="1700000000.000100")


@pytest.mark.parametrize("ts", [None, 17, "9" * 600, "1\x00", "<b>"])
async def test_a_strange_ts_is_no_reference(send: Send, ts: object) -> None:
    outcome, _ = await send(delivery(), {"ok": True, "ts": ts})

    assert outcome == Receipt()


async def test_content_of_another_format_is_a_fault_that_sends_nothing(send: Send) -> None:
    mail = delivery().model_copy(update={"content": Mail(subject="s", html="h", text="t", locale="en")})

    with pytest.raises(TypeError, match="slack"):
        await send(mail)
