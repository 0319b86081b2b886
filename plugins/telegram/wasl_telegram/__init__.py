"""Sends to people, groups and channels of Telegram, as a bot."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from wasl_contracts import (
    AddressKind,
    Callback,
    Capabilities,
    Delivery,
    Event,
    HttpSession,
    ProviderError,
    ProviderSpec,
    Reason,
    Receipt,
    Rejected,
)
from wasl_contracts import Telegram as TelegramContent
from wasl_contracts.content import Url
from wasl_contracts.http import Answer, call
from wasl_contracts.model import Frozen
from wasl_telegram.callbacks import events, read
from wasl_telegram.errors import ERRORS

_LONGEST_TEXT = 4096
# It is all that keeps strangers out, as Telegram signs nothing: at least 128 bits.
_WANTED = "is not 22 to 256 letters, digits, _ and -; make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"


def _bot_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", token.get_secret_value()):
        raise PydanticCustomError("bad_token", "is not a bot token; write it as @BotFather gave it, like 123456:ABC")
    return token


def _webhook_secret(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{22,256}", secret.get_secret_value()):
        raise PydanticCustomError("bad_secret", _WANTED)
    return secret


class TelegramSettings(Frozen):
    """A section of wasl.toml with `plugin = "telegram"`."""

    token: Annotated[SecretStr, AfterValidator(_bot_token)] = Field(description="The bot's token, from @BotFather.")
    webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = Field(
        None, description="What you gave setWebhook as secret_token; without it callbacks are refused."
    )
    base_url: Url = Field("https://api.telegram.org", description="Where the Bot API is; your own server is fine.")


class Telegram:
    """Sends text and link buttons to a person who has started the bot, or to a group or channel that the bot is in.

    `provider_ref` is Telegram's `message_id`, which is unique within the chat. The token is a part of the URL, so the URL is made
    for each call and kept nowhere.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="telegram",
        channel="chat",
        format="telegram",
        addresses=(
            AddressKind(kind="telegram_chat", pattern=r"^[0-9]{1,20}$"),
            AddressKind(kind="telegram_group", pattern=r"^(-[0-9]{1,20}|@[A-Za-z0-9_]{5,32})$", audience="group"),
        ),
        settings=TelegramSettings,
        capabilities=Capabilities(max_characters=_LONGEST_TEXT, counted_in="utf16"),
        errors=ERRORS,
        docs_url="https://core.telegram.org/bots/api#sendmessage",
    )

    def __init__(self, settings: TelegramSettings, http: HttpSession) -> None:
        self._http = http
        self._settings = settings

    async def send(self, delivery: Delivery) -> Receipt:
        """Send the delivery once; see `Provider.send` for what it raises."""
        url = f"{self._settings.base_url.rstrip('/')}/bot{self._settings.token.get_secret_value()}/sendMessage"
        answer = await call(self._http, "POST", url, body=self.wire(delivery), headers={"Content-Type": "application/json"})
        told = answer.json()
        if not answer.ok or told.get("ok") is not True:
            raise _error(answer, told)
        return Receipt(provider_ref=_message_id(told.get("result")))

    def wire(self, delivery: Delivery) -> bytes:
        return _body(delivery)

    def parse(self, callback: Callback) -> Sequence[Event]:
        bot, _, _ = self._settings.token.get_secret_value().partition(":")
        return events(read(callback, self._settings.webhook_secret), bot)

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""


def _body(delivery: Delivery) -> bytes:
    content = delivery.content
    if not isinstance(content, TelegramContent):
        raise TypeError("needs content in the format telegram")
    # Telegram measures what is left of the text without tags.
    if not Telegram.spec.capabilities.takes(unescape(re.sub(r"<[^>]*>", "", content.text))):
        raise Rejected(Reason.TOO_LONG, "content")
    message: dict[str, object] = {"chat_id": delivery.address.value, "text": content.text, "parse_mode": "HTML"}
    if content.buttons:
        message["reply_markup"] = {"inline_keyboard": [[{"text": button.label, "url": button.url}] for button in content.buttons]}
    return json.dumps(message).encode()


def _error(answer: Answer, told: dict[str, object]) -> ProviderError:
    """What Telegram's body says goes before status and headers, which a proxy may have changed."""
    parameters = told.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if isinstance(status := told.get("error_code"), int) and 400 <= status < 600:
        answer = replace(answer, status=status)
    if isinstance(seconds := parameters.get("retry_after"), (int, float)):
        answer = replace(answer, headers={"Retry-After": str(seconds)})
    kind, _, why = str(told.get("description")).partition(": ")
    # Descriptions that we do not know may quote what we sent, so they never become the code.
    known = ("migrate_to_chat_id" if "migrate_to_chat_id" in parameters else "", why, kind)
    return answer.error(ERRORS, next((words for words in known if words in ERRORS), answer.status))


def _message_id(result: object) -> str | None:
    number = result.get("message_id") if isinstance(result, dict) else None
    return str(number) if type(number) is int and 0 < number < 2**63 else None
