"""A provider that reports what became of what it took: signed with HMAC-SHA256 over a timestamp and the body, as many do."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import aiohttp
from pydantic import BaseModel, ConfigDict, SecretStr

from tests.gateway.scripted import KINDS, Script
from wasl.config import Config, ProviderSection
from wasl.config.mistakes import Findings, Source
from wasl.config.routes import completed
from wasl.registry import Specs
from wasl_contracts import Callback, Capabilities, Delivery, Event, ProviderSpec, Receipt, Unreadable
from wasl_contracts.signing import fresh, from_hex, header, hmac_sha256, one_of

SECRET = "a secret of at least 32 characters"


class TellerSettings(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    script: Script
    secret: SecretStr = SecretStr(SECRET)


def teller(channel: str, **capabilities: Any) -> type[Any]:
    """The plugin class."""

    class Teller:
        spec: ClassVar[ProviderSpec] = ProviderSpec(
            name="teller", channel=channel, format="plain", addresses=KINDS[channel], settings=TellerSettings,
            capabilities=Capabilities(receipts=True, **capabilities),
        )  # fmt: skip
        broken: ClassVar[Exception | None] = None

        def __init__(self, settings: TellerSettings, http: object) -> None:
            self._settings = settings

        async def send(self, delivery: Delivery) -> Receipt:
            return await self._settings.script.play(delivery)

        async def close(self) -> None:
            pass

        async def handshake(self, callback: Callback) -> bytes | None:
            return b"challenge" if callback.method == "GET" else None

        def parse(self, callback: Callback) -> Sequence[Event]:
            stamp = fresh(header(callback, "X-Stamp"), callback.at)
            one_of([from_hex(header(callback, "X-Signature"))], hmac_sha256(self._settings.secret, stamp, ".", callback.body))
            if self.broken is not None:
                raise self.broken
            try:
                told = json.loads(callback.body)
            except ValueError:
                raise Unreadable from None
            if told == "unknown":
                raise Unreadable
            return [Event.model_validate(one) for one in told]

    return Teller


def signed(body: bytes, at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
    """The headers that prove a body."""
    stamp = str(int((at or datetime.now(UTC)).timestamp()))
    return {"X-Stamp": stamp, "X-Signature": hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()}


def event(kind: str, attempt: str | None = None, **fields: Any) -> dict[str, Any]:
    """An event as the provider writes it."""
    return {"kind": kind, "at": fields.pop("at", "2030-03-01T12:00:05Z"), "attempt_id": attempt, **fields}


def specs(folder: Any, channels: Mapping[str, str] | None = None, *, capabilities: Mapping[str, Any] | None = None, **config: Any) -> Specs:
    """A configuration of tellers: names and their channels; by default one of mail."""
    channels = channels or {"mail": "email"}
    told = {"database": f"sqlite:///{folder}/wasl.db", "providers": {n: ProviderSection(plugin="teller") for n in channels}}
    for name, extra in config.pop("sections", {}).items():
        told["providers"][name] = ProviderSection.model_validate({"plugin": "teller", **extra})  # type: ignore[index]
    plugins = {name: teller(channel, **(capabilities or {})) for name, channel in channels.items()}
    whole = Config.model_validate({**told, **config}).found_in(Source(f"{folder}/wasl.toml"), ())
    findings = Findings(whole.source)
    whole = completed(whole, {name: plugin.spec for name, plugin in plugins.items()}, findings)
    findings.raise_mistakes()
    return Specs(whole, plugins, {name: TellerSettings(script=Script()) for name in channels})


async def post(
    session: aiohttp.ClientSession, url: str, events: object, *, headers: Mapping[str, str] | None = None, at: datetime | None = None
) -> aiohttp.ClientResponse:
    """Post events, signed unless other headers are given."""
    body = events if isinstance(events, bytes) else json.dumps(events).encode()
    return await session.post(url, data=body, headers=headers if headers is not None else signed(body, at))
