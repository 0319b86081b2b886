"""The plugin against the contract kit."""

import hashlib
import hmac
import json
from dataclasses import replace
from typing import ClassVar

from wasl_contracts import Address, Callback, EventKind
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_whatsapp import WhatsApp

STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed", "bounced": "failed"}


class TestWhatsApp(ProviderContract):
    provider = WhatsApp
    settings: ClassVar = {"phone_number_id": "106540352242922", "access_token": "EAAG-secret-1", "app_secret": "app-secret-1"}
    address = Address(channel="chat", kind="whatsapp", value="+966501234567")
    ref = "wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1RjQyNUE3NEYxMzAzMzQ5MkEA"
    outcomes = {404: "rejected:provider"}  # base_url is not its API
    proof = ("X-Hub-Signature-256",)
    window = None

    def success(self, request: Request) -> Response:
        messages = [{"id": self.ref, "message_status": "accepted"}]
        return Response.json(200, {"messaging_product": "whatsapp", "contacts": [{"wa_id": "966501234567"}], "messages": messages})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        at = str(int(AT.timestamp()))
        if kind == "replied":
            value: dict[str, object] = {
                "messages": [{"from": "966501234567", "id": event_id, "timestamp": at, "type": "text", "text": {"body": "شكرًا"}}]
            }
        elif kind in STATUSES:
            status = {"id": f"{ref}.{event_id}", "status": STATUSES[kind], "timestamp": at, "recipient_id": "966501234567"}
            errors = {"errors": [{"code": 131026, "title": "Message undeliverable"}]} if kind == "bounced" else {}
            value = {"statuses": [{**status, **errors, "biz_opaque_callback_data": attempt_id}]}
        else:
            return None
        told = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
        return Callback("POST", "https://wasl.example/hooks/whatsapp", {}, json.dumps(told).encode(), AT)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        digest = hmac.new(b"somebody-else" if forged else b"app-secret-1", callback.body, hashlib.sha256).hexdigest()
        return replace(callback, headers={"X-Hub-Signature-256": f"sha256={digest}"})
