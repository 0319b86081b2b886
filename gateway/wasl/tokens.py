"""Tokens for links that need no login: who and what for, encrypted, so that they can neither be read nor changed nor guessed."""

import base64
import binascii
from collections.abc import Mapping

from pydantic_core import from_json, to_json

from wasl.errors import Unusable
from wasl.keys import KeyRing

_LONGEST = 2048  # characters


def issue(ring: KeyRing, purpose: str, told: Mapping[str, str | int]) -> str:
    """A token for one purpose; its text is safe in a path. The same is told by the same token, so that a mail can be written again."""
    return base64.urlsafe_b64encode(ring.seal_alike(to_json(told), _about(purpose))).rstrip(b"=").decode()


def read(ring: KeyRing, purpose: str, token: str) -> dict[str, str | int] | None:
    """What `issue` was told; None for a token that is not ours, not for this purpose, or was changed."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        found = from_json(ring.open(sealed, _about(purpose)))
    except (binascii.Error, ValueError, Unusable):
        return None
    return dict(found)


def _about(purpose: str) -> bytes:
    return f"token|{purpose}".encode()
