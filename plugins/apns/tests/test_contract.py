"""The plugin against the contract kit, whose fake speaks HTTP/1.1."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wasl_apns import Apns
from wasl_contracts import Address
from wasl_contracts.conformance import ProviderContract, Request, Response

KEY = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class TestApns(ProviderContract):
    provider = Apns
    settings = {"key": KEY, "key_id": "ABC123DEFG", "team_id": "DEF123GHIJ", "topic": "example.acme.app"}
    address = Address(channel="push", kind="apns_token", value="c0ffee" * 11)
    ref = "eabeae54-14a8-11e5-b60b-1697f925e100"
    outcomes = {404: "rejected:provider", 405: "rejected:provider"}  # whatever answers there is not APNs

    def settings_for(self, base_url: str) -> dict[str, object]:
        """It is not on the shared session, so its patience is its own."""
        return {"base_url": base_url, "timeout_seconds": 0.6}

    def success(self, request: Request) -> Response:
        return Response(200, {"apns-id": self.ref or ""}, b"")
