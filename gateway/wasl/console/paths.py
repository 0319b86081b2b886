"""Paths of pages below /console for ids that applications choose: these may hold anything, a slash too."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode


def person_path(person_id: str, brand: str, part: str = "", query: Mapping[str, str | None] | None = None) -> str:
    """The page of a person, or a part of it such as `ticket`, to be put behind /console: `/people/u_42?brand=acme`."""
    rest = f"/{part}" if part else ""
    told = {"brand": brand, **{name: value for name, value in (query or {}).items() if value}}
    return f"/people/{quote(person_id, safe='')}{rest}?{urlencode(told)}"


def message_path(message_id: str, brand: str) -> str:
    """The page of a message, to be put behind /console."""
    return f"/messages/{quote(message_id, safe='')}?{urlencode({'brand': brand})}"
