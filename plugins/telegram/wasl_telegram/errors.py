"""Telegram's error descriptions, and what they mean. The Bot API has no codes finer than the HTTP status."""

from collections.abc import Mapping

from wasl_contracts import Reason, Refusal

_NOBODY_THERE = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
_NOT_LET_IN = Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="address")
_BAD_SETTINGS = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")

ERRORS: Mapping[str, Refusal] = {
    "migrate_to_chat_id": _NOBODY_THERE,  # the group became a supergroup with another id
    "chat not found": _NOBODY_THERE,
    "user not found": _NOBODY_THERE,
    "PEER_ID_INVALID": _NOBODY_THERE,
    "user is deactivated": _NOBODY_THERE,
    "the group chat was deleted": _NOBODY_THERE,
    "bots can't send messages to bots": _NOBODY_THERE,
    "bot was blocked by the user": Refusal(outcome="rejected", reason=Reason.OPTED_OUT, scope="address"),
    "CHAT_WRITE_FORBIDDEN": _NOT_LET_IN,
    "have no rights to send a message": _NOT_LET_IN,
    "not enough rights to send text messages to the chat": _NOT_LET_IN,
    "message is too long": Refusal(outcome="rejected", reason=Reason.TOO_LONG, scope="content"),
    # What a description begins with, where its rest is not above
    "Bad Request": Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content"),
    "Forbidden": _NOT_LET_IN,  # Telegram says it of a chat; a bare 403 is some proxy's and never drops an address
    "Unauthorized": _BAD_SETTINGS,
    "Not Found": _BAD_SETTINGS,  # a token that is none
    "404": _BAD_SETTINGS,  # no answer of Telegram: base_url is not its API
}
"""Source: the descriptions that the Bot API server sends, as collected at https://github.com/TelegramBotAPI/errors."""
