"""Captured deliveries for tests, without a gateway."""

from datetime import UTC, datetime
from typing import Any

from wasl.capturing.capture import Captured, CaptureSettings
from wasl_contracts import Address, Delivery, ProviderSpec
from wasl_contracts.content import Rendered
from wasl_contracts.provider import AddressKind, Capabilities

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = {"email": ("email", "ann@example.com"), "sms": ("phone", "+966501234567")}


def captured(content: Rendered, channel: str = "email", *, most: int | None = None, sender: str | None = None, **told: Any) -> Captured:
    kind, value = KINDS.get(channel, ("any", "somebody"))
    given: dict[str, Any] = {
        "id": "dlv_1_1", "attempt_id": "att_1_1_1", "message_id": "msg_1", "brand": "default", "channel": channel,
        "address": Address(channel=channel, kind=kind, value=value), "content": content, "topic": "orders", "category": "transactional",
        "created_at": NOW, "expires_at": NOW,
    }  # fmt: skip
    spec = ProviderSpec(
        name="capture",
        channel=channel,
        format=content.format,
        addresses=(AddressKind(kind=kind),),
        settings=CaptureSettings,
        capabilities=Capabilities(max_characters=most),
    )
    return Captured("p", Delivery.model_validate({**given, **told}), spec, sender)
