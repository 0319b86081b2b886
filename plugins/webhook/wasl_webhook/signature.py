"""The signature of Standard Webhooks, version 1: HMAC-SHA256 over id, timestamp and the exact bytes sent."""

import base64
import binascii
import hmac
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError

_PREFIX = "whsec_"


def key(secret: SecretStr) -> bytes:
    """The bytes that the secret stands for."""
    return base64.b64decode(secret.get_secret_value().removeprefix(_PREFIX), validate=True)


def _usable(secret: SecretStr) -> SecretStr:
    try:
        size = len(key(secret)) if secret.get_secret_value().startswith(_PREFIX) else 0
    except (ValueError, binascii.Error):
        size = 0
    if not 24 <= size <= 64:
        raise PydanticCustomError("bad_webhook_secret", "is no webhook secret; write whsec_ and the base64 of 24 to 64 random bytes")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_usable)]
"""`whsec_` and the base64 of 24 to 64 bytes."""


def signature(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`; `timestamp` is in whole seconds since 1970."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
