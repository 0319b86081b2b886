"""Links of ours in place of an author's, in the HTML of a mail as it goes out. The text alternative stays as it is."""

import re
from collections.abc import Callable
from html import escape, unescape
from typing import NamedTuple

from yarl import URL

from wasl_contracts.links import web_link

# Every value is in double quotes by now: the layout, the sanitizer and the inliner write it so. Possessive, so that nothing is tried twice.
_TAG = re.compile(r'<(?:a|area|v:[a-z]+)\b(?:[^<>"]|"[^"]*")*+>', re.IGNORECASE)
_HREF = re.compile(r'(?<=\shref=")[^"]*(?=")', re.IGNORECASE)
_END = re.compile(r"</body\s*>", re.IGNORECASE)
_SHOWN = re.compile(r"\s*(?:https?://|www\.)", re.IGNORECASE)


class Rewritten(NamedTuple):
    """The HTML, and where its links lead: the first one is number 1. Equal ones are one."""

    html: str
    targets: tuple[str, ...]


def with_links(html: str, link: Callable[[int], str], kept: Callable[[str], bool]) -> Rewritten:
    """The HTML with `link(number)` in place of each web link but those that are `kept`, and those whose text is itself an address.

    Mail programs warn where an address is shown and another one meant.
    """
    numbers: dict[str, int] = {}

    def rewritten(tag: re.Match[str]) -> str:
        if _SHOWN.match(html, tag.end()):
            return tag[0]
        return _HREF.sub(replaced, tag[0], count=1)

    def replaced(href: re.Match[str]) -> str:
        written = unescape(href[0])
        target = None if kept(written) else _followable(written)
        return href[0] if target is None else escape(link(numbers.setdefault(target, len(numbers) + 1)))

    return Rewritten(_TAG.sub(rewritten, html), tuple(numbers))


def with_picture(html: str, url: str) -> str:
    """The HTML with a picture of one transparent point at its end, which is loaded when it is shown."""
    picture = f'<img src="{escape(url)}" width="1" height="1" alt="" style="border:0;display:block;height:1px;width:1px">'
    ends = list(_END.finditer(html))
    at = ends[-1].start() if ends else len(html)
    return f"{html[:at]}{picture}{html[at:]}"


def _followable(written: str) -> str | None:
    """The link as a header can name it; None for one that is no web link."""
    target = web_link(written)
    if target is None or target.isascii():
        return target
    try:
        return str(URL(target))  # the host in punycode, the rest percent-encoded
    except ValueError:
        return None
