"""What Slack tells by its Events API (https://docs.slack.dev/apis/events-api): what people answer."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import unescape
from typing import Final

from pydantic import SecretStr, ValidationError

from wasl_contracts import Address, BadSignature, Callback, Event, Unreadable
from wasl_contracts.signing import fresh, from_hex, header, hmac_sha256, same

_LONGEST_REPLY: Final = 10_000
_TIMESTAMP: Final = re.compile(r"[0-9]{1,10}\.[0-9]{1,6}")
_USER: Final = re.compile(r"[UW][A-Z0-9]{2,30}")
_CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{2,30}")
_WRITTEN: Final = (None, "file_share", "thread_broadcast")  # all other subtypes are edits, joins and bots


def read(callback: Callback, secret: SecretStr) -> dict[str, object]:
    """The body of a callback that is Slack's (https://docs.slack.dev/authentication/verifying-requests-from-slack).

    Raises:
        BadSignature: it is not proved, or was signed more than five minutes ago.
        Unreadable: it is no JSON object.
    """
    stamp = fresh(header(callback, "X-Slack-Request-Timestamp"), callback.at)
    version, _, digest = header(callback, "X-Slack-Signature").partition("=")
    if version != "v0":
        raise BadSignature
    same(from_hex(digest), hmac_sha256(secret, f"v0:{stamp}:", callback.body))
    try:
        told = json.loads(callback.body)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(told, dict):
        raise Unreadable
    return told


def challenge(told: Mapping[str, object]) -> bytes | None:
    """What Slack wants to get back when the URL is written into the app's settings; None for everything else."""
    if told.get("type") != "url_verification":
        return None
    word = told.get("challenge")
    if not isinstance(word, str) or not word.isascii():
        raise Unreadable
    return word.encode()


def events(told: Mapping[str, object]) -> Sequence[Event]:
    """The reply in a body; none where it holds none.

    Raises:
        Unreadable: it does not say what happened.
    """
    event = told.get("event")
    if told.get("type") != "event_callback":
        if not isinstance(told.get("type"), str):
            raise Unreadable
        return ()
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Unreadable
    if event["type"] != "message" or "bot_id" in event or event.get("subtype") not in _WRITTEN:
        return ()
    thread = event.get("thread_ts")
    if event.get("channel_type") == "im":
        return (_reply(told, event, _address("slack_user", _USER, event.get("user")), thread),)
    # Of all that is said in a channel only the answers to our own messages are for us.
    if thread is None or event.get("parent_user_id") not in _our_bots(told.get("authorizations")):
        return ()
    return (_reply(told, event, _address("slack_channel", _CHANNEL, event.get("channel")), thread),)


def _reply(told: Mapping[str, object], event: Mapping[str, object], address: Address, thread: object) -> Event:
    at, text, event_id = event.get("ts"), event.get("text"), told.get("event_id")
    if not isinstance(text, str | None) or not isinstance(event_id, str) or not 0 < len(event_id) <= 64:
        raise Unreadable
    in_thread = None if thread is None else _timestamp(thread)
    try:
        return Event(
            kind="replied",
            at=datetime.fromtimestamp(float(_timestamp(at)), UTC),
            provider_ref=in_thread,
            event_id=event_id,
            address=address,
            text=unescape(text)[:_LONGEST_REPLY] if text else None,  # Slack writes & < and > as entities
            thread=in_thread,
        )
    except ValidationError:  # half of a surrogate pair
        raise Unreadable from None


def _our_bots(authorizations: object) -> Iterator[object]:
    for one in authorizations if isinstance(authorizations, list) else ():
        if isinstance(one, dict) and one.get("is_bot") is True and isinstance(one.get("user_id"), str):
            yield one["user_id"]


def _address(kind: str, pattern: re.Pattern[str], value: object) -> Address:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Unreadable
    return Address(channel="chat", kind=kind, value=value)


def _timestamp(ts: object) -> str:
    if not isinstance(ts, str) or not _TIMESTAMP.fullmatch(ts):
        raise Unreadable
    return ts
