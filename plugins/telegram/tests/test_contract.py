"""The plugin against the contract kit."""

from typing import ClassVar

from wasl_contracts import Address
from wasl_contracts.conformance import ProviderContract, Request, Response
from wasl_telegram import Telegram


class TestTelegram(ProviderContract):
    provider = Telegram
    settings: ClassVar = {"token": "123456:AA-secret_1"}
    address = Address(channel="chat", kind="telegram_chat", value="700700700")
    ref = "100042"
    outcomes: ClassVar = {404: "rejected:provider"}  # a token that is none, or base_url is not the Bot API

    def success(self, request: Request) -> Response:
        return Response.json(200, {"ok": True, "result": {"message_id": int(self.ref or 0), "text": request.json()["text"]}})
