"""The Jinja parts of a text, put aside as plain words, so that Markdown, sanitisers and CSS tools leave them alone.

`Order {{ order }}` becomes `Order w1a2b3c4v0z`. Everything that is done to a text at compile time is done to the words; at the end
`as_jinja` puts the Jinja back, each hole with the filter that its place asks for:

    v  a value in text         {{ (order)|v }}     written and escaped for the format, isolated where its direction differs
    t  a value in bare text    {{ (order)|t }}     the same without isolation, for a page's title
    u  the start of a link     {{ (url)|u }}       kept only if it is a whole http or https link
    p  a later part of a link  {{ (id)|p }}        percent-encoded
    s  a statement             {% if vip %}
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from wasl.content.sandbox import AUTHOR, BLOCK, VARIABLE

Kind = Literal["v", "t", "u", "p", "s"]
_OPENS, _CLOSES = frozenset({"if", "for"}), frozenset({"endif", "endfor"})


@dataclass(slots=True)
class Holes:
    """All holes of one source. `word` begins every mark; it must not occur in the source. The default suits a text without holes."""

    word: str = "\0"
    pieces: list[str] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """The pattern of one mark, with its kind and index as groups."""
        return rf"{self.word}([vtups])(\d+)z"

    @property
    def statement(self) -> str:
        """The pattern of one statement's mark, without groups."""
        return rf"{self.word}s\d+z"

    def put_aside(self, source: str) -> str:
        """The text with marks for its Jinja. Comments are gone, `{% raw %}` is literal text.

        Raises:
            TemplateSyntaxError: the Jinja cannot be read.
        """
        parts: list[str] = []
        inner: list[str] = []
        for _, kind, value in AUTHOR.lex(source):
            if kind in ("variable_begin", "block_begin"):
                inner = []
            elif kind in ("variable_end", "block_end"):
                parts.append(self.hole("v" if kind == "variable_end" else "s", "".join(inner)))
            elif kind == "data":
                parts.append(value)
            elif not kind.startswith(("comment", "raw")):
                inner.append(value)
        return "".join(parts)

    def hole(self, kind: Kind, piece: str) -> str:
        """The mark of a new hole."""
        self.pieces.append(piece.strip())
        return f"{self.word}{kind}{len(self.pieces) - 1}z"

    def in_link(self, url: str) -> str:
        """A URL whose holes are filled as a link's: the first one as its start if nothing stands before it, others as parts."""
        return re.sub(self.mark, self._link_mark, url)

    def bare(self, text: str) -> str:
        """A text whose values are written without isolation."""
        return re.sub(rf"{self.word}v(\d+)z", rf"{self.word}t\1z", text)

    def guarded(self, url: str, text: str) -> str:
        """The text, to appear only if the URL turns out to be a web link. A URL with a fixed start needs no guard."""
        start = re.match(rf"{self.word}u(\d+)z", url)
        if start is None:
            return text
        return f"{self.hole('s', f'if ({self.pieces[int(start[1])]})|u')}{text}{self.hole('s', 'endif')}"

    def depth(self, mark: str) -> int:
        """What a statement does to the nesting: 1 opens, -1 closes, 0 divides (else, elif)."""
        found = re.fullmatch(self.mark, mark)
        keyword = self.pieces[int(found[2])].split(maxsplit=1)[0] if found else ""
        return (keyword in _OPENS) - (keyword in _CLOSES)

    def is_loop(self, mark: str) -> bool:
        """Whether these marks begin with a loop."""
        found = re.match(self.mark, mark)
        return found is not None and self.pieces[int(found[2])].startswith("for")

    def as_jinja(self, text: str) -> str | None:
        """The text as source for the sandbox; None if it has no hole."""
        filled, count = re.subn(self.mark, self._jinja, text)
        return filled if count else None

    def _link_mark(self, mark: re.Match[str]) -> str:
        kind = "s" if mark[1] == "s" else "u" if mark.start() == 0 else "p"
        return f"{self.word}{kind}{mark[2]}z"

    def _jinja(self, mark: re.Match[str]) -> str:
        piece = self.pieces[int(mark[2])]
        begin, end = BLOCK if mark[1] == "s" else VARIABLE
        return f"{begin} {piece} {end}" if mark[1] == "s" else f"{begin} ({piece})|{mark[1]} {end}"
