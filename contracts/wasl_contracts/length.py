"""How long a text is, as a service counts: characters, bytes, what people see as characters, or X's weights."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal
from unicodedata import normalize

from wasl_contracts.graphemes import graphemes

CountedIn = Literal["characters", "utf16", "bytes", "graphemes", "weighted"]
"""`characters` are Unicode's code points, `bytes` those of UTF-8, `weighted` is X's rule (twitter-text, configuration 3)."""

LINK: Final = re.compile(r"https?://[^\s<>\"\u2068\u2069]*[^\s<>\"\u2068\u2069.,:;!?)\]}'،؛؟]")
"""A web link within a text, as readers' programs find it: without the punctuation behind it."""

_BARE_DOMAIN = re.compile(r"(?<![\w@./-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w@-])(?:/[^\s]*)?", re.IGNORECASE)
# https://github.com/twitter/twitter-text/blob/master/config/v3.json: these count one, all others two, an emoji two as a whole.
_LIGHT = (range(4352), range(8192, 8206), range(8208, 8224), range(8242, 8248))
_EMOJI_SIGNS = re.compile("[\u200d\u20e3\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_PICTURES = re.compile("[\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff]")


def length(text: str, counted_in: CountedIn = "characters", link_counts: int | None = None) -> int:
    """The length of a text. `link_counts` is what a link counts whatever its length; None where it counts as it is written."""
    if link_counts is None or "." not in text:
        return _COUNTS[counted_in](text)
    counts, links = _COUNTS[counted_in], len(LINK.findall(text))
    rest = LINK.sub("", text)
    if counted_in == "weighted":  # X makes links of bare domains too; which ones depends on its list, so this is the most it can be
        domains = _BARE_DOMAIN.findall(rest)
        rest = _BARE_DOMAIN.sub("", rest)
        return counts(rest) + links * link_counts + sum(max(link_counts, counts(domain)) for domain in domains)
    return counts(rest) + links * link_counts


def _weighted(text: str) -> int:
    text = normalize("NFC", text)
    if text.isascii():
        return len(text)
    return sum(map(_weight, graphemes(text)))


def _weight(grapheme: str) -> int:
    if len(grapheme) > 1 and _EMOJI_SIGNS.search(grapheme) and _PICTURES.search(grapheme):
        return 2
    return sum(1 if any(ord(character) in span for span in _LIGHT) else 2 for character in grapheme)


_COUNTS: Final[Mapping[CountedIn, Callable[[str], int]]] = {
    "characters": len,
    "utf16": lambda text: len(text.encode("utf-16-le")) // 2,
    "bytes": lambda text: len(text.encode()),
    "graphemes": lambda text: len(text) if text.isascii() and "\r" not in text else sum(1 for _ in graphemes(text)),
    "weighted": _weighted,
}
