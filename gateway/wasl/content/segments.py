"""What an SMS takes: its encoding and in how many parts it goes, which is what is paid. Pure, and quick enough for every message."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wasl.content.alphabets import GSM7, NATIONAL, Alphabet
from wasl.content.typography import PLAINER
from wasl_contracts.content import ShiftTable, SmsEncoding

_ALONE, _JOINED = 70, 67  # UTF-16 units of a part in UCS-2, as an only one and as one of several


class Segments(NamedTuple):
    """How a text goes: `units` are septets in gsm7 and UTF-16 units in ucs2, `left` is how many more fit before another part begins.

    `table` is the national table that its parts name in their headers.
    """

    encoding: SmsEncoding
    units: int
    segments: int
    left: int
    table: ShiftTable | None = None


class Forcing(NamedTuple):
    """A character that seven bits cannot write, with its first position in the text. For people who write: never to be logged."""

    character: str
    position: int

    @property
    def name(self) -> str:
        """`U+2019 RIGHT SINGLE QUOTATION MARK`."""
        point = ord(self.character)
        return f"U+{point:04X} {unicodedata.name(self.character, 'without a name')}"


def count(text: str, tables: Sequence[ShiftTable] = ()) -> Segments:
    """How a text goes: in GSM-7 if it can, else in UCS-2, or with one of these national tables where that takes fewer parts.

    A pair of septets (an escape and its letter) or of surrogates stays in one part, as with providers; an empty text takes no part.
    """
    letters = set(text)
    if (plain := _septets(text, letters, GSM7)) is not None:
        return plain
    found = (_septets(text, letters, alphabet) for table in tables for alphabet in NATIONAL[table])
    return min((_utf16(text), *(way for way in found if way is not None)), key=lambda way: (way.segments, way.units))


def forcing(text: str, tables: Sequence[ShiftTable] = (), most: int = 5) -> tuple[Forcing, ...]:
    """The first characters for which a text needs UCS-2, each once; none where it does not."""
    if count(text, tables).encoding == "gsm7":
        return ()
    alphabets = [GSM7, *(alphabet for table in tables for alphabet in NATIONAL[table])]
    known = max((alphabet.letters | alphabet.escaped for alphabet in alphabets), key=lambda known: sum(c in known for c in text))
    first: dict[str, int] = {}
    for position, character in enumerate(text):
        if character not in known:
            first.setdefault(character, position)
    return tuple(Forcing(character, position) for character, position in list(first.items())[:most])


def plainer(text: str, tables: Sequence[ShiftTable] = ()) -> str:
    """The text with plain quotation marks, dashes and spaces, where that alone lets it go in GSM-7; else just as it is.

    Letters stay: `é` is never made `e`, and what no table has keeps the whole text as it was written.
    """
    if set(text) <= GSM7.letters | GSM7.escaped:
        return text
    changed = text.translate(PLAINER)
    return changed if count(changed, tables).encoding == "gsm7" else text


def _septets(text: str, letters: set[str], alphabet: Alphabet) -> Segments | None:
    """None where it has a letter that the alphabet lacks."""
    others = letters - alphabet.letters
    if not others <= alphabet.escaped:
        return None
    units = len(text) + sum(map(text.count, others))
    if units <= alphabet.alone:
        return Segments("gsm7", units, 1 if text else 0, alphabet.alone - units, alphabet.table)
    widths = (2 if letter in others else 1 for letter in text) if others else None
    return Segments("gsm7", units, *_parts(units, widths, alphabet.joined), alphabet.table)


def _utf16(text: str) -> Segments:
    units = len(text) + sum(letter > "\uffff" for letter in text)
    if units <= _ALONE:
        return Segments("ucs2", units, 1, _ALONE - units)
    widths = (2 if letter > "\uffff" else 1 for letter in text) if units > len(text) else None
    return Segments("ucs2", units, *_parts(units, widths, _JOINED))


def _parts(units: int, widths: Iterable[int] | None, room: int) -> tuple[int, int]:
    """In how many parts so many units go, and how much room the last one has. Without `widths`, all characters are one unit wide."""
    if widths is None:
        parts = -(-units // room)
        return parts, parts * room - units
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts, room - used
