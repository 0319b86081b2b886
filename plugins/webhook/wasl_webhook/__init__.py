"""Posts messages to the recipient's own URL, signed by Standard Webhooks (standardwebhooks.com)."""

import re
import time
from typing import ClassVar

from pydantic import Field
from pydantic_core import to_json

from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, ProviderSpec, Reason, Receipt, Refusal, Structured
from wasl_contracts.content import Url
from wasl_contracts.http import call
from wasl_contracts.model import Frozen
from wasl_webhook.signature import Secret, key, signature

# RFC 3986 without user, fragment and backslash, which clients read in different ways; an international host is written as punycode.
_URL = r"https?://(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?][A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?"
_ORIGIN = re.compile(r"https?://[^/?]*")
_REFUSED = Refusal(outcome="rejected", reason=Reason.PROVIDER_REJECTED, scope="content")


class WebhookSettings(Frozen):
    """A section of wasl.toml with `plugin = "webhook"`."""

    secret: Secret = Field(description="whsec_ and the base64 of 24 to 64 random bytes; the receiver verifies with it.")
    base_url: Url | None = Field(None, description="For tests: post here, with the path and query of the address.")


class Webhook:
    """Posts a delivery as JSON. `webhook-id` is the delivery's id, the same over attempts: the receiver knows repetitions by it."""

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="webhook",
        channel="webhook",
        format="structured",
        addresses=(AddressKind(kind="url", pattern=_URL),),
        settings=WebhookSettings,
        capabilities=Capabilities(idempotency_seconds=3 * 86_400, shared=False, given_urls=True),
        # A receiver's own redirect or refusal says nothing about our settings, which all receivers share: only its message fails.
        errors={
            **dict.fromkeys(("301", "302", "303", "307", "308", "401", "402", "403", "407"), _REFUSED),
            "410": Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address"),
        },
        docs_url="https://www.standardwebhooks.com",
    )

    def __init__(self, settings: WebhookSettings, http: HttpSession) -> None:
        self._key = key(settings.secret)
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
        return address if self._base_url is None else self._base_url + _ORIGIN.sub("", address, count=1)

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
