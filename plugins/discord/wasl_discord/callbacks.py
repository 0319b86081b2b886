"""What Discord tells by webhook events (https://docs.discord.com/developers/events/webhook-events): that somebody removed the app."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wasl_contracts import Address, BadSignature, Callback, Event, Reason, Unreadable
from wasl_contracts.signing import fresh, from_hex, header

_PING: Final = 0
_SNOWFLAKE: Final = re.compile(r"[0-9]{1,20}")


class Signed:
    """Callbacks that are proved to be Discord's by its Ed25519 key for the app."""

    def __init__(self, public_key: str) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))

    def read(self, callback: Callback) -> dict[str, object]:
        """The body.

        Raises:
            BadSignature: it is not proved, or was signed more than five minutes ago.
            Unreadable: it is no JSON object.
        """
        stamp = fresh(header(callback, "X-Signature-Timestamp"), callback.at)
        try:
            self._key.verify(from_hex(header(callback, "X-Signature-Ed25519")), stamp.encode() + callback.body)
        except InvalidSignature:
            raise BadSignature from None
        try:
            told = json.loads(callback.body)
        except (ValueError, RecursionError):
            raise Unreadable from None
        if not isinstance(told, dict):
            raise Unreadable
        return told


def is_ping(told: dict[str, object]) -> bool:
    """Whether it only asks if anybody is here; it is answered with nothing."""
    return told.get("type") == _PING and type(told["type"]) is int


def events(told: dict[str, object]) -> Sequence[Event]:
    """The events in a body.

    Raises:
        Unreadable: it does not say what happened.
    """
    event = told.get("event")
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Unreadable
    if event["type"] != "APPLICATION_DEAUTHORIZED":
        return ()
    data = event.get("data")
    user = data.get("user") if isinstance(data, dict) else None
    user_id = user.get("id") if isinstance(user, dict) else None
    if not isinstance(user_id, str) or not _SNOWFLAKE.fullmatch(user_id):
        raise Unreadable
    address = Address(channel="chat", kind="discord_user", value=user_id)
    return (Event(kind="unsubscribed", at=_moment(event.get("timestamp")), reason=Reason.OPTED_OUT, address=address),)


def _moment(told: object) -> datetime:
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise Unreadable
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # Discord writes UTC, mostly without saying so
