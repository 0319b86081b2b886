"""Cutting text to a length without tearing what people see as one character."""

from unicodedata import category

from wasl.content.bidi import FSI, PDI

_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)
_HANGUL_VOWELS_AND_FINALS = range(0x1160, 0x1200)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of the text, with an ellipsis where something is missing and no isolate left open."""
    if len(text) <= limit:
        return text
    end = limit - 1
    while True:
        while end > 0 and not _boundary(text, end):
            end -= 1
        kept = text[:end].rstrip()
        still_open = max(0, kept.count(FSI) - kept.count(PDI))
        if len(kept) + still_open < limit:
            return f"{kept}{PDI * still_open}…"
        end -= 1


def _boundary(text: str, at: int) -> bool:
    """Whether a character as people see it starts here: those rules of UAX #29 that messages meet."""
    before, here, code = text[at - 1], text[at], ord(text[at])
    if _JOINER in (before, here) or (before == "\r" and here == "\n") or category(here).startswith("M"):
        return False
    if code in _SKIN_TONES or code in _TAGS or code in _HANGUL_VOWELS_AND_FINALS:
        return False
    return code not in _REGIONAL or _flag_halves_before(text, at) % 2 == 0


def _flag_halves_before(text: str, at: int) -> int:
    start = at
    while start and ord(text[start - 1]) in _REGIONAL:
        start -= 1
    return at - start
