"""What Telegram tells by its webhook (https://core.telegram.org/bots/api#update): what people write, and that they blocked the bot."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from pydantic import SecretStr, ValidationError

from wasl_contracts import Address, BadSignature, Callback, Event, Reason, Unreadable
from wasl_contracts.signing import same_secret

_LONGEST_REPLY: Final = 10_000
_GONE: Final = ("kicked", "left")


def read(callback: Callback, secret: SecretStr | None) -> Mapping[str, object]:
    """The update in a callback that repeats our secret (https://core.telegram.org/bots/api#setwebhook).

    Raises:
        BadSignature: it does not.
        Unreadable: it is no update.
    """
    if secret is None:
        raise BadSignature
    same_secret(callback.headers.get("X-Telegram-Bot-Api-Secret-Token"), secret)
    try:
        told = json.loads(callback.body)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(told, dict) or type(told.get("update_id")) is not int:
        raise Unreadable
    return told


def events(update: Mapping[str, object], bot: str) -> Sequence[Event]:
    """The event in an update; none where it holds none. `bot` is the id of our own bot.

    Raises:
        Unreadable: it does not say what happened.
    """
    try:
        if "message" in update:
            return _replies(update, _part(update, "message"), bot)
        if "my_chat_member" in update:
            return _leavings(update, _part(update, "my_chat_member"))
    except ValidationError:  # half of a surrogate pair
        raise Unreadable from None
    return ()


def _replies(update: Mapping[str, object], message: Mapping[str, object], bot: str) -> Sequence[Event]:
    address, is_private = _chat(message)
    if address is None or ("from" in message and _part(message, "from").get("is_bot") is True):
        return ()
    # Of all that is said in a group only the answers to our own messages are for us.
    if not is_private and not _answers(message, bot):
        return ()
    text, thread = message.get("text", message.get("caption")), message.get("message_thread_id")
    if not isinstance(text, str | None) or not isinstance(thread, int | None):
        raise Unreadable
    return (
        Event(
            kind="replied",
            at=_moment(message),
            event_id=str(update["update_id"]),
            address=address,
            text=text[:_LONGEST_REPLY] if text else None,
            thread=None if thread is None else str(thread),
        ),
    )


def _leavings(update: Mapping[str, object], change: Mapping[str, object]) -> Sequence[Event]:
    """Somebody blocked the bot, or it was taken out of a group: until that is undone, nothing arrives there."""
    address, is_private = _chat(change)
    if address is None or _part(change, "new_chat_member").get("status") not in _GONE:
        return ()
    why = Reason.OPTED_OUT if is_private else Reason.UNREACHABLE
    event_id = str(update["update_id"])
    return (Event(kind="unsubscribed", at=_moment(change), event_id=event_id, reason=why, dead=not is_private, address=address),)


def _chat(told: Mapping[str, object]) -> tuple[Address | None, bool]:
    """Where it happened, None where that is a broadcasting channel; and whether it is a chat with one person."""
    chat = _part(told, "chat")
    number, kind = chat.get("id"), chat.get("type")
    if type(number) is not int or abs(number) >= 10**20:
        raise Unreadable
    if kind == "private" and number > 0:
        return Address(channel="chat", kind="telegram_chat", value=str(number)), True
    if kind in ("group", "supergroup") and number < 0:
        return Address(channel="chat", kind="telegram_group", value=str(number)), False
    return None, False


def _answers(message: Mapping[str, object], bot: str) -> bool:
    if "reply_to_message" not in message or "from" not in _part(message, "reply_to_message"):
        return False
    return str(_part(_part(message, "reply_to_message"), "from").get("id")) == bot


def _moment(told: Mapping[str, object]) -> datetime:
    seconds = told.get("date")
    if type(seconds) is not int or not 0 < seconds < 10**10:
        raise Unreadable
    return datetime.fromtimestamp(seconds, UTC)


def _part(told: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = told.get(name)
    if not isinstance(found, dict):
        raise Unreadable
    return found
