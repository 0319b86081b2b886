from dataclasses import replace
from hashlib import md5
from urllib.parse import parse_qsl, urlencode

from multidict import MultiDict
from twilio.request_validator import RequestValidator

from wasl_contracts import Address, Callback, EventKind
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_twilio import Twilio

STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "bounced": "undelivered", "failed": "failed"}


class TestTwilio(ProviderContract):
    provider = Twilio
    settings = {
        "account_sid": "AC" + "0" * 32,
        "auth_token": "auth-token-secret-1",
        "sender": "MG" + "0" * 32,
        "status_callback": "https://wasl.example/hooks/sms",
    }
    address = Address(channel="sms", kind="phone", value="+966501234567")
    ref = "SM" + "0" * 32
    outcomes = {404: "rejected:provider"}  # base_url is not its API
    openapi = "twilio_api_v2010.json"
    proof = ("X-Twilio-Signature",)
    window = None

    def success(self, request: Request) -> Response:
        return Response.json(201, {"sid": self.ref, "status": "accepted", "num_segments": "0", "date_created": None, "error_code": None})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        fields = {"MessageSid": "SM" + md5((ref + event_id).encode()).hexdigest(), "AccountSid": "AC" + "0" * 32}
        if kind == "replied":
            fields |= {"SmsStatus": "received", "From": self.address.value, "To": "+15005550006", "Body": "شكرًا 1", "NumMedia": "0"}
        elif kind in STATUSES:
            fields |= {"MessageStatus": STATUSES[kind], "From": "ACME", "To": self.address.value}
        else:
            return None
        url = "https://wasl.example/hooks/sms" + ("" if kind == "replied" else f"?attempt={attempt_id}")
        return Callback("POST", url, {}, urlencode(fields).encode(), AT)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        fields = MultiDict(parse_qsl(callback.body.decode(errors="replace"), keep_blank_values=True))
        validator = RequestValidator("somebody-else" if forged else "auth-token-secret-1")
        return replace(callback, headers={"X-Twilio-Signature": validator.compute_signature(callback.url, fields)})
