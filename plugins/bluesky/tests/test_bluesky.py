"""The plugin against a server of the AT Protocol on loopback."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from wasl_bluesky import Bluesky, BlueskySettings
from wasl_contracts import Address, Delivery, Mail, Post, ProviderError, Reason, Receipt, Rejected, Unavailable, Unknown, everybody
from wasl_contracts.conformance import samples

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
ANN = Address(channel="social", kind="bluesky_did", value=DID)
EVERYBODY = everybody("social")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
POSTED = f"at://{DID}/app.bsky.feed.post/3jzfcijpj2z2a"


def delivery(text: str = "On its way", address: Address = EVERYBODY, number: int = 1, locale: str = "en") -> Delivery:
    given = samples.delivery(address, Post(text=text, locale=locale), number)
    return given.model_copy(update={"created_at": NOW, "expires_at": NOW + timedelta(days=1)})


def by_handle(handle: str) -> Address:
    return Address(channel="social", kind="bluesky_handle", value=handle)


class Server:
    """The account's server: `answers` by method, each used once, the last for ever; `calls` is what came."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, object, dict[str, str]]]] = {
            "createSession": [(200, {"accessJwt": "access-1", "refreshJwt": "refresh-1", "did": DID}, {})],
            "refreshSession": [(200, {"accessJwt": "access-2", "refreshJwt": "refresh-2", "did": DID}, {})],
            "resolveHandle": [(200, {"did": DID}, {})],
            "getConvoForMembers": [(200, {"convo": {"id": "convo-1"}}, {})],
            "sendMessage": [(200, {"id": "message-1"}, {})],
            "putRecord": [(200, {"uri": POSTED, "cid": "bafy"}, {})],
        }
        self.calls: list[tuple[str, web.Request, Any]] = []

    def will(self, name: str, *answers: tuple[int, object] | tuple[int, object, dict[str, str]]) -> None:
        self.answers[name] = [(*answer, {})[:3] for answer in answers]

    def names(self) -> list[str]:
        return [name for name, _, _ in self.calls]

    async def answer(self, request: web.Request) -> web.Response:
        name = request.path.rpartition(".")[2]
        self.calls.append((name, request, await request.json() if request.can_read_body else None))
        answers = self.answers[name]
        status, document, headers = answers.pop(0) if len(answers) > 1 else answers[0]
        return web.json_response(document, status=status, headers=headers)


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def sky(server: Server, aiohttp_server: Any) -> Any:
    app = web.Application()
    app.router.add_route("*", "/xrpc/{method}", server.answer)
    url = str((await aiohttp_server(app)).make_url("/"))
    async with aiohttp.ClientSession() as http:
        settings = BlueskySettings(handle="acme.example", app_password="abcd-efgh", base_url=url)
        yield Bluesky(settings, http, NOW.timestamp)


async def ended(sky: Bluesky, what: Delivery) -> Receipt | ProviderError:
    try:
        return await sky.send(what)
    except ProviderError as error:
        return error


async def test_a_post_has_its_language_its_time_and_its_links_in_bytes(sky: Bluesky, server: Server) -> None:
    receipt = await sky.send(delivery("طلبك 👋 https://acme.example/t/1042, شكرًا", locale="ar-SA"))

    (_, request, body) = server.calls[-1]
    assert request.headers["Authorization"] == "Bearer access-1"
    assert body == {
        "repo": "acme.example",
        "collection": "app.bsky.feed.post",
        "rkey": body["rkey"],
        "record": {
            "$type": "app.bsky.feed.post",
            "text": "طلبك 👋 https://acme.example/t/1042, شكرًا",
            "facets": [
                {
                    "index": {"byteStart": 14, "byteEnd": 41},
                    "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://acme.example/t/1042"}],
                }
            ],
            "langs": ["ar"],
            "createdAt": "2026-11-23T10:00:00.000Z",
        },
    }
    text = body["record"]["text"].encode()
    assert text[14:41] == b"https://acme.example/t/1042"
    assert receipt == Receipt(provider_ref=POSTED, facts={"url": f"https://bsky.app/profile/{DID}/post/3jzfcijpj2z2a"})


