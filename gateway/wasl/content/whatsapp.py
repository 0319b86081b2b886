"""WhatsApp: text in its markup, and the approved template for those who have not written in the last 24 hours.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

import re
from typing import Annotated, Final
from urllib.parse import quote

from pydantic import Field, StringConstraints

from wasl.content.actions import actions, below
from wasl.content.blocks import Block, Holed, HoledLink, HoledText
from wasl.content.cutting import cut
from wasl.content.sandbox import Unfillable
from wasl.content.spans import Mark, Pen, Span, titled, within, written_with
from wasl.content.written import Written
from wasl_contracts.content import WhatsApp, WhatsAppTemplate
from wasl_contracts.length import length

_LONGEST = 4096
_LONGEST_HEADER = 60
_LONGEST_PARAMETER = 1024
_SIGNS: Final = {"strong": "*", "em": "_", "s": "~", "code": "`", "fence": "```", "quote": "> ", "link": ""}
# WhatsApp has no escapes. It formats at the edges of words only, so ids like order_1042 stay as they are and can be copied.
_SPECIAL = re.compile(r"`|(?<![^\W_])[*_~]|[*_~](?![^\W_])|^[ \t]*[-*](?=[ \t])|^[ \t]*>", re.MULTILINE)
_ZERO_WIDTH_SPACE = "\u200b"


class WhatsAppBlock(Block):
    """`[whatsapp]`: which approved template to send, and what fills it, in its order.

    `language` is its code there (`ar`, `en_US`), the template file's where it is left out. `buttons` are the ends of the links of
    the template's first buttons.
    """

    template: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")] | None = None
    header: Annotated[tuple[HoledText, ...], Field(max_length=1)] = ()
    image: HoledLink | None = None
    body: Annotated[tuple[HoledText, ...], Field(max_length=50)] = ()
    buttons: Annotated[tuple[Holed, ...], Field(max_length=10)] = ()


def whatsapp(written: Written) -> WhatsApp:
    """The title in bold, the body, and each action as `label: url`; and the template that the message's template names."""
    end = below(written, actions(written), _LONGEST - 1000)
    pieces = [_allowed(span) for span in titled(written)]
    text = within(_LONGEST - _units(end), pieces, lambda some: written_with(_PEN, some), _units)
    return WhatsApp(text=text + end, template=_template(written))


def _units(text: str) -> int:
    return length(text, "utf16")  # WhatsApp does not say which it counts: this is the most it can be


def _template(written: Written) -> WhatsAppTemplate | None:
    block = written.block(WhatsAppBlock)
    if block.template is None:
        return None
    return WhatsAppTemplate(
        name=block.template,
        language=block.language or written.source.locale.replace("-", "_"),
        header=tuple(cut(_parameter(text), _LONGEST_HEADER) for text in block.header),
        image=block.image or None,
        body=tuple(cut(_parameter(text), _LONGEST_PARAMETER) for text in block.body),
        buttons=tuple(quote(_parameter(text), safe="%/:=&?~#+!$,;'@()*[]") for text in block.buttons),
    )


def _parameter(text: str) -> str:
    """A parameter on one line: WhatsApp refuses an empty one, and line breaks, tabs and rows of spaces in it (error 132018)."""
    if told := " ".join(text.split()):
        return told
    raise Unfillable("a parameter of the WhatsApp template came out empty")


def _allowed(span: Span) -> Span:
    """A span that WhatsApp's markup can say: a link is written out behind its label, and no backtick stands in code."""
    marks = span.marks
    link = next((mark for mark in marks if mark.kind == "link"), None)
    if link and span.text == link.url:
        return Span(span.text, tuple(mark for mark in marks if mark is not link))
    if "`" in span.text:
        return Span(span.text, tuple(mark for mark in marks if mark.kind not in ("code", "fence")))
    return span


def _text(text: str, marks: tuple[Mark, ...]) -> str:
    kinds = {mark.kind for mark in marks}
    escaped = text if kinds & {"code", "fence"} else _SPECIAL.sub(rf"{_ZERO_WIDTH_SPACE}\g<0>{_ZERO_WIDTH_SPACE}", text)
    return escaped.replace("\n", "\n> ") if "quote" in kinds else escaped


def _opens(mark: Mark) -> str:
    return _SIGNS[mark.kind]


def _closes(mark: Mark) -> str:
    if mark.kind == "link":
        return f" ({mark.url})"
    return "" if mark.kind == "quote" else _SIGNS[mark.kind]


_PEN = Pen(_opens, _closes, _text)
