"""The plugin against the contract kit."""

import hashlib
import hmac
import json
from dataclasses import replace
from typing import ClassVar

from wasl_contracts import Address, Callback, EventKind
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_messenger import Messenger

MILLISECONDS = int(AT.timestamp() * 1000)


class TestMessenger(ProviderContract):
    provider = Messenger
    settings: ClassVar = {"page_id": "682498302938465", "access_token": "EAAG-secret-1", "app_secret": "app-secret-1"}
    address = Address(channel="social", kind="messenger_psid", value="1254477777772919")
    ref = "m_AG5Hz2Uq7tuwNEhXfYYKj8mJEM_QPpz5jdCK48PnKAjSdjfipqxqMvK8ma6AC8fplwlqLP_5cgXIbu7I3rBN0P"
    outcomes = {404: "rejected:provider"}  # base_url is not its API
    proof = ("X-Hub-Signature-256",)
    window = None

    def success(self, request: Request) -> Response:
        return Response.json(200, {"recipient_id": self.address.value, "message_id": self.ref})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        mid = f"{ref}.{event_id}"
        happened: dict[str, object]
        if kind == "delivered":
            happened = {"delivery": {"mids": [mid], "watermark": MILLISECONDS}}
        elif kind == "sent":
            happened = {"timestamp": MILLISECONDS, "message": {"is_echo": True, "mid": mid, "text": "1", "metadata": f"wasl:{attempt_id}"}}
        elif kind == "replied":
            happened = {"timestamp": MILLISECONDS, "message": {"mid": mid, "text": "شكرًا"}}
        else:
            return None
        messaging = [{"sender": {"id": self.address.value}, "recipient": {"id": "682498302938465"}, **happened}]
        told = {"object": "page", "entry": [{"id": "682498302938465", "time": MILLISECONDS, "messaging": messaging}]}
        return Callback("POST", "https://wasl.example/hooks/messenger", {}, json.dumps(told).encode(), AT)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        digest = hmac.new(b"somebody-else" if forged else b"app-secret-1", callback.body, hashlib.sha256).hexdigest()
        return replace(callback, headers={"X-Hub-Signature-256": f"sha256={digest}"})
