"""Tokens of tracked links: which link of which call, with a MAC. They are short, as a mail has many of them."""

import base64
import binascii
import hmac
import struct
from typing import NamedTuple

from wasl.keys import KeyRing

PICTURE = 0
"""The number of the picture by which an open is seen; links count from 1."""
_FORM = struct.Struct(">16sIHH")
_MAC = 16  # bytes, as `KeyRing.sign` makes them
_LONGEST = 256  # characters
_ABOUT = b"tracked|"


class Link(NamedTuple):
    """A link of a call: its place in the mail, from 1; 0 is the picture."""

    brand: str
    message_id: str
    delivery: int
    attempt: int
    number: int


def issue(ring: KeyRing, link: Link) -> str:
    """Its token; the same each time, so that a mail can be written again. Its text is safe in a path."""
    brand, message_id, *numbers = link
    payload = _FORM.pack(bytes.fromhex(message_id.removeprefix("msg_")), *numbers) + brand.encode()
    return base64.urlsafe_b64encode(payload + ring.sign(_ABOUT + payload)).rstrip(b"=").decode()


def read(ring: KeyRing, token: str) -> Link | None:
    """The link; None for a token that is not ours or was changed in any way."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        payload = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)[:-_MAC]
        message, *numbers = _FORM.unpack_from(payload)
        link = Link(payload[_FORM.size :].decode(), f"msg_{message.hex()}", *numbers)
    except (binascii.Error, struct.error, ValueError):
        return None
    # Base64 has several spellings of the same bytes: only ours is right.
    return link if hmac.compare_digest(issue(ring, link), token) else None
