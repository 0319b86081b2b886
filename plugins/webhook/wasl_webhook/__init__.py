"""Posts messages to the recipient's own URL, signed by Standard Webhooks (standardwebhooks.com)."""

import re
import time
from functools import lru_cache
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_core import to_json

from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, ProviderSpec, Reason, Receipt, Refusal, Rejected, Structured
from wasl_contracts.content import Url
from wasl_contracts.http import call
from wasl_contracts.model import Frozen
from wasl_webhook.private import is_private
from wasl_webhook.signature import Secret, key, signature

# RFC 3986 without user, fragment and backslash, which clients read in different ways; an international host is written as punycode.
_URL = r"https?://(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?][A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?"
_PARTS = re.compile(r"https?://([^/?]*)(.*)")
_REFUSED = Refusal(outcome="rejected", reason=Reason.PROVIDER_REJECTED, scope="content")


class WebhookSettings(Frozen):
    """A section of wasl.toml with `plugin = "webhook"`."""

    secret: Secret = Field(description="whsec_ and the base64 of 24 to 64 random bytes; the receiver verifies with it.")
    allow_private: bool = Field(False, description="Post to private, local and reserved addresses too.")
    base_url: Url | None = Field(None, description="For tests: post here, with the path and query of the address.")


class Webhook:
    """Posts a delivery as JSON. `webhook-id` is the delivery's id, the same over attempts: the receiver knows repetitions by it."""

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="webhook",
        channel="webhook",
        format="structured",
        addresses=(AddressKind(kind="url", pattern=_URL),),
        settings=WebhookSettings,
        capabilities=Capabilities(idempotency_seconds=3 * 86_400, shared=False),
        # A receiver's own redirect or refusal says nothing about our settings, which all receivers share: only its message fails.
        errors={
            **dict.fromkeys(("301", "302", "303", "307", "308", "401", "402", "403", "407"), _REFUSED),
            "410": Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address"),
        },
        docs_url="https://www.standardwebhooks.com",
    )

    def __init__(self, settings: WebhookSettings, http: HttpSession) -> None:
        self._key = key(settings.secret)
        self._allow_private = settings.allow_private
        self._base_url = settings.base_url.rstrip("/") if settings.base_url else None
        self._http = http

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery once; see `Provider.send` for what it raises."""
        url = self._url(delivery.address.value)
        body = self.wire(delivery)
        answer = await call(self._http, "POST", url, body=body, headers=self._headers(delivery, body))
        if not answer.ok:
            raise answer.error(self.spec.errors, answer.status)
        return Receipt(state="delivered")  # the receiver itself has said that it has it

    def wire(self, delivery: Delivery) -> bytes:
        return _body(delivery)

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""

    def _url(self, address: str) -> str:
        host, rest = _PARTS.fullmatch(address).groups()  # type: ignore[union-attr]  # it matched the pattern of its kind
        if not self._allow_private and _private(host):
            raise Rejected(Reason.INVALID_ADDRESS, "address", "private_address")
        return address if self._base_url is None else self._base_url + rest

    def _headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        webhook_id, timestamp = delivery.id, int(time.time())
        return {
            "Content-Type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._key, webhook_id, timestamp, body),
            "x-wasl-attempt": delivery.attempt_id,  # not in the body: that is the same in every attempt
        }


def _body(delivery: Delivery) -> bytes:
    content = delivery.content
    if not isinstance(content, Structured):
        raise TypeError("needs content in the format structured")
    data = {
        "message_id": delivery.message_id,
        "delivery_id": delivery.id,
        "topic": delivery.topic,
        "title": content.title,
        "text": content.text,
        "actions": content.actions,
        "locale": content.locale,
        "direction": content.direction,
    }
    return to_json({"type": "message", "timestamp": delivery.created_at.isoformat(), "data": data})


@lru_cache(1024)
def _private(host: str) -> bool:
    return is_private(urlsplit(f"//{host}").hostname or "")
