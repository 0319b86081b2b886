"""A delivery as a notification of the web, and how its push service is to carry it."""

import json
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from wasl_contracts import Capabilities, Delivery, Push, Reason, Rejected
from wasl_webpush.subscription import LARGEST

_IDS: Final = uuid5(NAMESPACE_URL, "urn:wasl:webpush")
_LONGEST_LIFE: Final = 28 * 86_400  # seconds; services keep nothing longer
_DECLARATIVE: Final = 8030
_URGENCY: Final = {"otp": "high", "transactional": "high", "service": "normal", "promotional": "low"}


def body(delivery: Delivery, can: Capabilities) -> bytes:
    """What the browser gets to read, before it is encrypted: a declarative push message (https://www.w3.org/TR/push-api/).

    Browsers that know such messages show it by themselves, in all others the page's service worker does.

    Raises:
        Rejected: it is larger than push services take.
    """
    push = _push(delivery)
    notification = {
        "title": push.title,
        "body": push.body,
        **_given(navigate=push.url, image=push.image),
        "tag": _topic(delivery, push),  # a later one with the same tag takes its place
        "data": {**push.data, "wasl_attempt": delivery.attempt_id, **_given(url=push.url)},
    }
    message: dict[str, object] = {"web_push": _DECLARATIVE, "notification": notification, **_given(app_badge=push.badge)}
    content = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    if len(content) > LARGEST or not can.takes(push.title + push.body):
        raise Rejected(Reason.TOO_LONG, "content")
    return content


def headers(delivery: Delivery, now: float) -> dict[str, str]:
    """How long the service keeps it, how much it matters, and which one that waits it replaces (RFC 8030 section 5)."""
    left = min(max(int(delivery.expires_at.timestamp() - now), 0), _LONGEST_LIFE)
    return {"TTL": str(left), "Urgency": _URGENCY[delivery.category], "Topic": _topic(delivery, _push(delivery))}


def _topic(delivery: Delivery, push: Push) -> str:
    """At most 32 characters of base64url, the same for the same key."""
    return uuid5(_IDS, push.collapse_key or delivery.id).hex


def _push(delivery: Delivery) -> Push:
    if not isinstance(delivery.content, Push):
        raise TypeError("webpush sends push notifications")
    return delivery.content


def _given(**settings: str | int | None) -> dict[str, str | int]:
    return {name: value for name, value in settings.items() if value is not None}