async def test_a_delivery_that_is_posted_again_is_the_same_post_and_another_one_is_not(sky: Bluesky, server: Server) -> None:
    again = delivery().model_copy(update={"attempt_id": "att_2", "dated_at": NOW + timedelta(hours=1)})

    for what in (delivery(), again, delivery(number=2)):
        await sky.send(what)

    first, second, other = (body["rkey"] for name, _, body in server.calls if name == "putRecord")
    assert first == second != other
    assert all(
        len(key) == 13 and key[0] in "234567abcdefghij" and set(key) <= set("234567abcdefghijklmnopqrstuvwxyz") for key in (first, other)
    )


def test_a_thousand_posts_of_one_second_have_a_thousand_keys_in_the_order_of_seconds() -> None:
    from wasl_bluesky.record import record_key

    keys = {record_key(delivery(number=number)) for number in range(1000)}
    later = record_key(delivery().model_copy(update={"created_at": NOW + timedelta(seconds=1)}))

    assert len(keys) == 1000
    assert max(keys) < later


async def test_a_person_is_written_to_in_their_conversation(sky: Bluesky, server: Server) -> None:
    receipt = await sky.send(
        delivery("see https://acme.example", ANN.model_copy(update={"kind": "bluesky_handle", "value": "@ann.example"}))
    )

    names = ["createSession", "resolveHandle", "getConvoForMembers", "sendMessage"]
    assert server.names() == names
    assert server.calls[1][1].query == {"handle": "ann.example"}
    assert server.calls[2][1].query == {"members": DID}
    assert [request.headers.get("atproto-proxy") for _, request, _ in server.calls] == [
        None,
        None,
        *["did:web:api.bsky.chat#bsky_chat"] * 2,
    ]
    said = server.calls[3][2]
    assert (said["convoId"], said["message"]["text"]) == ("convo-1", "see https://acme.example")
    assert said["message"]["facets"][0]["index"] == {"byteStart": 4, "byteEnd": 24}
    assert receipt == Receipt(provider_ref="message-1")


async def test_fifty_sends_at_once_share_one_session(sky: Bluesky, server: Server) -> None:
    await asyncio.gather(*(sky.send(delivery(number=number)) for number in range(50)))
    await sky.send(delivery())

    assert server.names().count("createSession") == 1


async def test_fifty_sends_at_once_fail_with_one_session_that_was_refused(sky: Bluesky, server: Server) -> None:
    server.will("createSession", (401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}))

    ends = await asyncio.gather(*(ended(sky, delivery(number=number)) for number in range(50)))

    assert all(isinstance(end, Rejected) and end.scope == "provider" for end in ends)
    assert server.names() == ["createSession"]


async def test_an_expired_token_is_renewed_once_and_the_call_made_once_more(sky: Bluesky, server: Server) -> None:
    server.will("putRecord", (400, {"error": "ExpiredToken", "message": "Token has expired"}), (200, {"uri": POSTED}))

    receipt = await sky.send(delivery())

    assert receipt.provider_ref == POSTED
    assert server.names() == ["createSession", "putRecord", "refreshSession", "putRecord"]
    assert [request.headers.get("Authorization") for _, request, _ in server.calls[1:]] == [
        "Bearer access-1",
        "Bearer refresh-1",
        "Bearer access-2",
    ]


async def test_a_token_that_stays_expired_pauses_the_provider(sky: Bluesky, server: Server) -> None:
    server.will("putRecord", (400, {"error": "ExpiredToken"}))

    end = await ended(sky, delivery())

    assert isinstance(end, Rejected)
    assert end.scope == "provider"
    assert server.names().count("putRecord") == 2


async def test_a_session_that_cannot_be_renewed_is_made_anew(sky: Bluesky, server: Server) -> None:
    server.will("putRecord", (400, {"error": "ExpiredToken"}), (200, {"uri": POSTED}))
    server.will("refreshSession", (400, {"error": "ExpiredToken"}))

    await sky.send(delivery())

    assert server.names() == ["createSession", "putRecord", "refreshSession", "createSession", "putRecord"]


@pytest.mark.parametrize(
    ("status", "expected"), [(500, Unavailable), (502, Unavailable), (429, Unavailable), (401, Rejected), (403, Rejected)]
)
@pytest.mark.parametrize("asked", ["createSession", "getConvoForMembers"])
async def test_what_fails_before_the_message_is_never_unknown(
    sky: Bluesky, server: Server, asked: str, status: int, expected: type[ProviderError]
) -> None:
    server.will(asked, (status, {"error": "Upset"}))

    end = await ended(sky, delivery(address=ANN))

    assert isinstance(end, expected)
    assert "sendMessage" not in server.names()


