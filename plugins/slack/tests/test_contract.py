"""The plugin against the contract kit."""

from typing import ClassVar

from wasl_contracts import Address
from wasl_contracts.conformance import ProviderContract, Request, Response
from wasl_slack import Slack


class TestSlack(ProviderContract):
    provider = Slack
    settings: ClassVar = {"token": "xoxb-secret-1"}
    address = Address(channel="chat", kind="slack_user", value="U0123456789")
    ref = "1700000000.000100"
    outcomes: ClassVar = {404: "rejected:provider"}  # chat.postMessage has no 404 of its own: base_url is not Slack's

    def success(self, request: Request) -> Response:
        return Response.json(200, {"ok": True, "channel": "D0123456789", "ts": self.ref, "message": {"text": request.json()["text"]}})
