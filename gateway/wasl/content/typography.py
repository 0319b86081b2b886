"""Typography that plain signs can stand for: quotation marks, dashes, spaces, wide forms. Never a letter of a language.

The signs are those of Twilio's "Smart Encoding" (list of replaced characters, 2026-11-23) as far as they are punctuation or spaces: its
modifier letters, small capitals and combining marks belong to languages, and stay. Wide and small forms follow from Unicode's NFKC.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

_SIGNS = {
    '"': "«»“”„‟❝❞〝〞″",
    "'": "‘’‚‛❛❜′´",
    "-": "‐‑‒–—―⁃−",
    "...": "…",
    "*": "•",
    "!!": "‼",
    "/": "⁄∕",
    "<": "‹",
    ">": "›",
    " ": "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t",
    "\n": "\u2028\u2029\u0085",
    # Invisible: joins, breaks, byte order marks, and the marks of direction, which a text in GSM-7 letters does not need.
    "": "\u00ad\u200b\u2060\ufeff\u200e\u200f\u2066\u2067\u2068\u2069",
}


def _pairs() -> Iterator[tuple[str, str]]:
    for plain, signs in _SIGNS.items():
        yield from ((sign, plain) for sign in signs)
    for point in (*range(0xFF01, 0xFF5F), *range(0xFE50, 0xFE6C)):
        plain = unicodedata.normalize("NFKC", chr(point))
        if plain != chr(point) and plain.isascii():
            yield chr(point), plain


PLAINER: Final[Mapping[int, str]] = {ord(sign): plain for sign, plain in _pairs()}
"""For `str.translate`."""
