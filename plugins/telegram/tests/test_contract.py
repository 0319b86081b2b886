"""The plugin against the contract kit."""

import json
from dataclasses import replace
from typing import ClassVar

from wasl_contracts import Address, Callback, EventKind
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_telegram import Telegram


class TestTelegram(ProviderContract):
    provider = Telegram
    settings: ClassVar = {"token": "123456:AA-secret_1", "webhook_secret": "a-long-secret-of-our-own_2"}
    address = Address(channel="chat", kind="telegram_chat", value="700700700")
    ref = "100042"
    openapi = "telegram.oas.json"
    outcomes: ClassVar = {404: "rejected:provider"}  # a token that is none, or base_url is not the Bot API

    proof = ("X-Telegram-Bot-Api-Secret-Token",)
    covers_body = False
    window = None  # the secret is repeated as it is

    def success(self, request: Request) -> Response:
        return Response.json(200, {"ok": True, "result": {"message_id": int(self.ref or 0), "text": request.json()["text"]}})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        """Telegram tells what people write, and that they blocked the bot; neither names a message of ours."""
        person, date = {"id": 700700700, "is_bot": False, "first_name": "Ann"}, int(AT.timestamp())
        told = {"chat": {"id": 700700700, "type": "private"}, "from": person, "date": date}
        number = 1000 + int(event_id.rpartition("-")[2])
        if kind == "replied":
            update = {"update_id": number, "message": {**told, "message_id": 5, "text": "شكرًا"}}
        elif kind == "unsubscribed":
            bot = {"id": 123456, "is_bot": True, "first_name": "Acme"}
            change = {
                "old_chat_member": {"status": "member", "user": bot},
                "new_chat_member": {"status": "kicked", "user": bot, "until_date": 0},
            }
            update = {"update_id": number, "my_chat_member": {**told, **change}}
        else:
            return None
        return Callback("POST", "https://wasl.example/hooks/bot", {}, json.dumps(update).encode(), AT)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        secret = "somebody-elses-secret" if forged else str(self.settings["webhook_secret"])
        return replace(callback, headers={"X-Telegram-Bot-Api-Secret-Token": secret})
