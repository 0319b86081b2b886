"""What a person wrote in answer to a mail: without what they quote, and only where a person wrote it."""

import re
from collections.abc import Iterator, Sequence
from email.message import Message
from html.parser import HTMLParser

_LONGEST = 10_000  # characters that an event may hold
_NOBODYS = frozenset({"bulk", "junk", "list", "auto_reply"})
_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6"})
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What stands above a quotation: a rule (Outlook, in whatever language), or a mail's head with its sender in it.
_RULE = re.compile(r"-{3,}.{0,60}-{3,}|_{10,}")
_HEAD = re.compile(r"\*?[^\s:*][^:]{0,20}:\*? .*@")
_FIELD = re.compile(r"\*?[^\s:*][^:]{0,30}:\*? \S")


def automatic(mail: Message) -> bool:
    """Whether no person wrote it (RFC 3834 section 2): an absence note, a list, or a bounce in words."""
    told = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    if told != "no" or str(mail.get("Precedence", "")).strip().lower() in _NOBODYS:
        return True
    return str(mail.get("Return-Path", "")).strip() == "<>" or "X-Autoreply" in mail or "List-Id" in mail


def said(mail: Message) -> str:
    """The text, of the plain part where there is one, without quotation and signature."""
    plain, html = (next((part for part in _parts(mail) if part.get_content_type() == kind), None) for kind in ("text/plain", "text/html"))
    if plain is not None:
        return unquoted(_decoded(plain))[:_LONGEST]
    return unquoted(_as_text(_decoded(html)))[:_LONGEST] if html is not None else ""


def unquoted(text: str) -> str:
    """What is left of a text without what it quotes, whatever the language of its mail program.

    A quotation begins with `>`, and the lines above that end in a colon say whose it is. Who answers below it is heard too.
    """
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\0", "").split("\n")]
    own = _before(lines)
    if not any(own):
        own = [line for line in lines if not _MARKS.sub("", line).startswith(">")]
        own = own[1:] if own and own[0].endswith(":") else own
    return "\n".join(own).strip()


def _before(lines: Sequence[str]) -> Sequence[str]:
    for place, line in enumerate(lines):
        bare = _MARKS.sub("", line).strip()
        if bare.startswith(">"):
            return lines[: _whose(lines, place)]
        if line == "--" or _RULE.fullmatch(bare) or _begins_head(lines, place, bare):
            return lines[:place]
    return lines


def _whose(lines: Sequence[str], place: int) -> int:
    """Where the lines begin that say whose the quotation at `place` is: one, or two where a mail program broke it."""
    while place and not lines[place - 1].strip():
        place -= 1
    if not place or not _MARKS.sub("", lines[place - 1]).strip().endswith(":"):
        return place
    place -= 1
    return place - 1 if place and lines[place - 1].strip() and not (place > 1 and lines[place - 2].strip()) else place


def _begins_head(lines: Sequence[str], place: int, bare: str) -> bool:
    following = _MARKS.sub("", lines[place + 1]).strip() if place + 1 < len(lines) else ""
    return bool(_HEAD.match(bare) and _FIELD.match(following))


def _parts(mail: Message) -> Iterator[Message]:
    """The parts that are the mail's own: no attachments, and nothing of a mail that goes along."""
    waiting = [mail]
    while waiting:
        part = waiting.pop(0)
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting[:0] = [inner for inner in payload if isinstance(inner, Message)]
        elif part.get_content_disposition() != "attachment":
            yield part


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:  # a charset that nobody knows
        return content.decode("utf-8", "replace")


def _as_text(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.parts))


class _Reader(HTMLParser):
    """The text of HTML, without what it quotes."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "head", "blockquote"):
            self._silent += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "head", "blockquote"):
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(" ".join(data.split("\n")))
