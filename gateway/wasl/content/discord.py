"""Discord: its Markdown, escaped so that data is only text, and links on buttons.

Limits: https://discord.com/developers/docs/resources/message#create-message and …/components/reference#button.
"""

import re
from collections.abc import Sequence
from typing import Final

from pydantic import JsonValue

from wasl.content.actions import actions, below
from wasl.content.spans import Mark, Pen, Span, titled, within, written_with
from wasl.content.written import Written
from wasl_contracts.content import Action, Discord
from wasl_contracts.length import length

_LONGEST = 2000
_LONGEST_BUTTON_LINK = 512
_LONGEST_LINK = 1000  # a longer one behind a label would leave no room for the text
_IN_A_ROW = 5
_BARE_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()+,;=%-]+")
_SIGNS: Final = {"strong": "**", "em": "*", "s": "~~", "code": "`", "fence": "```"}
# A backslash makes each of these text. `<` begins mentions, times and emoji, `[` a link with a label, others a line.
_SPECIAL = re.compile(r"[\\*_~`|<\[\]@]|^[ \t]*[-+#>](?=[ \t#>])|^[ \t]*>|^[ \t]*\d+(?=[.)][ \t])", re.MULTILINE)


def discord(written: Written) -> Discord:
    """The title in bold, the body, and a button for each action; those whose link is too long for one stand below the text."""
    found = actions(written)
    end = _escaped(below(written, [action for action in found if len(action.url) > _LONGEST_BUTTON_LINK], _LONGEST // 2))
    pieces = [_allowed(span) for span in titled(written)]
    text = within(_LONGEST - _units(end), pieces, lambda some: written_with(_PEN, some), _units)
    return Discord(content=text + end, components=_rows([action for action in found if len(action.url) <= _LONGEST_BUTTON_LINK]))


def _units(text: str) -> int:
    return length(text, "utf16")  # Discord does not say which it counts: this is the most it can be


def _rows(on_buttons: Sequence[Action]) -> tuple[dict[str, JsonValue], ...]:
    buttons: list[JsonValue] = [{"type": 2, "style": 5, "label": action.label, "url": action.url} for action in on_buttons]
    return tuple({"type": 1, "components": buttons[at : at + _IN_A_ROW]} for at in range(0, len(buttons), _IN_A_ROW))


def _allowed(span: Span) -> Span:
    """A span that Discord's Markdown can say: no backtick in code, and no label with another link in it, which is written out."""
    marks = span.marks
    link = next((mark for mark in marks if mark.kind == "link"), None)
    if link and (len(link.url) > _LONGEST_LINK or "://" in span.text):
        shown = span.text if span.text == link.url or len(link.url) > _LONGEST_LINK else f"{span.text} ({link.url})"
        return Span(shown, tuple(mark for mark in marks if mark is not link))
    if "`" in span.text:
        return Span(span.text, tuple(mark for mark in marks if mark.kind not in ("code", "fence")))
    return span


def _escaped(text: str) -> str:
    """The text as Discord shows it. Links are left alone: a backslash would become a part of them."""
    if "://" not in text:
        return _SPECIAL.sub(_with_backslash, text)
    parts, at = [], 0
    for link in _BARE_LINK.finditer(text):
        parts += [_SPECIAL.sub(_with_backslash, text[at : link.start()]), link[0]]
        at = link.end()
    return "".join([*parts, _SPECIAL.sub(_with_backslash, text[at:])])


def _with_backslash(found: re.Match[str]) -> str:
    sign = found[0]
    return f"{sign}\\" if sign[-1].isdigit() else f"{sign[:-1]}\\{sign[-1]}"


def _text(text: str, marks: tuple[Mark, ...]) -> str:
    if not marks:
        return _escaped(text)
    kinds = {mark.kind for mark in marks}
    # In a label a link is text: what ends the label would end it in the link, too.
    escaped = text if kinds & {"code", "fence"} else _SPECIAL.sub(_with_backslash, text) if "link" in kinds else _escaped(text)
    return escaped.replace("\n", "\n> ") if "quote" in kinds else escaped


def _opens(mark: Mark) -> str:
    # On the line of the sign the first word of a code block would be taken for the name of its language.
    return {"link": "[", "quote": "> ", "fence": "```\n"}.get(mark.kind) or _SIGNS[mark.kind]


def _closes(mark: Mark) -> str:
    if mark.kind == "link":
        return f"]({mark.url.replace('(', '%28').replace(')', '%29')})"
    return "" if mark.kind == "quote" else _SIGNS[mark.kind]


_PEN = Pen(_opens, _closes, _text)
