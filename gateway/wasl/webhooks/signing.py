"""The signature of Standard Webhooks, version 1 (standardwebhooks.com): HMAC-SHA256 over id, timestamp and the exact bytes sent."""

import base64
import hmac
import os
from collections.abc import Iterable

_PREFIX = "whsec_"
_BYTES = 32  # the standard asks for 24 to 64


def new_secret() -> str:
    """`whsec_` and the base64 of 32 random bytes."""
    return _PREFIX + base64.b64encode(os.urandom(_BYTES)).decode()


def signatures(secrets: Iterable[str], event_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`, one signature for each secret; `timestamp` is in whole seconds since 1970."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets)


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
