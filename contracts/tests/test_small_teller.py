"""A small, correct reader of callbacks keeps the contract; test_the_kit_catches.py changes it in one place each, and it must not."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import SecretStr, ValidationError

from wasl_contracts import (
    Address,
    AddressKind,
    Callback,
    Capabilities,
    Delivery,
    Event,
    EventKind,
    HttpSession,
    ProviderSpec,
    Receipt,
    Unreadable,
)
from wasl_contracts.conformance import AT, ProviderContract
from wasl_contracts.model import Frozen
from wasl_contracts.signing import fresh, from_hex, header, hmac_sha256, same

_KINDS: dict[str, EventKind] = {"arrived": "delivered", "returned": "bounced", "opened": "opened", "answered": "replied"}


class Settings(Frozen):
    callback_secret: SecretStr


class SmallTeller:
    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="small_teller",
        channel="chat",
        format="plain",
        addresses=(AddressKind(kind="small_room", pattern=r"room-[0-9]{1,9}"),),
        settings=Settings,
        capabilities=Capabilities(receipts=True),
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._secret = settings.callback_secret

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt()

    async def close(self) -> None:
        pass

    def parse(self, callback: Callback) -> Sequence[Event]:
        stamp = fresh(header(callback, "x-small-time"), callback.at)
        wanted = hmac_sha256(self._secret, stamp, ".", callback.body)
        same(from_hex(header(callback, "x-small-signature")), wanted)
        try:
            told = json.loads(callback.body)
            if told["what"] not in _KINDS:
                return []
            return [self._event(told)]
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            raise Unreadable("it has not the shape of a report") from None

    def _event(self, told: dict[str, str]) -> Event:
        kind = _KINDS[told["what"]]
        room = Address(channel="chat", kind="small_room", value=told["room"]) if kind == "replied" else None
        return Event(
            kind=kind,
            at=datetime.fromtimestamp(int(told["time"]), UTC),
            attempt_id=told["attempt"],
            provider_ref=told["id"],
            event_id=told["event"],
            address=room,
            text=told.get("text"),
            facts={"what": told["what"]},
        )


class TestSmallTeller(ProviderContract):
    provider = SmallTeller
    settings: ClassVar = {"callback_secret": "small-secret-1"}
    address = Address(channel="chat", kind="small_room", value="room-4711")
    networked = False
    proof = ("x-small-time", "x-small-signature")

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        what = next((word for word, meaning in _KINDS.items() if meaning == kind), None)
        if what is None:
            return None
        told = {"what": what, "time": str(int(AT.timestamp())), "attempt": attempt_id, "id": ref, "event": event_id}
        if kind == "replied":
            told |= {"room": "room-4711", "text": "مرحبا"}
        return Callback("POST", "https://wasl.example/hooks/small", {"Content-Type": "application/json"}, json.dumps(told).encode(), AT)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        secret, stamp = b"guess" if forged else b"small-secret-1", str(int(AT.timestamp()))
        proof = hmac.new(secret, f"{stamp}.".encode() + callback.body, hashlib.sha256).hexdigest()
        return replace(callback, headers={**callback.headers, "x-small-time": stamp, "x-small-signature": proof})


def test_a_validation_error_is_a_value_error() -> None:
    assert issubclass(ValidationError, ValueError)  # so what pydantic refuses is Unreadable above
