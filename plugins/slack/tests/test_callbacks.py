"""What people answer in Slack, and what is believed to be Slack's."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from multidict import CIMultiDict

from wasl_contracts import Address, BadSignature, Callback, Event, Unreadable
from wasl_slack import Slack, SlackSettings

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
OURS = "1772357000.000100"


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with aiohttp.ClientSession() as http:
        yield Slack(SlackSettings(token="xoxb-secret-1", signing_secret=SECRET), http)


def callback(told: object, secret: str = SECRET) -> Callback:
    body, stamp = told if isinstance(told, bytes) else json.dumps(told).encode(), str(int(AT.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = CIMultiDict({"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": stamp})
    return Callback("POST", "https://wasl.example/hooks/slack", headers, body, AT)


def said(**event: object) -> dict[str, object]:
    """The outer payload of the Events API around a message event (docs.slack.dev/reference/events/message.im), read 2026-11."""
    usual = {
        "type": "message",
        "channel": "D024BE91L",
        "user": "U2147483697",
        "text": "Hello world",
        "ts": "1772357400.000005",
        "channel_type": "im",
    }
    return {
        "token": "XXYYZZ",
        "team_id": "T123ABC456",
        "api_app_id": "A123ABC456",
        "event": {key: value for key, value in {**usual, **event}.items() if value is not ...},
        "type": "event_callback",
        "authorizations": [{"team_id": "T123ABC456", "user_id": "U0BOT", "is_bot": True}],
        "event_id": "Ev123ABC456",
        "event_time": 1772357400,
    }


def in_channel(**event: object) -> dict[str, object]:
    return said(**{"channel": "C123ABC456", "channel_type": "channel", "thread_ts": OURS, "parent_user_id": "U0BOT", **event})


def test_slacks_own_example_is_believed_and_nothing_else_in_its_place(slack: Slack) -> None:
    """docs.slack.dev/authentication/verifying-requests-from-slack, read 2026-11. It is a slash command, so it is no event."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
        b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2F"
        b"commands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    headers = CIMultiDict({"x-slack-signature": signature, "x-slack-request-timestamp": "1531420618"})
    at = datetime.fromtimestamp(1531420620, UTC)

    with pytest.raises(Unreadable):
        slack.parse(Callback("POST", "https://wasl.example/hooks/slack", headers, body, at))
    for other in (body + b" ", body.replace(b"T1DC2JH3J", b"T1DC2JH3K")):
        with pytest.raises(BadSignature):
            slack.parse(Callback("POST", "https://wasl.example/hooks/slack", headers, other, at))


async def test_the_challenge_is_given_back_to_slack_alone(slack: Slack) -> None:
    told = {
        "token": "Jhj5dZrVaK7ZwHHjRyZWjbDl",
        "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
        "type": "url_verification",
    }

    assert await slack.handshake(callback(told)) == b"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    assert await slack.handshake(callback(said())) is None
    with pytest.raises(BadSignature):
        await slack.handshake(callback(told, "somebody else's"))
    with pytest.raises(Unreadable):
        await slack.handshake(callback({**told, "challenge": 7}))


def test_a_direct_message_is_a_reply_of_its_writer(slack: Slack) -> None:
    [event] = slack.parse(callback(said(text="لا &amp; شكرًا &lt;3")))

    assert event == Event(
        kind="replied",
        at=datetime(2026, 3, 1, 9, 30, 0, 5, UTC),
        event_id="Ev123ABC456",
        address=Address(channel="chat", kind="slack_user", value="U2147483697"),
        text="لا & شكرًا <3",
    )


def test_an_answer_in_a_thread_below_our_message_names_it(slack: Slack) -> None:
    [direct] = slack.parse(callback(said(thread_ts=OURS)))
    [shared] = slack.parse(callback(in_channel()))

    assert (direct.provider_ref, direct.thread) == (OURS, OURS)
    assert (shared.provider_ref, shared.thread) == (OURS, OURS)
    assert shared.address == Address(channel="chat", kind="slack_channel", value="C123ABC456")


@pytest.mark.parametrize(
    "told",
    [
        in_channel(thread_ts=...),
        in_channel(parent_user_id="U0HUMAN"),
        in_channel(parent_user_id=...),
        {**in_channel(), "authorizations": [{"user_id": "U0BOT", "is_bot": False}]},
        {**in_channel(), "authorizations": None},
        said(bot_id="B0439P161B9"),
        said(subtype="message_changed"),
        said(subtype="channel_join"),
        said(type="reaction_added"),
        {"type": "app_rate_limited", "minute_rate_limited": 1518467820},
    ],
    ids=[
        "chatter",
        "thread of another",
        "no parent",
        "a person's authorization",
        "no authorizations",
        "bot",
        "edit",
        "join",
        "reaction",
        "limit",
    ],
)
def test_what_is_no_answer_to_us_is_no_event(slack: Slack, told: object) -> None:
    assert list(slack.parse(callback(told))) == []


def test_a_file_without_words_is_a_reply_without_text(slack: Slack) -> None:
    [event] = slack.parse(callback(said(subtype="file_share", text="")))

    assert (event.kind, event.text) == ("replied", None)


def test_a_long_reply_is_cut(slack: Slack) -> None:
    [event] = slack.parse(callback(said(text="&amp;" * 12_000)))

    assert event.text == "&" * 10_000


@pytest.mark.parametrize(
    "told",
    [
        said(user=7),
        said(user="lower"),
        said(ts="now"),
        said(ts=17.5),
        said(text=["a"]),
        said(text="\ud800"),
        said(thread_ts=17),
        {**said(), "event_id": None},
        {**said(), "event": "message"},
        {"event": {}},
        b"null",
        b"[" * 10_000,
    ],
)
def test_what_makes_no_sense_is_unreadable(slack: Slack, told: object) -> None:
    with pytest.raises(Unreadable):
        slack.parse(callback(told))


@pytest.mark.parametrize("version", ["v1", "V0", "", "v0 "])
def test_another_version_of_the_signature_is_not_believed(slack: Slack, version: str) -> None:
    told = callback(said())
    told.headers["X-Slack-Signature"] = told.headers["X-Slack-Signature"].replace("v0", version)

    with pytest.raises(BadSignature):
        slack.parse(told)


async def test_without_a_signing_secret_no_callback_is_believed() -> None:
    async with aiohttp.ClientSession() as http:
        slack = Slack(SlackSettings(token="xoxb-secret-1"), http)
        with pytest.raises(BadSignature):
            slack.parse(callback(said()))
        with pytest.raises(BadSignature):
            await slack.handshake(callback(said()))
