"""API keys: wasl_live_<id>_<secret>_<checksum>, shown once, stored as a keyed digest."""

import hmac
import re
import secrets
import string
import zlib
from typing import Literal, get_args

from wasl.keys import KeyRing
from wasl_contracts.model import Frozen

Scope = Literal["send", "read", "people:export", "people:erase", "webhooks"]
"""What a key may be allowed: to send and change, to read (addresses masked), to copy a person's data in clear, to erase a person, and to
have what happens posted elsewhere."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
_ALPHABET = string.ascii_letters + string.digits
_SHAPE = re.compile(rb"wasl_live_([0-9a-z]{8})_([0-9A-Za-z]{43})_([0-9a-f]{8})")


class ApiKey(Frozen):
    """Who calls: the key's public id and name, its brand, and what it may do."""

    id: str
    name: str
    brand: str
    scopes: frozenset[Scope]


def new_key() -> tuple[str, str]:
    """A fresh key (256 random bits) and its id."""
    key_id = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(43))
    body = f"wasl_live_{key_id}_{secret}"
    return f"{body}_{zlib.crc32(body.encode()):08x}", key_id


def id_of(key: bytes) -> str | None:
    """The id in a key of the right shape and checksum, so that a mistyped one costs no look-up."""
    match = _SHAPE.fullmatch(key)
    if match is None or f"{zlib.crc32(key[:-9]):08x}".encode() != match[3]:
        return None
    return match[1].decode()


def digest(key: bytes, ring: KeyRing) -> bytes:
    """What is stored in place of the key."""
    return ring.sign(b"api key|" + key)


def same(left: bytes, right: bytes) -> bool:
    """Compare digests in constant time."""
    return hmac.compare_digest(left, right)
