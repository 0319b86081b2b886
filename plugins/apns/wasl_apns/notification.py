"""A delivery as Apple's notification.

Sources: https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification for the body,
…/sending-notification-requests-to-apns for the headers.
"""

import json
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from wasl_contracts import Capabilities, Delivery, Push, Reason, Rejected

_LARGEST: Final = 4096  # bytes
_LONGEST_COLLAPSE_ID: Final = 64
_IDS: Final = uuid5(NAMESPACE_URL, "urn:wasl:apns")


def body(delivery: Delivery, can: Capabilities) -> bytes:
    """The payload.

    Raises:
        Rejected: it is larger than Apple takes, or its data would replace Apple's own part.
    """
    push = _push(delivery)
    if "aps" in push.data:
        raise Rejected(Reason.CONTENT_REJECTED, "content", "aps_in_data")
    aps: dict[str, object] = {"alert": _given(title=push.title or None, body=push.body)}
    # An app shows a picture where its extension may change the notification (mutable-content).
    aps |= _given(sound=push.sound, badge=push.badge, **{"mutable-content": 1 if push.image else None})
    own = _given(url=push.url, image=push.image, wasl_attempt=delivery.attempt_id)
    payload = json.dumps({**push.data, **own, "aps": aps}, ensure_ascii=False, separators=(",", ":")).encode()
    if len(payload) > _LARGEST or not can.takes(push.title + push.body):
        raise Rejected(Reason.TOO_LONG, "content")
    return payload


def headers(delivery: Delivery, topic: str) -> dict[str, str]:
    """What Apple is to do with it: nothing shows after its expiry, and a delivery that arrives twice shows once."""
    return {
        "apns-id": notification_id(delivery.attempt_id),
        "apns-topic": topic,
        "apns-push-type": "alert",
        # 5 goes when it suits the device's battery.
        "apns-priority": "5" if delivery.category == "promotional" else "10",
        "apns-expiration": str(int(delivery.expires_at.timestamp())),
        "apns-collapse-id": _collapse_id(_push(delivery).collapse_key or delivery.id),
    }


def notification_id(attempt_id: str) -> str:
    """Apple's id of an attempt, always the same UUID for the same attempt."""
    return str(uuid5(_IDS, attempt_id))


def _push(delivery: Delivery) -> Push:
    if not isinstance(delivery.content, Push):
        raise TypeError("apns sends push notifications")
    return delivery.content


def _collapse_id(key: str) -> str:
    """The key where a header can carry it, else a digest: cut short, two keys could become one."""
    fits = len(key) <= _LONGEST_COLLAPSE_ID and key.isascii() and key.isprintable() and key == key.strip()
    return key if fits else uuid5(_IDS, key).hex


def _given(**settings: str | int | None) -> dict[str, str | int]:
    return {name: value for name, value in settings.items() if value is not None}
