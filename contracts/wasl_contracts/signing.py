"""What proves that a callback comes from the provider. Everything here compares in constant time, and raises BadSignature on junk."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from wasl_contracts.errors import BadSignature
from wasl_contracts.event import Callback

TOLERANCE = 300.0
"""Seconds by which the moment of a signature may differ from that of its arrival (Standard Webhooks, Stripe, Slack: 5 minutes)."""
_SECONDS = re.compile(r"[0-9]{1,12}")
_HEX = re.compile(r"[0-9A-Fa-f]+")


def header(callback: Callback, name: str) -> str:
    """A header that must be there."""
    value = callback.headers.get(name)
    if not value:
        raise BadSignature
    return value


def query(callback: Callback, name: str) -> str | None:
    """A parameter of the URL that the callback came to; None where it has none, or several, of that name."""
    try:
        asked = urlsplit(callback.url).query
    except ValueError:  # the host, which may be the caller's own word, is none
        raise BadSignature from None
    found = [value for key, value in parse_qsl(asked, keep_blank_values=True) if key == name]
    return found[0] if len(found) == 1 else None


def hmac_sha256(secret: SecretStr | bytes, *parts: bytes | str) -> bytes:
    """The keyed digest of the parts, one after the other; text as UTF-8."""
    key = secret.get_secret_value().encode() if isinstance(secret, SecretStr) else secret
    return hmac.digest(key, b"".join([part.encode() if isinstance(part, str) else part for part in parts]), "sha256")


def same(told: str | bytes, wanted: str | bytes) -> None:
    """Raise BadSignature unless both are equal; how long it takes tells nothing of where they differ."""
    left, right = (hashlib.sha256(one.encode(errors="replace") if isinstance(one, str) else one).digest() for one in (told, wanted))
    if not hmac.compare_digest(left, right):
        raise BadSignature


def same_secret(told: str | None, secret: SecretStr) -> None:
    """As `same`, for a token that the provider repeats; an empty secret is never right."""
    if not told or not secret.get_secret_value():
        raise BadSignature
    same(told, secret.get_secret_value())


def from_base64(text: str) -> bytes:
    """The bytes of standard base64 with its padding, and of nothing else."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature from None


def from_hex(text: str) -> bytes:
    """The bytes of lower- or upper-case hexadecimal digits."""
    if len(text) % 2 or not _HEX.fullmatch(text):
        raise BadSignature
    return bytes.fromhex(text)


def fresh(stamp: str, at: datetime, tolerance: float = TOLERANCE) -> str:
    """The stamp, where it names seconds since 1970 in ASCII digits that are within `tolerance` seconds of `at`."""
    if not _SECONDS.fullmatch(stamp) or abs(int(stamp) - at.timestamp()) > tolerance:
        raise BadSignature
    return stamp


def one_of(told: Sequence[bytes], wanted: bytes) -> None:
    """Raise BadSignature unless one of those told is the wanted one: while a secret is renewed, both sign."""
    if not any([hmac.compare_digest(one, wanted) for one in told]):
        raise BadSignature
