import json

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wasl_contracts import Address
from wasl_contracts.conformance import ProviderContract, Request, Response
from wasl_fcm import Fcm

PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # short, because every check reads it anew
KEY = {
    "client_email": "sender@acme-app.iam.gserviceaccount.com",
    "private_key": PRIVATE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    "project_id": "acme-app",
}


class TestFcm(ProviderContract):
    provider = Fcm
    settings = {"service_account": json.dumps(KEY)}
    address = Address(channel="push", kind="fcm_token", value="c0ffee:APA91bToken")
    ref = "projects/acme-app/messages/0:1700000000000100"
    openapi = "fcm.oas.json"
    outcomes = {404: "rejected:provider"}
    second_try_after = frozenset({401})  # an access token may have been revoked before its end

    def settings_for(self, base_url: str) -> dict[str, object]:
        """The token is fetched from the same fake."""
        return {"base_url": base_url, "token_url": f"{base_url}/token"}

    def before(self, request: Request) -> Response | None:
        return Response.json(200, {"access_token": "ya29.secret-2", "expires_in": 3599}) if request.path == "/token" else None

    def success(self, request: Request) -> Response:
        return Response.json(200, {"name": self.ref})


class TestFcmInstallation(TestFcm):
    address = Address(channel="push", kind="fcm_fid", value="cIdmyJ0KQYKrJ5eTzQyXnA")
