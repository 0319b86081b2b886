"""Plain text: SMS, simple chats, and the text that other formats build on. Links are written out."""

import re

from wasl.brands.brand import in_locale
from wasl.content.bidi import isolated, without_idle_isolates
from wasl.content.holes import Holes
from wasl.content.sandbox import Fill, Ink, Unfillable
from wasl.content.text import Style, as_text
from wasl.content.unseen import one_line
from wasl.content.written import PROMOTIONAL, UNSUBSCRIBE, Source, Written
from wasl_contracts.content import Plain

INK = Ink(literal=str, value=isolated, url=str)
_LINK = "{link}"
# It begins where a run of spaces does, as data could hold a run long enough to be tried at each of its characters.
_MANY_LINES = re.compile(r"(?<![ \t])[ \t]*\n[ \t]*\n\s*\n")


def plain(written: Written) -> Plain:
    """The body, then each action as `label: url`, on two lines right to left. The title is left out: an SMS is paid by the letter."""
    return Plain(text=with_way_out(written, with_actions(written)))


def with_way_out(written: Written, text: str) -> str:
    """The text, and at the end of a promotional one the brand's words to opt out by, where they do not stand in it."""
    if not written.data.get(PROMOTIONAL):
        return text
    words, link = written.source.form(_way_out), written.data.get(UNSUBSCRIBE)
    if _LINK in words:
        words = words.replace(_LINK, link) if isinstance(link, str) else ""
    return text if not words or words in text else f"{text}\n{words}"


def with_actions(written: Written) -> str:
    """The body and the actions as text. Raises Unfillable if nothing is left to say."""
    return said(tidy(written.filled(_body_and_actions)))


def body(written: Written) -> str:
    """The body alone as text. Raises Unfillable if nothing is left to say."""
    return said(tidy(written.filled(_body)))


def title(written: Written) -> str:
    """The title, on one line whatever the data holds."""
    return without_idle_isolates(one_line(written.filled(_title)))


def tidy(text: str) -> str:
    """Text without the gaps that conditions leave, and without isolates that it does not need."""
    return without_idle_isolates(_MANY_LINES.sub("\n\n", text).strip() if "\n" in text else text.strip())


def said(text: str) -> str:
    """The text. Raises Unfillable if there is none."""
    if not text:
        raise Unfillable("the text came out empty")
    return text


def link(label: str, url: str, holes: Holes) -> str:
    """A label with its link written out."""
    return url if label in (url, _as_label(url, holes)) else label + holes.guarded(url, f" ({url})")


def _as_label(url: str, holes: Holes) -> str:
    """How a URL looks in its own label, where its holes are values."""
    return re.sub(holes.mark, rf"{holes.word}v\2z", url)


_STYLE = Style(INK, link)


def _way_out(source: Source) -> str:
    return in_locale(source.brand.opt_out, source.locale)


def _title(source: Source) -> Fill:
    return source.fill(source.title, INK)


def _body(source: Source) -> Fill:
    return source.fill(as_text(source.body, _STYLE, source.holes), INK)


def _body_and_actions(source: Source) -> Fill:
    # In right-to-left text a link on a line of its own runs from left to right as a whole; behind a label its end may jump.
    gap = "\n" if source.direction == "rtl" else " "
    lines = [source.holes.guarded(url, f"{label}:{gap}{url}\n") for label, url in source.actions]
    return source.fill(as_text(source.body, _STYLE, source.holes) + "".join(lines), INK)
