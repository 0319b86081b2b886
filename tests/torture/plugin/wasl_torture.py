"""Providers for the torture: both post to a sink; one recognises a repeated delivery id, the other does not.

The folder is put on the path as it stands, with its `.dist-info`, so that wasl finds them as it finds every plugin.
"""

import json
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, ProviderSpec, Receipt, Refusal
from wasl_contracts.http import call

_KEY_LIFE = 3 * 86_400
_REFUSED = {"422": Refusal(outcome="rejected")}


class Settings(BaseModel):
    """Where the sink listens."""

    model_config = ConfigDict(extra="forbid")
    base_url: str


class Unkeyed:
    """Like most providers: the same delivery twice is two messages to a person."""

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="torture-unkeyed",
        channel="sms",
        format="plain",
        addresses=(AddressKind(kind="phone"),),
        settings=Settings,
        capabilities=Capabilities(timeout_seconds=1, concurrency=8),
        errors=_REFUSED,
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._url = f"{settings.base_url}/{self.spec.name}"
        self._http = http

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the ids once; see `Provider.send` for what it raises."""
        told = {"attempt_id": delivery.attempt_id, "delivery_id": delivery.id, "message_id": delivery.message_id}
        headers = {"Content-Type": "application/json"}
        answer = await call(self._http, "POST", self._url, body=json.dumps(told).encode(), headers=headers)
        if not answer.ok:
            raise answer.error(self.spec.errors, answer.status)
        return Receipt(provider_ref=delivery.attempt_id, state="delivered")

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""


class Keyed(Unkeyed):
    """Takes a delivery id once: the second call with it is answered as the first was."""

    spec: ClassVar[ProviderSpec] = Unkeyed.spec.model_copy(
        update={
            "name": "torture-keyed",
            "channel": "webhook",
            "addresses": (AddressKind(kind="url"),),
            "capabilities": Capabilities(timeout_seconds=1, concurrency=8, idempotency_seconds=_KEY_LIFE),
        }
    )