@pytest.mark.parametrize("answer", [{}, {"convo": None}, {"convo": {"id": 1}}, {"convo": {"id": ""}}])
async def test_a_strange_conversation_is_unavailable(sky: Bluesky, server: Server, answer: object) -> None:
    server.will("getConvoForMembers", (200, answer))

    assert isinstance(await ended(sky, delivery(address=ANN)), Unavailable)


@pytest.mark.parametrize(
    ("name", "scope", "reason"),
    [
        ("RecipientNotFound", "address", Reason.INVALID_ADDRESS),
        ("MessagesDisabled", "content", Reason.UNREACHABLE),
        ("NotFollowedBySender", "content", Reason.UNREACHABLE),
        ("BlockedActor", "content", Reason.UNREACHABLE),
        ("AccountTakedown", "provider", Reason.PROVIDER_MISCONFIGURED),
        ("InvalidToken", "provider", Reason.PROVIDER_MISCONFIGURED),
        ("InvalidRequest", "content", Reason.PROVIDER_REJECTED),
    ],
)
async def test_a_refusal_is_about_the_person_the_message_or_our_account(
    sky: Bluesky, server: Server, name: str, scope: str, reason: Reason
) -> None:
    server.will("getConvoForMembers", (400, {"error": name, "message": "no"}))

    end = await ended(sky, delivery(address=ANN))

    assert isinstance(end, Rejected)
    assert (end.scope, end.reason) == (scope, reason)


@pytest.mark.parametrize(("name", "scope"), [("InvalidRequest", "content"), ("HandleNotFound", "address")])
async def test_a_handle_that_does_not_resolve_is_kept_unless_it_is_said_to_be_gone(
    sky: Bluesky, server: Server, name: str, scope: str
) -> None:
    server.will("resolveHandle", (400, {"error": name, "message": "Unable to resolve handle"}))

    end = await ended(sky, delivery(address=by_handle("gone.example")))

    assert isinstance(end, Rejected)
    assert end.scope == scope


@pytest.mark.parametrize("asked", ["createSession", "putRecord"])
async def test_the_end_of_the_rate_limit_is_when_to_try_again(sky: Bluesky, server: Server, asked: str) -> None:
    reset = int(NOW.timestamp()) + 90
    server.will(asked, (429, {"error": "RateLimitExceeded"}, {"RateLimit-Reset": str(reset)}))

    end = await ended(sky, delivery())

    assert isinstance(end, Unavailable)
    assert (end.reason, end.retry_after) == (Reason.RATE_LIMITED, 91)


@pytest.mark.parametrize(
    "uri", [None, 1, "", "https://x.example", "at://did:plc:short/app.bsky.feed.post/a", f"at://{DID}/app.bsky.feed.like/a"]
)
async def test_an_answer_without_the_post_is_unknown(sky: Bluesky, server: Server, uri: object) -> None:
    server.will("putRecord", (200, {"uri": uri}))

    assert isinstance(await ended(sky, delivery()), Unknown)


@pytest.mark.parametrize("text", ["ع" * 301, "👨\u200d👩\u200d👧" * 299])
async def test_300_characters_and_3000_bytes_are_the_most(sky: Bluesky, server: Server, text: str) -> None:
    end = await ended(sky, delivery(text))

    assert isinstance(end, Rejected)
    assert (end.scope, end.reason) == ("content", Reason.TOO_LONG)
    assert not server.calls


def test_a_post_is_public_and_a_message_private() -> None:
    kinds = {kind.kind: (kind.audience, kind.private) for kind in Bluesky.spec.addresses}

    assert kinds == {"public": ("public", False), "bluesky_did": ("person", True), "bluesky_handle": ("person", True)}


@pytest.mark.parametrize("handle", ["acme", "@acme.example", "acme.example/", "did:key:abc", "a" * 100 + ".example", ""])
def test_a_handle_that_is_none_is_refused_with_the_settings(handle: str) -> None:
    with pytest.raises(ValidationError, match="handle"):
        BlueskySettings(handle=handle, app_password="abcd-efgh")


async def test_content_of_another_format_is_a_fault_that_sends_nothing(sky: Bluesky) -> None:
    mail = delivery().model_copy(update={"content": Mail(subject="s", html="h", text="t", locale="en")})

    with pytest.raises(TypeError, match="post"):
        await sky.send(mail)
