"""A delivery as FCM's message (https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages)."""

import json
from typing import Final

from pyfcm import FCMNotification

from wasl_contracts import Delivery, Push, Reason, Rejected

_LARGEST: Final = 4096
_LONGEST_LIFE: Final = 28 * 86_400  # FCM keeps nothing longer


def body(builder: FCMNotification, delivery: Delivery, now: float) -> bytes:
    """The request body, as pyfcm builds it.

    Raises:
        Rejected: title, text and data together are larger than the 4,096 bytes that FCM takes.
    """
    push = delivery.content
    if not isinstance(push, Push):
        raise TypeError("fcm sends push notifications")
    data = {"wasl_attempt": delivery.attempt_id, **({"url": push.url} if push.url else {})}  # FCM takes only text in data
    if sum(len(text.encode()) for text in (push.title, push.body, *data, *data.values())) > _LARGEST:
        raise Rejected(Reason.TOO_LONG, "content")
    address = delivery.address
    payload: bytes = builder.parse_payload(
        fcm_token=address.value if address.kind == "fcm_token" else None,
        notification_title=push.title,
        notification_body=push.body,
        data_payload=data,
        **_platforms(delivery, push.url, now),
    )
    return payload if address.kind == "fcm_token" else _to_installation(payload, address.value)


def _platforms(delivery: Delivery, url: str | None, now: float) -> dict[str, object]:
    """What each platform needs so that nothing shows after its expiry, and a delivery that arrives twice shows once."""
    left = min(max(int(delivery.expires_at.timestamp() - now), 0), _LONGEST_LIFE)
    same = delivery.id[:64]  # the most that apns-collapse-id takes
    webpush: dict[str, object] = {"headers": {"TTL": str(left)}, "notification": {"tag": same}}
    if url and url.startswith("https://"):  # FCM refuses other links
        webpush["fcm_options"] = {"link": url}
    return {
        "android_config": {"ttl": f"{left}s", "notification": {"tag": same}},
        "apns_config": {"headers": {"apns-expiration": str(int(now) + left), "apns-collapse-id": same}},
        "webpush_config": webpush,
    }


def _to_installation(payload: bytes, fid: str) -> bytes:
    """The same payload to a Firebase installation, which pyfcm cannot address."""
    document = json.loads(payload)
    document["message"]["fid"] = fid
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
