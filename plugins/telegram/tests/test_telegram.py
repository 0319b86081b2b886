"""The plugin against a Bot API on loopback."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from wasl_contracts import Action, Address, Delivery, Mail, ProviderError, Reason, Receipt, Rejected, Unavailable, Unknown
from wasl_contracts import Telegram as TelegramContent
from wasl_telegram import Telegram, TelegramSettings

TOKEN = "123456:AA-secret_1"
PERSON = Address(channel="chat", kind="telegram_chat", value="700700700")
SENT = {"ok": True, "result": {"message_id": 4242, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "hi"}}
Send = Callable[..., Awaitable[tuple[Receipt | ProviderError, list[web.Request]]]]


def delivery(text: str = "On its way", address: Address = PERSON, *buttons: Action) -> Delivery:
    now = datetime.now(UTC)
    return Delivery(
        id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="acme", channel="chat", address=address, topic="orders",
        content=TelegramContent(text=text, buttons=buttons), category="transactional",
        created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip


def refusal(code: int, description: str, **parameters: object) -> dict[str, object]:
    """What the Bot API answers when it does not send."""
    told: dict[str, object] = {"ok": False, "error_code": code, "description": description}
    return {**told, "parameters": parameters} if parameters else told


@pytest.fixture
def send(aiohttp_server: Any) -> Send:
    """Send a delivery to a Bot API that answers as told: the outcome, and the requests that came."""

    async def send(what: Delivery, answer: object = None, status: int | None = None, **headers: str) -> Any:
        requests: list[web.Request] = []

        async def post(request: web.Request) -> web.Response:
            await request.read()
            requests.append(request)
            told = SENT if answer is None else answer
            repeated = told.get("error_code", 200) if isinstance(told, dict) else 200
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.json_response(told, status=status or repeated, headers=named)

        app = web.Application()
        app.router.add_post("/{bot}/sendMessage", post)
        server = await aiohttp_server(app)
        async with aiohttp.ClientSession() as http:
            provider = Telegram(TelegramSettings(token=TOKEN, base_url=str(server.make_url("/"))), http)
            try:
                return await provider.send(what), requests
            except ProviderError as error:
                return error, requests

    return send


async def test_a_text_goes_to_the_chat_and_its_message_id_is_the_reference(send: Send) -> None:
    outcome, [request] = await send(delivery("مرحبًا 👋"))

    assert outcome == Receipt(provider_ref="4242")
    assert request.path == f"/bot{TOKEN}/sendMessage"
    assert await request.json() == {"chat_id": "700700700", "text": "مرحبًا 👋", "parse_mode": "HTML"}


async def test_each_button_has_a_row_of_its_own(send: Send) -> None:
    buttons = [Action(label=label, url=f"https://acme.example/{label}") for label in ("a", "b")]

    _, [request] = await send(delivery("On its way", PERSON, *buttons))

    rows = (await request.json())["reply_markup"]["inline_keyboard"]
    assert rows == [[{"text": "a", "url": "https://acme.example/a"}], [{"text": "b", "url": "https://acme.example/b"}]]


async def test_tags_and_escapes_do_not_count_for_the_limit(send: Send) -> None:
    outcome, [_] = await send(delivery("<b>" + "&lt;" * 4096 + "</b>"))

    assert isinstance(outcome, Receipt)


@pytest.mark.parametrize(
    ("answer", "reason", "code"),
    [
        (refusal(403, "Forbidden: bot was blocked by the user"), Reason.OPTED_OUT, "bot_was_blocked_by_the_user"),
        (refusal(403, "Forbidden: user is deactivated"), Reason.INVALID_ADDRESS, "user_is_deactivated"),
        (refusal(403, "Forbidden: bot was kicked from the group chat"), Reason.UNREACHABLE, "Forbidden"),
        (refusal(400, "Bad Request: chat not found"), Reason.INVALID_ADDRESS, "chat_not_found"),
        (
            refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1001),
            Reason.INVALID_ADDRESS,
            "migrate_to_chat_id",
        ),
    ],
    ids=["blocked", "deactivated", "kicked", "not found", "migrated"],
)
async def test_a_chat_that_cannot_be_written_to_is_refused_for_its_address(
    send: Send, answer: object, reason: Reason, code: str
) -> None:  # fmt: skip
    error, requests = await send(delivery(), answer)

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason, error.code) == ("address", reason, code)
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("description", "reason"),
    [("Bad Request: message is too long", Reason.TOO_LONG), ("Bad Request: message text is empty", Reason.CONTENT_REJECTED)],
)
async def test_any_other_bad_request_is_refused_for_its_content(send: Send, description: str, reason: Reason) -> None:
    error, _ = await send(delivery(), refusal(400, description))

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason) == ("content", reason)


@pytest.mark.parametrize("answer", [refusal(401, "Unauthorized"), refusal(404, "Not Found")], ids=["401", "404"])
async def test_a_bad_token_pauses_the_provider_and_keeps_the_message(send: Send, answer: object) -> None:
    error, _ = await send(delivery(), answer)

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason) == ("provider", Reason.PROVIDER_MISCONFIGURED)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_refusal_that_is_not_telegrams_drops_no_address(send: Send, status: int) -> None:
    error, _ = await send(delivery(), "<h1>Blocked by the company's proxy</h1>", status=status)

    assert isinstance(error, Rejected)
    assert error.scope == "provider"


async def test_the_wait_in_the_body_goes_before_the_header(send: Send) -> None:
    answer = refusal(429, "Too Many Requests: retry after 7", retry_after=7)

    error, _ = await send(delivery(), answer, Retry_After="60")

    assert isinstance(error, Unavailable)
    assert (error.retry_after, error.reason) == (7, Reason.RATE_LIMITED)


@pytest.mark.parametrize("strange", [-5, 10**400, "7", None], ids=["negative", "huge", "text", "null"])
async def test_a_strange_wait_in_the_body_is_still_unavailable(send: Send, strange: object) -> None:
    error, _ = await send(delivery(), refusal(429, "Too Many Requests", retry_after=strange))

    assert isinstance(error, Unavailable)
    assert error.retry_after is None


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (refusal(400, "Bad Request: chat not found"), Rejected),
        (refusal(429, "Too Many Requests: retry after 7", retry_after=7), Unavailable),
        (refusal(500, "Internal Server Error"), Unknown),
        ({"ok": False}, Unknown),
        ({"result": {"message_id": 1}}, Unknown),
        ([], Unknown),
    ],
    ids=["400", "429", "500", "bare", "without ok", "list"],
)
async def test_a_200_that_is_not_ok_is_no_success(send: Send, answer: object, outcome: type[ProviderError]) -> None:
    error, _ = await send(delivery(), answer, status=200)

    assert type(error) is outcome


async def test_an_emoji_counts_twice_as_telegram_counts(send: Send) -> None:
    fits, [_] = await send(delivery("👋" * 2048))
    too_long, requests = await send(delivery("👋" * 2048 + "."))

    assert isinstance(fits, Receipt)
    assert isinstance(too_long, Rejected)
    assert (too_long.scope, too_long.reason) == ("content", Reason.TOO_LONG)
    assert not requests


async def test_a_description_that_quotes_us_does_not_reach_the_error(send: Send) -> None:
    error, _ = await send(delivery("<otp>4711"), refusal(400, 'Bad Request: unsupported start tag "<otp>4711" in 700700700'))

    assert str(error) == "content_rejected (Bad_Request)"


async def test_the_token_in_the_url_stands_in_no_error_and_no_repr(unused_tcp_port: int) -> None:
    settings = TelegramSettings(token=TOKEN, base_url=f"http://127.0.0.1:{unused_tcp_port}")
    async with aiohttp.ClientSession() as http:
        provider = Telegram(settings, http)

        with pytest.raises(Unavailable) as caught:
            await provider.send(delivery())

    assert "AA-secret" not in f"{caught.value} {caught.value!r} {settings!r} {provider!r} {vars(provider)}"


@pytest.mark.parametrize("token", ["", "secret", "123456:AA/../secret", "123456:AA-secret\n"])
def test_a_token_that_is_none_is_refused_with_the_settings_and_not_shown(token: str) -> None:
    with pytest.raises(ValidationError, match="BotFather") as caught:
        TelegramSettings(token=token)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("strange", [None, True, -1, 2**80, "4242"])
async def test_a_strange_message_id_is_no_reference(send: Send, strange: object) -> None:
    outcome, _ = await send(delivery(), {"ok": True, "result": {"message_id": strange}})

    assert outcome == Receipt()


async def test_content_of_another_format_is_a_fault_that_sends_nothing(send: Send) -> None:
    mail = delivery().model_copy(update={"content": Mail(subject="s", html="h", text="t", locale="en")})

    with pytest.raises(TypeError, match="telegram"):
        await send(mail)
