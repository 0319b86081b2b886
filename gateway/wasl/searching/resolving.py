"""What a text may be that somebody pasted: an id of ours, an email address, a phone number, somebody's id, a reference.

Pure: the forms that it may have, likeliest first. Whether there is such a thing, the ledger knows (seeking.py).
"""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from wasl.errors import Problem, Refused

Form = Literal["message", "request", "address", "person", "reference"]
_OF_MESSAGE = re.compile(r"(?:(?:msg|dlv|att)_)?([0-9a-f]{32})(?:_[0-9]{1,4}){0,2}")
_OF_REQUEST = re.compile(r"req_[0-9a-f]{24}")
_EMAIL = re.compile(r"(?:mailto:)?<?([^\s<>,;:\"]{1,64}@[^\s<>,;:\"]{1,255})>?", re.IGNORECASE)
_PHONE = re.compile(r"(?:tel:)?[+＋]?[\d()./\s\u00a0\u2010-\u2015-]{6,32}")
_NUMBER = re.compile(r"#?[\w.-]*\d[\w.-]*")
_LONGEST = 255
_BEFORE = ("order-", "order_", "order:", "order/", "#")
"""How `about` often names an order."""

Normal = Callable[[str], str | None]
"""An address in its normal form; None for a text that is no such address."""


class Guess(NamedTuple):
    """What a text may be, and the value to look for; of an address also its kind, `email` or `phone`."""

    form: Form
    value: str
    kind: str = ""


def guesses(text: str, email: Normal, phone: Normal) -> tuple[Guess, ...]:
    """What the text may be. Everything may be somebody's id or a reference, as the application chooses these."""
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return ()
    found: list[Guess] = []
    if (ours := _OF_MESSAGE.fullmatch(text.lower())) is not None:
        found.append(Guess("message", f"msg_{ours[1]}"))
    if _OF_REQUEST.fullmatch(text.lower()):
        found.append(Guess("request", text.lower()))
    if (mail := _EMAIL.fullmatch(text)) is not None and (normal := email(mail[1])) is not None:
        found.append(Guess("address", normal, "email"))
    if _PHONE.fullmatch(text) and (normal := phone(text)) is not None:
        found.append(Guess("address", normal, "phone"))
    found.append(Guess("person", text))
    found += [Guess("reference", one) for one in references(text)]
    return tuple(found)


def references(text: str) -> tuple[str, ...]:
    """How an application may have written the reference that somebody calls by this text: `1042`, `#1042`, `order-1042`."""
    if not _NUMBER.fullmatch(text):
        return (text,)
    short = text.removeprefix("#")
    return tuple(dict.fromkeys((text, short, *(f"{before}{short}" for before in _BEFORE))))


def unresolvable(text: str) -> Refused:
    """The error for a text in place of an address or an id."""
    told = "is neither an address nor the id of a person" if len(text) <= _LONGEST else f"has more than {_LONGEST} characters"
    return Refused([Problem(pointer="/q", code="unresolvable", message=told)])
