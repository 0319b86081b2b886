"""The plugin against the contract kit."""

import hashlib
import json
from dataclasses import replace
from typing import ClassVar

import jwt

from wasl_contracts import Address, Callback, EventKind
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_vonage import Vonage

SECRET = "signature-secret-1-of-forty-signs-or-so-"
STATUSES = {"sent": "submitted", "delivered": "delivered", "failed": "rejected", "bounced": "undeliverable", "read": "read"}


class TestVonage(ProviderContract):
    provider = Vonage
    settings: ClassVar = {"api_key": "abcd1234", "api_secret": "api-secret-1", "sender": "ACME", "signature_secret": SECRET}
    address = Address(channel="sms", kind="phone", value="+966501234567")
    ref = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
    outcomes = {404: "rejected:provider"}  # base_url is not its API
    proof = ("Authorization",)

    def success(self, request: Request) -> Response:
        return Response.json(202, {"message_uuid": self.ref})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        told = {"message_uuid": f"{ref}-{event_id}", "to": "966501234567", "from": "ACME", "timestamp": "2026-03-01T09:30:00.000Z"}
        if kind == "replied":
            told |= {"from": "966501234567", "to": "15005550006", "channel": "sms", "message_type": "text", "text": "شكرًا 1"}
        elif kind in STATUSES:
            told |= {"status": STATUSES[kind], "channel": "sms", "client_ref": attempt_id}
        else:
            return None
        return Callback("POST", "https://wasl.example/hooks/sms", {}, json.dumps(told).encode(), AT)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        claims = {"iss": "Vonage", "iat": int(AT.timestamp()), "jti": "1", "payload_hash": hashlib.sha256(callback.body).hexdigest()}
        token = jwt.encode(claims, "somebody-else-with-forty-signs-or-so----" if forged else SECRET, "HS256")
        return replace(callback, headers={"Authorization": f"Bearer {token}"})
