"""Slack: mrkdwn in section blocks, with the text that notifications and screen readers use.

Limits: https://docs.slack.dev/reference/block-kit/blocks (section, header, and blocks in a message).
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pydantic import JsonValue

from wasl.content import plain
from wasl.content.actions import actions
from wasl.content.cutting import cut
from wasl.content.spans import Mark, Pen, Span, divided, parted, spans, stripped, within, written_with
from wasl.content.written import Written
from wasl_contracts.content import Slack

_LONGEST_SECTION = 3000
_LONGEST_HEADER = 150
_MOST_SECTIONS = 48  # of 50 blocks; the header is one more
_ZERO_WIDTH_SPACE = "\u200b"
# Slack formats at the edges of words only, so that ids like order_1042 stay as they are and can be copied.
_SPECIAL = re.compile(r"`|(?<![^\W_])[*_~]|[*_~](?![^\W_])|^&gt;", re.MULTILINE)
_SIGNS: Final = {"strong": "*", "em": "_", "s": "~", "code": "`", "fence": "```"}


def slack(written: Written) -> Slack:
    """The title as header, the body and the actions in sections.

    Actions are links: Slack warns whoever presses a button, even one with a link, of an app that does not answer presses
    (https://github.com/slackapi/node-slack-sdk/issues/869).
    """
    title, body = plain.title(written), spans(written)
    links = "\n".join(written_with(_PEN, [Span(action.label, (Mark("link", action.url),))]) for action in actions(written))
    links = plain.with_way_out(written, links).strip()
    header: list[dict[str, JsonValue]] = []
    if title:
        header.append({"type": "header", "text": {"type": "plain_text", "text": cut(title, _LONGEST_HEADER), "emoji": False}})
    heading, end = _escaped(cut(title, _LONGEST_HEADER)), f"\n\n{links}" if 0 < len(links) < _LONGEST_SECTION // 2 else ""
    short = within(_LONGEST_SECTION - len(heading) - 1 - len(end), body, _written, len)
    whole = [short] if "…" not in short else _paragraphs(body)
    sections = _joined([*_joined(whole, _MOST_SECTIONS - bool(links)), links], _MOST_SECTIONS)
    return Slack(text="\n".join(filter(None, (heading, short + end))), blocks=(*header, *map(_section, sections)))


def _section(text: str) -> dict[str, JsonValue]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _paragraphs(body: Sequence[Span]) -> Iterator[str]:
    """The paragraphs of the body, the long ones in pieces that fit a section."""
    for paragraph in parted(body, "\n\n"):
        waiting = deque(paragraph)
        while waiting:
            window = _begin(waiting)
            text = _written(window)
            at = sum(len(span.text) for span in window)
            while len(text) > _LONGEST_SECTION and at > 1:
                at = _break(window, max(1, min(at - 1, at * _LONGEST_SECTION // len(text))))
                text = _written(stripped(divided(window, at)[0]))
            yield text.strip()
            waiting.extendleft(reversed(divided(window, at)[1]))


def _begin(waiting: deque[Span]) -> list[Span]:
    """Take from what waits what a section has room for at most, and one character more where there is more; signs only add to it."""
    window: list[Span] = []
    room = _LONGEST_SECTION + 1
    while waiting and room > 0:
        text, marks = waiting.popleft()
        text = text if window else text.lstrip()
        if len(text) > room:
            waiting.appendleft(Span(text[room:], marks))
        if text:
            window.append(Span(text[:room], marks))
        room -= len(text)
    return window


def _break(pieces: Sequence[Span], most: int) -> int:
    """Where to part a text: behind the last white space of what fits, or there where it ends."""
    words = "".join(span.text for span in pieces)[:most]
    return max(words.rfind(" "), words.rfind("\n")) + 1 or most


def _joined(texts: Iterable[str], most: int) -> list[str]:
    """Texts in as few sections as they fit into, the first of them where these are too many. No more texts are asked for than needed."""
    sections: list[str] = []
    for text in filter(None, texts):
        if sections and len(sections[-1]) + len(text) + 2 <= _LONGEST_SECTION:
            sections[-1] += f"\n\n{text}"
        elif len(sections) == most:
            break
        else:
            sections.append(text)
    return sections


def _escaped(text: str) -> str:
    """Slack's three escapes. Formatting signs have none: between zero-width spaces, which count as spaces, they stand for themselves."""
    return _SPECIAL.sub(_between_spaces, _code(text))


def _between_spaces(sign: re.Match[str]) -> str:
    return f"{_ZERO_WIDTH_SPACE}{sign[0]}{_ZERO_WIDTH_SPACE}"


def _code(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(text: str, marks: tuple[Mark, ...]) -> str:
    if not marks:
        return _escaped(text)
    kinds = {mark.kind for mark in marks}
    # Nothing shows a backtick in code.
    escaped = _code(text).replace("`", "'") if kinds & {"code", "fence"} else _escaped(text)
    return escaped.replace("\n", "\n> ") if "quote" in kinds else escaped


def _opens(mark: Mark) -> str:
    if mark.kind == "link":
        return f"<{mark.url.replace('&', '&amp;').replace('|', '%7C')}|"
    return "> " if mark.kind == "quote" else _SIGNS[mark.kind]


def _closes(mark: Mark) -> str:
    return {"link": ">", "quote": ""}.get(mark.kind) or _SIGNS.get(mark.kind, "")


_PEN = Pen(_opens, _closes, _text)


def _written(pieces: Sequence[Span]) -> str:
    return written_with(_PEN, pieces)
