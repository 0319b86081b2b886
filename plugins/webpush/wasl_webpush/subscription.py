"""A browser's subscription, and what only it can read: the encryption of RFC 8291."""

import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from typing import Final

import http_ece
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey, generate_private_key

from wasl_contracts import Reason, Rejected

_SCHEME_AND_HOST: Final = r"https://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?"
_POINT: Final = r"[A-Za-z0-9_-]{87}=?"  # 65 bytes
_SECRET: Final = r"[A-Za-z0-9_-]{22}(?:==)?"  # noqa: S105  # the form of one: 16 bytes
_ENDPOINT: Final = re.compile(rf"(?P<origin>{_SCHEME_AND_HOST})(?P<path>/[!#-\[\]-~]{{1,2000}})")
# JSON of one line, in any order of its parts.
PATTERN: Final = (
    rf'\{{(?=[ -~]*"endpoint" ?: ?"{_SCHEME_AND_HOST}/)(?=[ -~]*"p256dh" ?: ?"{_POINT}")(?=[ -~]*"auth" ?: ?"{_SECRET}")[ -~]*\}}'
)
LARGEST: Final = 4096 - 103
"""Bytes before encryption: services take 4,096 (RFC 8030 section 7.2), of which header, padding and tag are 103."""


@dataclass(frozen=True, slots=True, repr=False)
class Subscription:
    """Where a browser's push service is, and the keys of the browser itself."""

    origin: str
    path: str
    key: EllipticCurvePublicKey
    secret: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> "Subscription":
        """The subscription in the JSON that a browser gives (`JSON.stringify(subscription)`).

        Raises:
            Rejected: it is none, so there is nobody there.
        """
        try:
            told = json.loads(text)
            endpoint = _ENDPOINT.fullmatch(told["endpoint"])
            keys = told["keys"]
            key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes(keys["p256dh"], 65))
            secret = _bytes(keys["auth"], 16)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Rejected(Reason.INVALID_ADDRESS, "address", "bad_subscription") from None
        if endpoint is None:
            raise Rejected(Reason.INVALID_ADDRESS, "address", "bad_endpoint")
        return cls(endpoint["origin"].lower(), endpoint["path"], key, secret)

    def encrypted(self, content: bytes, key: EllipticCurvePrivateKey | None = None, salt: bytes | None = None) -> bytes:
        """The content as only this browser can read it. Key and salt are for this one message, and random where they are left out."""
        sender = key or generate_private_key(SECP256R1())
        sealed: bytes = http_ece.encrypt(content, salt=salt, private_key=sender, dh=self.key, auth_secret=self.secret, version="aes128gcm")
        return sealed


def _bytes(text: str, length: int) -> bytes:
    found = urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    if len(found) != length:
        raise ValueError(length)
    return found
