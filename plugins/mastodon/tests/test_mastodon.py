"""The plugin against a Mastodon instance on loopback."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from wasl_contracts import Address, Delivery, Mail, Post, ProviderError, Reason, Receipt, Rejected, Unavailable, Unknown, everybody
from wasl_mastodon import Mastodon, MastodonSettings

ANN = Address(channel="social", kind="mastodon_handle", value="@ann@example.social")
EVERYBODY = everybody("social")
POSTED = {"id": "109", "url": "https://mastodon.example/@acme/109", "visibility": "public", "mentions": [{"acct": "ann"}]}
Send = Callable[..., Awaitable[tuple[Receipt | ProviderError, list[web.Request]]]]


def delivery(text: str = "On its way", address: Address = ANN, locale: str = "en", delivery_id: str = "dlv_1") -> Delivery:
    now = datetime.now(UTC)
    return Delivery(
        id=delivery_id, attempt_id="att_1", message_id="msg_1", brand="acme", channel="social", address=address,
        content=Post(text=text, locale=locale), topic="news", category="transactional", created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip


@pytest.fixture
def send(aiohttp_server: Any) -> Send:
    """Post a delivery on an instance that answers as told: the outcome, and the requests that came."""

    async def send(what: Delivery, answer: object = None, status: int = 200, **headers: str) -> Any:
        requests: list[web.Request] = []

        async def post(request: web.Request) -> web.Response:
            await request.read()
            requests.append(request)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.json_response(POSTED if answer is None else answer, status=status, headers=named)

        app = web.Application()
        app.router.add_post("/api/v1/statuses", post)
        server = await aiohttp_server(app)
        async with aiohttp.ClientSession() as http:
            provider = Mastodon(MastodonSettings(access_token="secret-1", base_url=str(server.make_url("/"))), http)
            try:
                return await provider.send(what), requests
            except ProviderError as error:
                return error, requests

    return send


async def test_a_public_post_mentions_nobody_and_keeps_its_url(send: Send) -> None:
    outcome, [request] = await send(delivery("مرحبًا 👋 @partner", EVERYBODY, locale="ar-SA"))

    assert outcome == Receipt(provider_ref="109", facts={"url": "https://mastodon.example/@acme/109"})
    assert request.headers["Authorization"] == "Bearer secret-1"
    assert await request.json() == {"status": "مرحبًا 👋 @partner", "visibility": "public", "language": "ar"}


@pytest.mark.parametrize("handle", ["@ann@example.social", "ann@example.social"])
async def test_a_person_is_mentioned_first_in_a_direct_post_without_facts(send: Send, handle: str) -> None:
    outcome, [request] = await send(delivery("مرحبًا", ANN.model_copy(update={"value": handle}), locale="ar"))

    assert outcome == Receipt(provider_ref="109")
    assert await request.json() == {"status": "@ann@example.social\nمرحبًا", "visibility": "direct", "language": "ar"}


async def test_a_direct_post_reaches_nobody_else_that_its_text_names(send: Send) -> None:
    _, [request] = await send(delivery("Ask @support, (@bob@b.example) or help@acme.example, https://m.example/@acme"))

    status = (await request.json())["status"]
    assert status == "@ann@example.social\nAsk @\u2060support, (@\u2060bob@b.example) or help@acme.example, https://m.example/@acme"


async def test_the_delivery_id_is_the_idempotency_key_of_every_attempt(send: Send) -> None:
    _, [first] = await send(delivery())
    _, [again] = await send(delivery().model_copy(update={"attempt_id": "att_2"}))
    _, [other] = await send(delivery(delivery_id="dlv_2"))

    keys = [request.headers["Idempotency-Key"] for request in (first, again, other)]
    assert keys == ["dlv_1", "dlv_1", "dlv_2"]


def test_one_time_codes_never_go_there_because_a_mention_is_not_private() -> None:
    kind = Mastodon.spec.kind("mastodon_handle")

    assert kind is not None
    assert not kind.private


async def test_a_handle_that_nobody_has_is_refused_and_not_called_sent(send: Send) -> None:
    error, _ = await send(delivery(), {**POSTED, "mentions": []})

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason, error.code) == ("content", Reason.UNREACHABLE, "nobody_mentioned")


async def test_a_public_post_needs_no_mention(send: Send) -> None:
    outcome, _ = await send(delivery(address=EVERYBODY), {**POSTED, "mentions": []})

    assert isinstance(outcome, Receipt)


async def test_the_mention_counts_for_the_limit(send: Send) -> None:
    room = 500 - len("@ann\n")  # the instance does not count

    fits, [_] = await send(delivery("ع" * room))
    too_long, requests = await send(delivery("ع" * (room + 1)))

    assert isinstance(fits, Receipt)
    assert isinstance(too_long, Rejected)
    assert (too_long.scope, too_long.reason) == ("content", Reason.TOO_LONG)
    assert not requests


async def test_what_people_see_as_one_character_counts_one(send: Send) -> None:
    fits, _ = await send(delivery("👨\u200d👩\u200d👧" * 500, EVERYBODY))
    too_long, _ = await send(delivery("👨\u200d👩\u200d👧" * 501, EVERYBODY))

    assert isinstance(fits, Receipt)
    assert isinstance(too_long, Rejected)


@pytest.mark.parametrize("link", ["https://a.io", f"https://acme.example/{'x' * 900}"], ids=["short", "long"])
async def test_a_link_counts_23_as_mastodon_counts_it(send: Send, link: str) -> None:
    fits, _ = await send(delivery("x" * 476 + " " + link, EVERYBODY))
    too_long, _ = await send(delivery("x" * 477 + " " + link, EVERYBODY))

    assert isinstance(fits, Receipt)
    assert isinstance(too_long, Rejected)


@pytest.mark.parametrize(("status", "scope"), [(422, "content"), (401, "provider"), (403, "provider"), (404, "provider")])
async def test_a_refusal_is_about_the_post_or_about_our_account(send: Send, status: int, scope: str) -> None:
    error, requests = await send(delivery(), {"error": "Validation failed: On its way"}, status=status)

    assert isinstance(error, Rejected)
    assert (error.scope, error.code) == (scope, str(status))
    assert len(requests) == 1


@pytest.mark.parametrize("zone", [UTC, None], ids=["aware", "naive"])
async def test_the_end_of_the_rate_limit_is_when_to_try_again(send: Send, zone: object) -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=90)).replace(tzinfo=zone)

    error, _ = await send(delivery(), {"error": "Too many requests"}, status=429, X_RateLimit_Reset=reset.isoformat())

    assert isinstance(error, Unavailable)
    assert error.reason is Reason.RATE_LIMITED
    assert error.retry_after == pytest.approx(90, abs=3)
    assert error.retry_after > 85


async def test_retry_after_goes_before_the_end_of_the_rate_limit(send: Send) -> None:
    error, _ = await send(delivery(), status=429, Retry_After="7", X_RateLimit_Reset="2999-01-01T00:00:00.000000Z")

    assert isinstance(error, Unavailable)
    assert error.retry_after == 7


@pytest.mark.parametrize("reset", ["", "soon", "1700000000", "9999-12-31T23:59:59-12:00"])
async def test_a_strange_end_of_the_rate_limit_is_none(send: Send, reset: str) -> None:
    error, _ = await send(delivery(), status=429, X_RateLimit_Reset=reset)

    assert isinstance(error, Unavailable)
    assert error.retry_after is None


@pytest.mark.parametrize("answer", [{}, [], "posted", {"id": 109}, {"id": ""}, {"id": "9" * 600}, {"id": "1\x00"}])
async def test_an_answer_without_a_status_id_is_unknown(send: Send, answer: object) -> None:
    error, _ = await send(delivery(), answer)

    assert isinstance(error, Unknown)


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", "https://x.example/" + "x" * 3000])
async def test_a_strange_url_is_no_fact(send: Send, url: object) -> None:
    outcome, _ = await send(delivery(address=EVERYBODY), {**POSTED, "url": url})

    assert outcome == Receipt(provider_ref="109")


async def test_content_of_another_format_is_a_fault_that_sends_nothing(send: Send) -> None:
    mail = delivery().model_copy(update={"content": Mail(subject="s", html="h", text="t", locale="en")})

    with pytest.raises(TypeError, match="post"):
        await send(mail)
