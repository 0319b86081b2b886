"""The words of stored decisions, and the short forms that they are stored in. These are on disk: add to them, change none."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue

from wasl.clock import micros, moment

_SHORT: Mapping[str, str] = {
    # policies
    "expiry": "e", "superseded": "n", "duplicate": "d", "privacy": "p", "suppression": "s", "consent": "c", "quiet_hours": "q",
    "frequency_cap": "f",
    # what they look at
    "said": "sa", "by": "by", "message": "ms", "standing": "st", "due": "du", "brand": "br",
    "expires_at": "x", "private": "v", "category": "k", "listed": "l", "since": "i", "zone": "z", "topic": "t", "channel": "h",
    "reason": "r", "rule": "u", "state": "a", "row": "o", "cap": "b", "max": "m", "per": "w", "used": "j", "scope": "y", "now": "g",
    "country": "co", "zone_of": "zo", "zones": "zs", "local": "lo", "window": "wi", "opens": "op", "closes": "cl", "jitter": "ji",
    "hours": "ho", "limit": "li", "counted": "ct", "reserved": "rs", "over": "ov", "again": "ag", "exempt": "xm", "elsewhere": "el",
    "free_at": "fr", "budget": "bu", "amount": "am", "currency": "cy", "spent": "sp", "cost": "cs", "units": "un", "least": "le",
    "renews_at": "re", "unpriced": "up", "free": "fe", "open": "on",
}  # fmt: skip
_SOURCES: Mapping[str, str] = {
    "message.expires_in": "x", "message.about": "a", "message.fact": "f", "suppressions": "s", "kind email": "e", "kind phone": "p",
}  # fmt: skip
_LONG = {short: word for word, short in _SHORT.items()}
_LONG_SOURCES = {short: source for source, short in _SOURCES.items()}
_OTHER = "."  # before a word that has no short form
_WHOLE, _WITH_MICROS = len("2026-03-01T12:00:00+00:00"), len("2026-03-01T12:00:00.123456+00:00")


def short(word: str) -> str:
    """A name as it is stored."""
    return _SHORT.get(word) or _OTHER + word


def long(stored: str) -> str:
    """A stored name."""
    return stored[1:] if stored.startswith(_OTHER) else _LONG[stored]


def short_source(source: str) -> str:
    """A rule's source as it is stored."""
    return _SOURCES.get(source) or _OTHER + source


def long_source(stored: str) -> str:
    """A stored source."""
    return stored[1:] if stored.startswith(_OTHER) else _LONG_SOURCES[stored]


def packed(value: JsonValue) -> JsonValue:
    """An input as it is stored: a moment as `@` and its seconds since 1970, with six digits after the point where there are any."""
    if type(value) is not str:
        return value
    if value[:1] == "@":
        return "@" + value
    whole = len(value) == _WHOLE
    if not (whole or (len(value) == _WITH_MICROS and value[20:26] != "000000")) or value[-6:] != "+00:00" or value[10] != "T":
        return value
    try:
        found = micros(datetime.fromisoformat(value))
    except ValueError:
        return value
    return f"@{found // 1_000_000}" if whole else f"@{found // 1_000_000}.{found % 1_000_000:06}"


def unpacked(stored: JsonValue) -> JsonValue:
    """A stored input."""
    if not isinstance(stored, str) or stored[:1] != "@":
        return stored
    if stored[1:2] == "@":
        return stored[1:]
    seconds, _, rest = stored[1:].partition(".")
    return moment(int(seconds) * 1_000_000 + int(rest or 0)).isoformat()
