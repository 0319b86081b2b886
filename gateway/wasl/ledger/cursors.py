"""Cursors: where the next page begins, signed, so that nobody reads elsewhere with one."""

import base64
import json
from collections.abc import Sequence

from wasl.errors import Problem, Refused
from wasl.keys import KeyRing

_MAC = 16  # bytes
_FOREIGN = Problem(pointer="/cursor", code="bad_cursor", message="was not given out here; start again without one")


def cursor_after(keys: KeyRing, about: str, place: Sequence[str | int]) -> str:
    """The cursor of the page that follows a place. `about` names the list; it is not in the cursor."""
    told = json.dumps(list(place)).encode()
    return base64.urlsafe_b64encode(keys.sign(f"cursor|{about}|".encode() + told) + told).decode()


def place_of(keys: KeyRing, about: str, cursor: str) -> list[str | int]:
    """The place that a cursor stands for.

    Raises:
        Refused: it was not given out for this list.
    """
    try:
        told = base64.b64decode(cursor, altchars=b"-_", validate=True)[_MAC:]
        place = json.loads(told)
        if not isinstance(place, list) or cursor_after(keys, about, place) != cursor:
            raise ValueError
    except (ValueError, RecursionError):
        raise Refused([_FOREIGN]) from None
    return place
