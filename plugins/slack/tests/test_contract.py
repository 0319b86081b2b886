"""The plugin against the contract kit."""

import hashlib
import hmac
import json
from dataclasses import replace
from typing import ClassVar

from wasl_contracts import Address, Callback, EventKind
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_slack import Slack

AT_SECONDS = int(AT.timestamp())


class TestSlack(ProviderContract):
    provider = Slack
    settings: ClassVar = {"token": "xoxb-secret-1", "signing_secret": "8f742231b10e8888abcd99yyyzzz85a5"}
    address = Address(channel="chat", kind="slack_user", value="U0123456789")
    ref = "1700000000.000100"
    outcomes: ClassVar = {404: "rejected:provider"}  # chat.postMessage has no 404 of its own: base_url is not Slack's
    proof = ("X-Slack-Signature", "X-Slack-Request-Timestamp")

    def success(self, request: Request) -> Response:
        return Response.json(200, {"ok": True, "channel": "D0123456789", "ts": self.ref, "message": {"text": request.json()["text"]}})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        """Slack tells of nothing but what people write."""
        if kind != "replied":
            return None
        event = {
            "type": "message",
            "channel": "D024BE91L",
            "user": self.address.value,
            "text": "شكرًا",
            "ts": f"{AT_SECONDS}.000005",
            "channel_type": "im",
        }
        told = {
            "team_id": "T123ABC456",
            "api_app_id": "A123ABC456",
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": AT_SECONDS,
        }
        return Callback("POST", "https://wasl.example/hooks/slack", {}, json.dumps(told).encode(), AT)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        key = "somebody else's" if forged else str(self.settings["signing_secret"])
        digest = hmac.new(key.encode(), f"v0:{AT_SECONDS}:".encode() + callback.body, hashlib.sha256).hexdigest()
        return replace(callback, headers={"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": str(AT_SECONDS)})
