"""Telegram: the Bot API's HTML (https://core.telegram.org/bots/api#html-style), and links on buttons."""

from html import escape
from typing import Final

from wasl.content.actions import actions, below
from wasl.content.spans import Mark, Pen, Span, shortened, titled, written_with
from wasl.content.written import Written
from wasl_contracts.content import Action, Telegram
from wasl_contracts.length import length

_LONGEST = 4096  # UTF-16 units, without the tags
_TAGS: Final = {"strong": "b", "em": "i", "s": "s", "code": "code", "fence": "pre", "quote": "blockquote"}


def telegram(written: Written) -> Telegram:
    """The title in bold, the body, and a button for each action that Telegram lets on one; the others are links below the text."""
    found = actions(written)
    end = below(written, [action for action in found if not _on_a_button(action)], _LONGEST // 2)
    pieces = shortened(titled(written), _LONGEST - _units(end), _units)
    text = written_with(_PEN, [_allowed(span) for span in pieces])
    return Telegram(text=text + escape(end, quote=False), buttons=tuple(filter(_on_a_button, found)))


def _units(text: str) -> int:
    return length(text, "utf16")


def _on_a_button(action: Action) -> bool:
    """Telegram refuses a whole message for a button whose host is no public name."""
    host = action.url.split("/", 3)[2].partition(":")[0]
    return "." in host.strip(".")


def _allowed(span: Span) -> Span:
    """Code stands alone in Telegram, or in a quotation; the label of a link is no code."""
    if any(mark.kind == "link" for mark in span.marks):
        return Span(span.text, tuple(mark for mark in span.marks if mark.kind not in ("code", "fence")))
    if any(mark.kind in ("code", "fence") for mark in span.marks):
        return Span(span.text, tuple(mark for mark in span.marks if mark.kind in ("code", "fence", "quote")))
    return span


def _opens(mark: Mark) -> str:
    return f'<a href="{escape(mark.url)}">' if mark.kind == "link" else f"<{_TAGS[mark.kind]}>"


def _closes(mark: Mark) -> str:
    return "</a>" if mark.kind == "link" else f"</{_TAGS[mark.kind]}>"


_PEN = Pen(_opens, _closes, lambda text, marks: escape(text, quote=False))
