"""Sends to people and channels of Slack, through chat.postMessage."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import Field, SecretStr

from wasl_contracts import (
    AddressKind,
    BadSignature,
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
from wasl_contracts.content import Slack as SlackContent
from wasl_contracts.content import Url
from wasl_contracts.http import Answer, call
from wasl_contracts.model import Frozen
from wasl_slack.callbacks import challenge, events, read
from wasl_slack.errors import ERRORS

_LONGEST_TEXT = 40_000  # Slack cuts what is longer, without an error
_MOST_BLOCKS = 50


class SlackSettings(Frozen):
    """A section of wasl.toml with `plugin = "slack"`."""

    token: SecretStr = Field(min_length=1, description="The bot token, xoxb-…, with the scope chat:write.")
    signing_secret: SecretStr | None = Field(None, min_length=1, description="For callbacks; without it they are refused.")
    base_url: Url = Field("https://slack.com", description="Where Slack's API is.")


class Slack:
    """Posts a message to a person (as a direct message of the app) or to a channel that the app is a member of.

    `provider_ref` is Slack's `ts`, which is unique within the conversation, and what a thread below the message is called by.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="slack",
        channel="chat",
        format="slack",
        addresses=(
            AddressKind(kind="slack_user", pattern=r"^[UW][A-Z0-9]{2,}$"),
            AddressKind(kind="slack_channel", pattern=r"^[CG][A-Z0-9]{2,}$", audience="group"),
        ),
        settings=SlackSettings,
        capabilities=Capabilities(max_characters=_LONGEST_TEXT, found_by_ref=True),
        errors=ERRORS,
        docs_url="https://docs.slack.dev/reference/methods/chat.postMessage/",
    )

    def __init__(self, settings: SlackSettings, http: HttpSession) -> None:
        self._http = http
        self._url = f"{settings.base_url.rstrip('/')}/api/chat.postMessage"
        self._token = settings.token
        self._signing_secret = settings.signing_secret

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery once; see `Provider.send` for what it raises."""
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}", "Content-Type": "application/json; charset=utf-8"}
        answer = await call(self._http, "POST", self._url, body=self.wire(delivery), headers=headers)
        told = _told(answer)
        if not answer.ok or told.get("ok") is not True:
            raise _error(answer)
        return Receipt(provider_ref=_timestamp(told.get("ts")))

    def wire(self, delivery: Delivery) -> bytes:
        return _body(delivery)

    async def handshake(self, callback: Callback) -> bytes | None:
        """Slack's challenge, where it asks for it."""
        return challenge(self._read(callback))

    def parse(self, callback: Callback) -> Sequence[Event]:
        return events(self._read(callback))

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""

    def _read(self, callback: Callback) -> dict[str, object]:
        if self._signing_secret is None:
            raise BadSignature
        return read(callback, self._signing_secret)


def _body(delivery: Delivery) -> bytes:
    content = delivery.content
    if not isinstance(content, SlackContent):
        raise TypeError("needs content in the format slack")
    if len(content.text) > _LONGEST_TEXT or len(content.blocks) > _MOST_BLOCKS:
        raise Rejected(Reason.TOO_LONG, "content")
    message: dict[str, object] = {"channel": delivery.address.value, "text": content.text}
    if content.blocks:
        message["blocks"] = content.blocks
    # Slack gives it back with the message, in its history and its events (docs.slack.dev/messaging/message-metadata).
    message["metadata"] = {"event_type": "wasl_delivery", "event_payload": {"attempt": delivery.attempt_id}}
    return json.dumps(message).encode()


def _told(answer: Answer) -> dict[str, object]:
    """The answer without the message, which Slack repeats at its end: escaped, a long Arabic one is more than `call` reads."""
    return answer.json() or replace(answer, body=re.split(rb',\s*"message":', answer.body, maxsplit=1)[0] + b"}").json()


def _error(answer: Answer) -> ProviderError:
    code = answer.json().get("error")
    if isinstance(code, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,63}", code):
        return answer.error(ERRORS, code)
    # Whatever else stands there may quote what we sent.
    return answer.error(ERRORS, answer.status)


def _timestamp(ts: object) -> str | None:
    return ts if isinstance(ts, str) and re.fullmatch(r"[0-9.]{1,64}", ts) else None
