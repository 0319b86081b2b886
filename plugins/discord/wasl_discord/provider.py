"""Sends to people and channels of Discord, as an app's bot."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Final
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, SecretStr, StringConstraints

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
    Unavailable,
    Unknown,
)
from wasl_contracts import Discord as DiscordContent
from wasl_contracts.content import Url
from wasl_contracts.handing import handing_over
from wasl_contracts.http import Answer, call
from wasl_contracts.model import Frozen
from wasl_discord.callbacks import Signed, events, is_ping
from wasl_discord.errors import ERRORS

_LONGEST_TEXT: Final = 2000
_LONGEST_NONCE: Final = 25
_NONCES: Final = uuid5(NAMESPACE_URL, "urn:wasl:discord")
_MOST_KEPT: Final = 10_000
_LONGEST_WAIT: Final = 10**9  # seconds; whatever is longer is none, and a number of 400 digits has no decimals
_SNOWFLAKE: Final = r"^[0-9]{1,20}$"


class DiscordSettings(Frozen):
    """A section of wasl.toml with `plugin = "discord"`."""

    token: SecretStr = Field(min_length=1, description="The bot's token.")
    public_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="The app's public key, for callbacks; without it they are refused."
    )
    base_url: Url = Field("https://discord.com", description="Where Discord's API is.")


class Discord:
    """Sends text and link buttons to a person, or to a channel that the bot may write in.

    `provider_ref` is the message's id. Discord recognises a repeated delivery for a few minutes by its `nonce`.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="discord",
        channel="chat",
        format="discord",
        addresses=(
            AddressKind(kind="discord_user", pattern=_SNOWFLAKE),
            AddressKind(kind="discord_channel", pattern=_SNOWFLAKE, audience="group"),
        ),
        settings=DiscordSettings,
        # "A few minutes": https://docs.discord.com/developers/resources/message#create-message
        capabilities=Capabilities(max_characters=_LONGEST_TEXT, counted_in="utf16", idempotency_seconds=120),
        errors=ERRORS,
        docs_url="https://docs.discord.com/developers/resources/message#create-message",
    )

    def __init__(self, settings: DiscordSettings, http: HttpSession) -> None:
        self._http = http
        self._api = f"{settings.base_url.rstrip('/')}/api/v10"
        self._token = settings.token
        self._signed = Signed(settings.public_key) if settings.public_key else None
        self._direct: dict[str, str] = {}  # the channel of each person, which stays the same

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery once; see `Provider.send` for what it raises."""
        body = self.wire(delivery)
        handing_over(body)  # the session sees what opens channels too
        to = delivery.address
        channel = to.value if to.kind == "discord_channel" else await self._channel_of(to.value)
        answer = await self._post(f"channels/{channel}/messages", body)
        if not answer.ok:
            raise _error(answer)
        return Receipt(provider_ref=_id(answer))

    def wire(self, delivery: Delivery) -> bytes:
        return _body(delivery)

    async def handshake(self, callback: Callback) -> bytes | None:
        """Nothing, for the question whether anybody is here."""
        return b"" if is_ping(self._read(callback)) else None

    def parse(self, callback: Callback) -> Sequence[Event]:
        return events(self._read(callback))

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""

    def _read(self, callback: Callback) -> dict[str, object]:
        if self._signed is None:
            raise BadSignature
        return self._signed.read(callback)

    async def _channel_of(self, user: str) -> str:
        """The channel of direct messages with a person, opened where there is none yet.

        Raises:
            Rejected, Unavailable: there is none. Nothing was sent.
        """
        if (kept := self._direct.get(user)) is not None:
            return kept
        try:
            answer = await self._post("users/@me/channels", json.dumps({"recipient_id": user}).encode())
            if not answer.ok:
                raise _error(answer)
            channel = _id(answer)
        except Unknown as lost:  # of the channel, which holds no message yet
            raise Unavailable(code=lost.code) from None
        if channel is None:
            raise Unavailable(code="no_channel")
        if len(self._direct) >= _MOST_KEPT:
            self._direct.clear()
        self._direct[user] = channel
        return channel

    async def _post(self, path: str, body: bytes) -> Answer:
        headers = {
            "Authorization": f"Bot {self._token.get_secret_value()}",
            "Content-Type": "application/json",
            "User-Agent": "DiscordBot (wasl-discord, 0.1.0)",  # others than DiscordBot (…) may be refused
        }
        return await call(self._http, "POST", f"{self._api}/{path}", body=body, headers=headers)


def _body(delivery: Delivery) -> bytes:
    content = delivery.content
    if not isinstance(content, DiscordContent):
        raise TypeError("needs content in the format discord")
    if not Discord.spec.capabilities.takes(content.content):
        raise Rejected(Reason.TOO_LONG, "content")
    message: dict[str, object] = {"content": content.content, "allowed_mentions": content.allowed_mentions}
    if content.components:
        message["components"] = content.components
    # With the same nonce Discord gives back the message that it has, and posts no other.
    message |= {"nonce": uuid5(_NONCES, delivery.id).hex[:_LONGEST_NONCE], "enforce_nonce": True}
    return json.dumps(message).encode()


def _error(answer: Answer) -> ProviderError:
    """What Discord's body says goes before the status and the headers, which a proxy may have changed."""
    told = answer.json()
    if isinstance(seconds := told.get("retry_after"), (int, float)) and not isinstance(seconds, bool) and 0 <= seconds < _LONGEST_WAIT:
        answer = replace(answer, headers={"Retry-After": f"{seconds:.3f}"})
    code = told.get("code")
    return answer.error(ERRORS, code if type(code) is int and str(code) in ERRORS else answer.status)


def _id(answer: Answer) -> str | None:
    found = answer.json().get("id")
    return found if isinstance(found, str) and 0 < len(found) <= 20 and found.isascii() and found.isdecimal() else None
