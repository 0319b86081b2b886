"""What people see as one character may be several of Unicode's: where one ends and the next begins.

The rules of UAX #29 (Unicode 15.1), without tables of its own: what a character is comes from `unicodedata`. Left out are a few rare
signs that stand before the letter they belong to, and that a joiner between other things than emoji does not join.
"""

from collections.abc import Iterator
from unicodedata import category

_JOINER, _NON_JOINER = "\u200d", "\u200c"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)
_HALFWIDTH_MARKS = range(0xFF9E, 0xFFA0)

# GB6 to GB8: Hangul. Initials are followed by all of these, and all of these by vowels and finals.
_INITIALS = (range(0x1100, 0x1160), range(0xA960, 0xA97D))
_VOWELS_AND_FINALS = (range(0x1160, 0x1200), range(0xD7B0, 0xD7FC))
_SYLLABLES = range(0xAC00, 0xD7A4)

# GB9b: number signs that enclose the digits after them.
_BEFORE_DIGITS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e")

# GB9c: the signs that join the consonants of Devanagari, Bengali, Gujarati, Oriya, Telugu and Malayalam, each in its block of 128.
_LINKERS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
_BLOCK = 128


def boundary(text: str, at: int, since: int = 0) -> bool:
    """Whether a character as people see it starts at this index, which is neither 0 nor the end.

    `since` is where one is known to start: nothing before it is looked at.
    """
    before, here, code = text[at - 1], text[at], ord(text[at])
    if code < 0x300:
        return not (before == _JOINER or before in _BEFORE_DIGITS or (before == "\r" and here == "\n"))
    if before == _JOINER or before in _BEFORE_DIGITS or here in (_JOINER, _NON_JOINER) or category(here).startswith("M"):
        return False
    if code < 0x900:
        return True
    if code in _SKIN_TONES or code in _TAGS or code in _HALFWIDTH_MARKS or _in_one_syllable(ord(before), code):
        return False
    if code in _REGIONAL:
        return _flag_halves_before(text, at, since) % 2 == 0
    return not _in_one_conjunct(text, at, since)


def graphemes(text: str) -> Iterator[str]:
    """The text in pieces, each of them one character as people see it."""
    start = 0
    for at in range(1, len(text)):
        if boundary(text, at, start):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _in_one_syllable(before: int, here: int) -> bool:
    if any(here in vowels for vowels in _VOWELS_AND_FINALS):
        return True
    return any(before in initials for initials in _INITIALS) and (here in _SYLLABLES or any(here in initials for initials in _INITIALS))


def _in_one_conjunct(text: str, at: int, since: int) -> bool:
    """Whether a consonant is joined to the one before by a sign between them, which marks and joiners may surround."""
    block = ord(text[at]) // _BLOCK
    if not 0x900 // _BLOCK <= block <= 0xD00 // _BLOCK or category(text[at]) != "Lo":
        return False
    start = at
    while start > since and (text[start - 1] == _JOINER or category(text[start - 1]) == "Mn"):
        start -= 1
    signs = text[start:at]
    joined = any(sign in _LINKERS and ord(sign) // _BLOCK == block for sign in signs)
    return joined and start > since and ord(text[start - 1]) // _BLOCK == block and category(text[start - 1]) == "Lo"


def _flag_halves_before(text: str, at: int, since: int) -> int:
    start = at
    while start > since and ord(text[start - 1]) in _REGIONAL:
        start -= 1
    return at - start
