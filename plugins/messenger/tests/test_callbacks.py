"""What Messenger's callbacks are read as. The samples are those of Meta's webhook reference (read 2026-11-23)."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from multidict import CIMultiDict

from wasl_contracts import Address, BadSignature, Callback, Unreadable
from wasl_messenger import Messenger, Settings

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
MILLISECONDS = int(AT.timestamp() * 1000)
HOOK = "https://wasl.example/hooks/messenger"
PERSON = Address(channel="social", kind="messenger_psid", value="1254477777772919")
KEYS = {"page_id": "1", "access_token": "t", "app_secret": "app-secret-1", "verify_token": "verify-1"}


def signed(body: bytes, secret: str = "app-secret-1", method: str = "POST", url: str = HOOK) -> Callback:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Callback(method, url, CIMultiDict({"X-Hub-Signature-256": f"sha256={digest}"}), body, AT)


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Messenger]]:
    async with aiohttp.ClientSession() as http:
        yield lambda **settings: Messenger(Settings.model_validate(KEYS | settings), http)


@pytest.fixture
def read(connect: Callable) -> Callable:
    """The events in what happened, told by one callback."""

    def read(*happened: dict) -> list:
        messaging = [{"sender": {"id": PERSON.value}, "recipient": {"id": "1"}, "timestamp": MILLISECONDS} | one for one in happened]
        return connect().parse(signed(json.dumps({"object": "page", "entry": [{"id": "1", "messaging": messaging}]}).encode()))

    return read


async def test_each_message_that_arrived_is_found_by_its_id(read: Callable) -> None:
    events = read({"timestamp": None, "delivery": {"mids": ["m_1", "m_2"], "watermark": MILLISECONDS}})

    assert [(event.kind, event.provider_ref, event.at) for event in events] == [("delivered", "m_1", AT), ("delivered", "m_2", AT)]
    assert len({event.event_id for event in events}) == 2


@pytest.mark.parametrize(
    "happened",
    [{"delivery": {"watermark": MILLISECONDS}}, {"read": {"watermark": MILLISECONDS}}, {"reaction": {"action": "react", "mid": "m_1"}}, {}],
    ids=["delivered up to then", "read up to then", "a reaction", "nothing"],
)
async def test_what_names_no_message_is_no_event(read: Callable, happened: dict) -> None:
    assert read(happened) == []


async def test_the_echo_of_our_own_message_proves_that_it_was_sent(read: Callable) -> None:
    [event] = read({"message": {"is_echo": True, "app_id": 1, "mid": "m_1", "text": "hi", "metadata": "wasl:att_1"}})

    assert (event.kind, event.attempt_id, event.provider_ref, event.text) == ("sent", "att_1", "m_1", None)


@pytest.mark.parametrize("metadata", ["", "wasl:", "att_1", "another app's"])
async def test_what_others_write_for_the_page_is_no_event(read: Callable, metadata: str) -> None:
    assert read({"message": {"is_echo": True, "mid": "m_1", "text": "hi", "metadata": metadata}}) == []


async def test_what_a_person_writes_is_a_reply(read: Callable) -> None:
    [event] = read({"message": {"mid": "m_2", "text": "شكرًا 👋\0"}})

    assert (event.kind, event.address, event.text, event.event_id) == ("replied", PERSON, "شكرًا 👋", "m_2")
    assert (event.thread, event.at) == (PERSON.value, AT)
    assert PERSON.value not in repr(event)


async def test_an_answer_to_a_message_names_it_as_the_thread(read: Callable) -> None:
    [event] = read({"message": {"mid": "m_2", "text": "yes", "reply_to": {"mid": "m_1"}}})

    assert event.thread == "m_1"


async def test_a_picture_is_a_reply_without_words_and_a_button_says_its_title(read: Callable) -> None:
    picture, button = read(
        {"message": {"mid": "m_2", "attachments": [{"type": "image", "payload": {"url": "https://scontent.example/1"}}]}},
        {"postback": {"mid": "m_3", "title": "Get started", "payload": "p"}},
    )

    assert (picture.kind, picture.text) == ("replied", None)
    assert (button.kind, button.text, button.event_id) == ("replied", "Get started", "m_3")


@pytest.mark.parametrize(
    "happened",
    [
        {"sender": {}},
        {"delivery": {"mids": ["m_1"]}},
        {"delivery": {"mids": "m_1", "watermark": 1}},
        {"message": {"mid": "m" * 600}},
        {"message": {"mid": "m_1", "text": "hi"}, "timestamp": "nan"},
        {"message": {"mid": "m_1", "text": "hi"}, "sender": {"id": "1\r\n2"}},
    ],
    ids=["nobody", "no watermark", "no list", "a huge id", "no time", "two lines"],
)
async def test_what_makes_no_sense_is_unreadable(read: Callable, happened: dict) -> None:
    with pytest.raises(Unreadable):
        read(happened)


async def test_the_published_example_of_the_signature_is_right(connect: Callable) -> None:
    """GitHub signs by the same header (WebSub); Meta publishes no example.

    Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
    (read 2026-11-23).
    """
    headers = CIMultiDict({"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"})

    with pytest.raises(Unreadable):  # authentic, so it was read
        connect(app_secret="It's a Secret to Everybody").parse(Callback("POST", HOOK, headers, b"Hello, World!", AT))
    with pytest.raises(BadSignature):
        connect(app_secret="It's a secret to everybody").parse(Callback("POST", HOOK, headers, b"Hello, World!", AT))


async def test_without_an_app_secret_nothing_is_proved(connect: Callable) -> None:
    with pytest.raises(BadSignature):
        connect(app_secret=None).parse(signed(b"{}", ""))


async def test_the_challenge_is_given_back_to_who_knows_the_token(connect: Callable) -> None:
    asked = f"{HOOK}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-1"

    assert await connect().handshake(signed(b"", method="GET", url=asked)) == b"1158201444"
    assert await connect().handshake(signed(b"{}", url=asked)) is None


@pytest.mark.parametrize(
    "query",
    [
        "",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-2",
        "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verify-1",
        "hub.mode=subscribe&hub.verify_token=verify-1",
        "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=verify-1",
    ],
)
async def test_a_challenge_of_anybody_else_is_refused(connect: Callable, query: str) -> None:
    with pytest.raises(BadSignature):
        await connect().handshake(signed(b"", method="GET", url=f"{HOOK}?{query}"))
