from wasl_contracts import Address
from wasl_contracts.conformance import ProviderContract, Request, Response
from wasl_twilio import Twilio


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

    def success(self, request: Request) -> Response:
        return Response.json(201, {"sid": self.ref, "status": "accepted", "num_segments": "0", "date_created": None, "error_code": None})
