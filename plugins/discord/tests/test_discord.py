"""The plugin against a Discord on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from multidict import CIMultiDict
from pydantic import ValidationError

from wasl_contracts import (
    Address,
    BadSignature,
    Callback,
    Delivery,
    Event,
    Mail,
    ProviderError,
    Reason,
    Receipt,
    Rejected,
    Unavailable,
    Unknown,
    Unreadable,
)
from wasl_contracts import Discord as DiscordContent
from wasl_discord import Discord, DiscordSettings

ROOM = Address(channel="chat", kind="discord_channel", value="1049822517302399006")
PERSON = Address(channel="chat", kind="discord_user", value="82198898841029460")
DISCORDS = Ed25519PrivateKey.generate()
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def delivery(address: Address = ROOM, text: str = "في الطريق 👋", **content: object) -> Delivery:
    now = datetime.now(UTC)
    return Delivery(
        id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="acme", channel="chat", address=address, topic="orders",
        content=DiscordContent.model_validate({"content": text, **content}), category="transactional",
        created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip


class FakeDiscord:
    def __init__(self) -> None:
        self.url = ""
        self.sent: list[tuple[str, dict, web.Request]] = []
        self.opened: list[dict] = []
        self.answer: tuple[int, object, dict[str, str]] = (200, {"id": "1290000000000000100"}, {})
        self.opening: tuple[int, object, dict[str, str]] = (200, {"id": "990", "type": 1}, {})

    async def message(self, request: web.Request) -> web.Response:
        self.sent.append((request.match_info["channel"], await request.json(), request))
        return self._told(self.answer)

    async def direct(self, request: web.Request) -> web.Response:
        self.opened.append(await request.json())
        return self._told(self.opening)

    def _told(self, answer: tuple[int, object, dict[str, str]]) -> web.Response:
        status, body, headers = answer
        return web.json_response(body, status=status, headers=headers)


@pytest.fixture
async def discord(aiohttp_server: Callable) -> FakeDiscord:
    fake, app = FakeDiscord(), web.Application()
    app.router.add_post("/api/v10/channels/{channel}/messages", fake.message)
    app.router.add_post("/api/v10/users/@me/channels", fake.direct)
    fake.url = str((await aiohttp_server(app, host="127.0.0.1")).make_url("")).rstrip("/")
    return fake


@pytest.fixture
async def provider(discord: FakeDiscord) -> AsyncIterator[Discord]:
    async with aiohttp.ClientSession() as http:
        key = DISCORDS.public_key().public_bytes_raw().hex()
        yield Discord(DiscordSettings(token="MTA.secret-1", public_key=key, base_url=discord.url), http)


async def refused(provider: Discord, what: Delivery) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await provider.send(what)
    return caught.value


async def test_a_message_is_posted_by_the_bot_and_pings_nobody(discord: FakeDiscord, provider: Discord) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 5, "label": "Track", "url": "https://acme.example/t"}]}

    receipt = await provider.send(delivery(components=(row,)))

    [(channel, body, request)] = discord.sent
    nonce = body.pop("nonce")
    assert receipt == Receipt(provider_ref="1290000000000000100")
    assert channel == ROOM.value
    assert body == {"content": "في الطريق 👋", "allowed_mentions": {"parse": []}, "components": [row], "enforce_nonce": True}
    assert len(nonce) <= 25
    assert request.headers["Authorization"] == "Bot MTA.secret-1"
    assert request.headers["User-Agent"].startswith("DiscordBot (")


async def test_a_persons_channel_is_opened_once(discord: FakeDiscord, provider: Discord) -> None:
    for _ in range(3):
        await provider.send(delivery(PERSON))

    assert discord.opened == [{"recipient_id": PERSON.value}]
    assert [channel for channel, _, _ in discord.sent] == ["990"] * 3


@pytest.mark.parametrize("answer", [(500, {}, {}), (502, "<html>", {}), (200, {"id": 7}, {}), (200, [], {}), (408, {}, {})])
async def test_a_channel_that_may_not_have_been_opened_has_certainly_got_no_message(
    discord: FakeDiscord, provider: Discord, answer: tuple
) -> None:
    discord.opening = answer

    error = await refused(provider, delivery(PERSON))

    assert isinstance(error, Unavailable)
    assert discord.sent == []


async def test_a_person_who_cannot_be_written_to_is_told_before_a_message_leaves(discord: FakeDiscord, provider: Discord) -> None:
    discord.opening = (400, {"code": 50033, "message": "Invalid Recipient(s)"}, {})

    error = await refused(provider, delivery(PERSON))

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason, error.code) == ("address", Reason.INVALID_ADDRESS, "50033")
    assert discord.sent == []


@pytest.mark.parametrize(
    ("status", "code", "scope", "reason"),
    [
        (404, 10003, "address", Reason.INVALID_ADDRESS),
        (403, 50007, "address", Reason.UNREACHABLE),
        (403, 50278, "address", Reason.UNREACHABLE),
        (403, 50001, "address", Reason.UNREACHABLE),
        (403, 50013, "address", Reason.UNREACHABLE),
        (400, 50035, "content", Reason.CONTENT_REJECTED),
        (400, 240000, "content", Reason.CONTENT_REJECTED),
        (400, 99999, "content", Reason.PROVIDER_REJECTED),
        (401, 0, "provider", Reason.PROVIDER_MISCONFIGURED),
        (403, 20026, "provider", Reason.PROVIDER_MISCONFIGURED),
        (403, None, "provider", Reason.PROVIDER_MISCONFIGURED),
        (404, 0, "provider", Reason.PROVIDER_MISCONFIGURED),
    ],
)
async def test_a_refusal_means_what_discords_code_says(
    discord: FakeDiscord, provider: Discord, status: int, code: int | None, scope: str, reason: Reason
) -> None:  # fmt: skip
    discord.answer = (status, {"code": code, "message": "في الطريق"}, {})

    error = await refused(provider, delivery())

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason) == (scope, reason)


async def test_the_wait_in_the_body_goes_before_the_header(discord: FakeDiscord, provider: Discord) -> None:
    discord.answer = (429, {"message": "You are being rate limited.", "retry_after": 64.57, "global": False}, {"Retry-After": "65"})

    error = await refused(provider, delivery())

    assert isinstance(error, Unavailable)
    assert (error.retry_after, error.reason) == (64.57, Reason.RATE_LIMITED)


@pytest.mark.parametrize("strange", [-5, 1e400, 10**400, "7", None, True, [1]], ids=str)
async def test_a_strange_wait_in_the_body_is_still_unavailable(discord: FakeDiscord, provider: Discord, strange: object) -> None:
    discord.answer = (429, {"code": 20028, "retry_after": strange}, {})

    error = await refused(provider, delivery())

    assert isinstance(error, Unavailable)
    assert error.retry_after is None


async def test_a_server_error_is_unknown(discord: FakeDiscord, provider: Discord) -> None:
    discord.answer = (500, {"code": 0, "message": "500: Internal Server Error"}, {})

    assert isinstance(await refused(provider, delivery()), Unknown)


@pytest.mark.parametrize("strange", [None, 17, "9" * 30, "١٢٣", "<b>", ""])
async def test_a_strange_id_is_no_reference(discord: FakeDiscord, provider: Discord, strange: object) -> None:
    discord.answer = (200, {"id": strange}, {})

    assert await provider.send(delivery()) == Receipt()


async def test_an_emoji_counts_twice_and_more_than_2000_is_refused_before_it_leaves(discord: FakeDiscord, provider: Discord) -> None:
    await provider.send(delivery(text="👋" * 1000))
    error = await refused(provider, delivery(text="👋" * 1000 + "."))

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason) == ("content", Reason.TOO_LONG)
    assert len(discord.sent) == 1


async def test_channels_of_any_number_of_people_are_not_kept_for_ever(provider: Discord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl_discord.provider._MOST_KEPT", 5)

    people = [PERSON.model_copy(update={"value": str(number)}) for number in range(1, 20)]
    await asyncio.gather(*(provider.send(delivery(person)) for person in people))

    assert len(provider._direct) <= 5


def callback(body: object, signer: Ed25519PrivateKey = DISCORDS, stamp: str | None = None) -> Callback:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    at = str(int(AT.timestamp())) if stamp is None else stamp
    proof = {"x-signature-ed25519": signer.sign(at.encode() + raw).hex(), "x-signature-timestamp": at}
    return Callback("POST", "https://wasl.example/hooks/discord", CIMultiDict(proof), raw, AT)


PING = {"version": 1, "application_id": "1234560123453231555", "type": 0}


def removed(**changes: object) -> dict[str, object]:
    """Webhook events, APPLICATION_DEAUTHORIZED; Discord's documentation, read 2026-11 (it shows the example without an offset)."""
    event = {"type": "APPLICATION_DEAUTHORIZED", "timestamp": "2026-03-01T09:29:58.064834", "data": {"user": {"id": PERSON.value}}}
    return {**PING, "type": 1, "event": {**event, **changes}}


