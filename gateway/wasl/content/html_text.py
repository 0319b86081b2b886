"""The text alternative of an author's own HTML: what a reader sees, with links written out."""

import re
from html.parser import HTMLParser
from typing import Final

from wasl.brands.seen import UNSEEN, VOID, hidden_by
from wasl.content import plain
from wasl.content.holes import Holes

_LINES = """address article blockquote center dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre
    section table tr ul"""
_BLOCKS: Final = frozenset(_LINES.split())
_APART: Final = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"})


def html_text(html: str, holes: Holes) -> str:
    """The text of HTML that `own_html` has read, with its holes still put aside."""
    reader = _Reader(holes)
    reader.feed(html)
    reader.close()
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Reader(HTMLParser):
    def __init__(self, holes: Holes) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._holes = holes
        self._statements = re.compile(holes.statement)
        self._open: list[tuple[str, bool]] = []  # elements, and whether they can be seen
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        seen = self._seen and tag not in UNSEEN and not hidden_by(values.get("style") or "") and "hidden" not in values
        if tag not in VOID:
            self._open.append((tag, seen))
        if not seen:
            return
        if tag == "a" and (url := values.get("href")) and not url.startswith("#"):
            self._links.append((url, len(self.parts)))
        self._break(tag)
        self.parts.append({"li": "- ", "hr": "---\n\n", "img": values.get("alt") or "", "br": "\n"}.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            url, start = self._links.pop()
            label = " ".join("".join(self.parts[start:]).split())
            self.parts[start:] = [plain.link(label, url.removeprefix("mailto:").removeprefix("tel:"), self._holes)] if label else []
        elif self._seen:
            self._break(tag)
            self.parts.append(" " if tag in ("td", "th") else "")
        while any(name == tag for name, _ in self._open) and self._open.pop()[0] != tag:
            pass  # elements that HTML lets an author leave open

    def handle_data(self, data: str) -> None:
        if self._seen:
            kept = data if any(name == "pre" for name, _ in self._open) else re.sub(r"\s+", " ", data)
            at_start = not self.parts or self.parts[-1].endswith(("\n", " "))
            self.parts.append(kept.lstrip(" ") if at_start else kept)

    def handle_comment(self, data: str) -> None:
        if self._seen and re.fullmatch(self._holes.statement, data):
            self.parts.append(data)

    @property
    def _seen(self) -> bool:
        return not self._open or self._open[-1][1]

    def _break(self, tag: str) -> None:
        """End the line, with an empty one where the element stands apart. Statements between do not count: they are no text."""
        wanted = 2 if tag in _APART else 1 if tag in _BLOCKS else 0
        before = self._statements.sub("", "".join(self.parts[-12:]))
        there = len(before) - len(before.rstrip("\n"))
        self.parts.append("\n" * max(0, wanted - there))
