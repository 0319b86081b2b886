"""Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from pydantic import SecretStr

from wasl_contracts.signing import hmac_sha256


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, and for which service. URLs have no query, and nothing in their path that must be escaped."""

    access_key_id: str
    secret_access_key: SecretStr
    session_token: SecretStr | None
    region: str
    service: str

    def signed(self, method: str, url: str, headers: Mapping[str, str], body: bytes, at: datetime) -> dict[str, str]:
        """The headers with the signature and what it needs; all of them are signed. `at` is aware UTC."""
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        told = {**headers, "X-Amz-Date": stamp}
        if self.session_token is not None:
            told["X-Amz-Security-Token"] = self.session_token.get_secret_value()
        parts = urlsplit(url)
        lines = {name.lower(): value for name, value in {"Host": parts.netloc, **told}.items()}
        names = ";".join(sorted(lines))
        canonical = [method, parts.path or "/", "", *(f"{name}:{lines[name]}" for name in sorted(lines)), "", names, _digest(body)]
        scope = f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, _digest("\n".join(canonical).encode())])
        key = f"AWS4{self.secret_access_key.get_secret_value()}".encode()
        for part in scope.split("/"):
            key = hmac_sha256(key, part)
        credential = f"Credential={self.access_key_id}/{scope}, SignedHeaders={names}, Signature={hmac_sha256(key, to_sign).hex()}"
        return {**told, "Authorization": f"AWS4-HMAC-SHA256 {credential}"}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
