"""A delivery as FCM's message (https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages)."""

import json
from typing import Final

from pyfcm import FCMNotification

from wasl_contracts import Capabilities, Delivery, Push, Reason, Rejected

_LONGEST_LIFE: Final = 28 * 86_400  # FCM keeps nothing longer


def body(builder: FCMNotification, delivery: Delivery, can: Capabilities) -> bytes:
    """The request body, as pyfcm builds it.

    Raises:
        Rejected: title, text, link, image and data together are larger than `capabilities` say.
    """
    push = delivery.content
    if not isinstance(push, Push):
        raise TypeError("fcm sends push notifications")
    if not can.takes("".join((push.title, push.body, push.url or "", push.image or "", *push.data, *push.data.values()))):
        raise Rejected(Reason.TOO_LONG, "content")
    # FCM takes only text in data.
    data = {**push.data, "wasl_attempt": delivery.attempt_id, **({"url": push.url} if push.url else {})}
    address = delivery.address
    payload: bytes = builder.parse_payload(
        fcm_token=address.value if address.kind == "fcm_token" else None,
        notification_title=push.title,
        notification_body=push.body,
        notification_image=push.image,
        data_payload=data,
        **_platforms(delivery, push),
    )
    return payload if address.kind == "fcm_token" else _to_installation(payload, address.value)


def _platforms(delivery: Delivery, push: Push) -> dict[str, object]:
    """What each platform needs so that nothing shows after its expiry, and a delivery that arrives twice shows once."""
    now = (delivery.dated_at or delivery.created_at).timestamp()  # not the clock, so that the same delivery is the same payload
    left = min(max(int(delivery.expires_at.timestamp() - now), 0), _LONGEST_LIFE)
    same = (push.collapse_key or delivery.id).encode()[:64].decode(errors="ignore")  # the most that apns-collapse-id takes
    return {
        "android_config": {"ttl": f"{left}s", "notification": {"tag": same, **_given(sound=push.sound, notification_count=push.badge)}},
        "apns_config": _apns(push, {"apns-expiration": str(int(now) + left), "apns-collapse-id": same}),
        "webpush_config": _webpush(push, same, left),
    }


def _apns(push: Push, headers: dict[str, str]) -> dict[str, object]:
    config: dict[str, object] = {"headers": headers}
    # An app shows a picture where its extension may change the notification (mutable-content).
    aps = _given(sound=push.sound, badge=push.badge, **{"mutable-content": 1 if push.image else None})
    if aps:
        config["payload"] = {"aps": aps}
    if push.image:
        config["fcm_options"] = {"image": push.image}
    return config


def _webpush(push: Push, same: str, left: int) -> dict[str, object]:
    config: dict[str, object] = {"headers": {"TTL": str(left)}, "notification": {"tag": same, **_given(image=push.image)}}
    if push.url and push.url.startswith("https://"):  # FCM refuses other links
        config["fcm_options"] = {"link": push.url}
    return config


def _given(**settings: str | int | None) -> dict[str, str | int]:
    return {name: value for name, value in settings.items() if value is not None}


def _to_installation(payload: bytes, fid: str) -> bytes:
    """The same payload to a Firebase installation, which pyfcm cannot address."""
    document = json.loads(payload)
    document["message"]["fid"] = fid
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
