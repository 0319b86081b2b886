"""Plain text: SMS, simple chats, and the text that other formats build on. Links are written out."""

import re

from wasl.content.bidi import isolated, without_idle_isolates
from wasl.content.holes import Holes
from wasl.content.sandbox import Fill, Ink, Unfillable
from wasl.content.text import Style, as_text
from wasl.content.written import Source, Written
from wasl_contracts.content import Plain

INK = Ink(literal=str, value=isolated, url=str)
_MANY_LINES = re.compile(r"[ \t]*\n[ \t]*\n\s*\n")


def plain(written: Written) -> Plain:
    """The body, then each action as `label: url`. The title is left out: an SMS is paid by the letter."""
    return Plain(text=with_actions(written))


def with_actions(written: Written) -> str:
    """The body and the actions as text. Raises Unfillable if nothing is left to say."""
    return _said(tidy(written.filled(_body_and_actions)))


def body(written: Written) -> str:
    """The body alone as text. Raises Unfillable if nothing is left to say."""
    return _said(tidy(written.filled(_body)))


def title(written: Written) -> str:
    """The title, on one line whatever the data holds."""
    return without_idle_isolates(" ".join(written.filled(_title).split()))


def tidy(text: str) -> str:
    """Text without the gaps that conditions leave, and without isolates that it does not need."""
    return without_idle_isolates(_MANY_LINES.sub("\n\n", text).strip() if "\n" in text else text.strip())


def _said(text: str) -> str:
    if not text:
        raise Unfillable("the text came out empty")
    return text


def _link(label: str, url: str, holes: Holes) -> str:
    return url if label in (url, _as_label(url, holes)) else label + holes.guarded(url, f" ({url})")


def _as_label(url: str, holes: Holes) -> str:
    """How a URL looks in its own label, where its holes are values."""
    return re.sub(holes.mark, rf"{holes.word}v\2z", url)


_STYLE = Style(INK, _link)


def _title(source: Source) -> Fill:
    return source.fill(source.title, INK)


def _body(source: Source) -> Fill:
    return source.fill(as_text(source.body, _STYLE, source.holes), INK)


def _body_and_actions(source: Source) -> Fill:
    lines = [source.holes.guarded(url, f"{label}: {url}\n") for label, url in source.actions]
    return source.fill(as_text(source.body, _STYLE, source.holes) + "".join(lines), INK)
