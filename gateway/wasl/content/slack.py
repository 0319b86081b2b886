"""Slack: mrkdwn in section blocks, with the text that notifications and screen readers use."""

import re

from pydantic import JsonValue

from wasl.content import plain
from wasl.content.bidi import isolated
from wasl.content.cutting import cut
from wasl.content.holes import Holes
from wasl.content.sandbox import Fill, Ink
from wasl.content.text import Style, as_text
from wasl.content.written import Source, Written
from wasl_contracts.content import Direction, Slack

_LONGEST_SECTION = 3000  # docs.slack.dev, Block Kit reference: section, header
_LONGEST_HEADER = 150
_MOST_SECTIONS = 48  # of 50 blocks; the header is one more
_ZERO_WIDTH_SPACE = "\u200b"
# Slack formats at the edges of words only, so that ids like order_1042 stay as they are and can be copied.
_SIGNS = re.compile(r"`|(?<![^\W_])[*_~]|[*_~](?![^\W_])")


def slack(written: Written) -> Slack:
    """The title as header, the body and the actions in sections. Actions are links: a button would need an app that answers it."""
    title, body = plain.title(written), plain.tidy(written.filled(_body))
    header: list[dict[str, JsonValue]] = []
    if title:
        header.append({"type": "header", "text": {"type": "plain_text", "text": cut(title, _LONGEST_HEADER), "emoji": False}})
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": piece}} for piece in _pieces(body)]
    text = "\n".join(filter(None, (_escaped(title), body)))
    return Slack(text=cut(text, _LONGEST_SECTION), blocks=(*header, *sections[:_MOST_SECTIONS]))


def _escaped(text: str) -> str:
    """Slack's three escapes. Formatting signs have none: between zero-width spaces, which count as spaces, they stand for themselves."""
    return _SIGNS.sub(rf"{_ZERO_WIDTH_SPACE}\g<0>{_ZERO_WIDTH_SPACE}", _code(text))


def _code(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _value(value: str, direction: Direction) -> str:
    return isolated(_escaped(value), direction)


def _address(url: str) -> str:
    return url.replace("&", "&amp;").replace("|", "%7C")


def _link(label: str, url: str, holes: Holes) -> str:
    return f"{holes.guarded(url, f'<{_address(url)}|')}{label}{holes.guarded(url, '>')}"


_INK = Ink(literal=_escaped, value=_value, url=_address)
_AROUND = {"strong": "*", "em": "_", "s": "~", "code": "`", "fence": "```", "heading": "*"}
_STYLE = Style(_INK, _link, _code, _AROUND, bullet="• ")


def _body(source: Source) -> Fill:
    links = [source.holes.guarded(url, f"<{_address(url)}|{_INK.literal(label)}>\n") for label, url in source.actions]
    return source.fill(as_text(source.body, _STYLE, source.holes) + "".join(links), _INK)


def _pieces(text: str) -> list[str]:
    """The text in pieces that fit a section, parted between paragraphs where that is possible."""
    pieces: list[str] = []
    for paragraph in text.split("\n\n"):
        if pieces and len(pieces[-1]) + len(paragraph) + 2 <= _LONGEST_SECTION:
            pieces[-1] += f"\n\n{paragraph}"
        else:
            pieces.extend(_fitting(paragraph))
    return [piece for piece in pieces if piece]


def _fitting(paragraph: str) -> list[str]:
    pieces = []
    while len(paragraph) > _LONGEST_SECTION:
        end = max(paragraph.rfind(" ", 0, _LONGEST_SECTION), paragraph.rfind("\n", 0, _LONGEST_SECTION))
        end = end if end > 0 else _LONGEST_SECTION
        pieces.append(paragraph[:end])
        paragraph = paragraph[end:].lstrip()
    return [*pieces, paragraph]