async def test_whoever_removed_the_app_has_unsubscribed(provider: Discord) -> None:
    assert await provider.handshake(callback(removed())) is None

    [event] = provider.parse(callback(removed()))

    at = datetime(2026, 3, 1, 9, 29, 58, 64834, tzinfo=UTC)
    assert event == Event(kind="unsubscribed", at=at, reason=Reason.OPTED_OUT, address=PERSON)


async def test_the_question_whether_anybody_is_here_is_answered_with_nothing_if_it_is_discords(provider: Discord) -> None:
    assert await provider.handshake(callback(PING)) == b""
    with pytest.raises(BadSignature):
        await provider.handshake(callback(PING, Ed25519PrivateKey.generate()))


def test_what_we_have_no_word_for_is_no_event(provider: Discord) -> None:
    assert list(provider.parse(callback(removed(type="ENTITLEMENT_CREATE")))) == []


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[" * 10_000,
        {"type": 1},
        {"type": 1, "event": []},
        removed(data={}),
        removed(data={"user": {"id": 7}}),
        removed(timestamp="now"),
        removed(timestamp=None),
    ],
)
def test_what_makes_no_sense_is_unreadable(provider: Discord, body: object) -> None:
    with pytest.raises(Unreadable):
        provider.parse(callback(body))


async def test_without_a_public_key_no_callback_is_believed() -> None:
    async with aiohttp.ClientSession() as http:
        provider = Discord(DiscordSettings(token="MTA.secret-1"), http)
        with pytest.raises(BadSignature):
            provider.parse(callback(removed()))


@pytest.mark.parametrize("key", ["", "abc", "A" * 64, "0" * 64 + "\n"])
def test_a_public_key_that_is_none_is_refused_with_the_settings(key: str) -> None:
    with pytest.raises(ValidationError, match="public_key"):
        DiscordSettings(token="MTA.secret-1", public_key=key)


async def test_content_of_another_format_is_a_fault_that_sends_nothing(discord: FakeDiscord, provider: Discord) -> None:
    mail = delivery().model_copy(update={"content": Mail(subject="s", html="h", text="t", locale="en")})

    with pytest.raises(TypeError, match="discord"):
        await provider.send(mail)

    assert discord.sent == []
