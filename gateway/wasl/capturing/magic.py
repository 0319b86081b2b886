"""Addresses that say what becomes of what is sent to them. All stand in names and numbers that nobody can have.

`bounce@simulator.example`, `bounce+any.word@simulator.example` (RFC 2606), +1 202 555 0101 (555-01XX is kept for fiction), and, for any
other kind whose pattern allows it, a value with `simulator-bounce` in it.
"""

import re
from enum import StrEnum

from wasl_contracts import Address

_MAILBOX = re.compile(r"([a-z]+)(?:\+[^@]*)?@simulator\.example")
_NUMBER = re.compile(r"\+1202555010([0-9])")
_ANYWHERE = re.compile(r"simulator-([a-z]+)")


class Fate(StrEnum):
    """What becomes of a delivery. An address that is not magic is taken, and nothing more is heard of it."""

    DELIVER = "deliver"
    BOUNCE = "bounce"
    COMPLAIN = "complain"
    HANG = "hang"
    FAIL = "fail"
    DEFER = "defer"


def fate_of(address: Address) -> Fate | None:
    """What an address says; None where it is not magic."""
    if digit := _NUMBER.fullmatch(address.value):
        number = int(digit[1])
        return list(Fate)[number] if number < len(Fate) else None
    word = _MAILBOX.fullmatch(address.value) or _ANYWHERE.search(address.value)
    return Fate(word[1]) if word and word[1] in list(Fate) else None
