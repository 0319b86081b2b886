"""Markdown tokens as lines of text, for every format that has no HTML."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from wasl.content.holes import Holes
from wasl.content.prose import STATEMENT, Prose, end_of_block
from wasl.content.sandbox import Ink


@dataclass(frozen=True)
class Style:
    """How a format writes what Markdown can say.

    `link` gets label, URL and holes; `around` is the sign on both sides, or one for each, by kind (strong, em, s, code, fence, heading,
    blockquote, whose lines have a `> ` otherwise); `code` writes what stands between the signs of code.
    """

    ink: Ink
    link: Callable[[str, str, Holes], str]
    code: Callable[[str], str] = str
    around: Mapping[str, str | tuple[str, str]] = field(default_factory=dict)
    bullet: str = "- "


def as_text(prose: Prose, style: Style, holes: Holes) -> str:
    """The prose as text: blocks end with a blank line, items of a tight list with a line break. Holes stay put aside."""
    return _Writer(style, holes, prose.breaks).blocks(prose.tokens)


class _Writer:
    def __init__(self, style: Style, holes: Holes, breaks: bool) -> None:
        self._style, self._holes = style, holes
        self._soft_break = "\n" if breaks else " "
        self._indentable = re.compile(rf"^((?:{holes.statement})*+)(?=.)", re.MULTILINE)
        self._ends_in_statement = re.compile(rf"\n(?:{holes.statement})+\Z").search

    def blocks(self, tokens: Sequence[Token]) -> str:
        parts = []
        at = 0
        while at < len(tokens):
            end = end_of_block(tokens, at)
            parts.append(self._block(tokens[at], tokens[at + 1 : end - 1]))
            at = end
        return "".join(parts)

    def _block(self, token: Token, inside: Sequence[Token]) -> str:
        if token.type == STATEMENT:
            return token.content
        return self._ended(self._text_of_block(token, inside), 1 if token.hidden else 2)

    def _ended(self, text: str, breaks: int) -> str:
        """The text with so many line breaks at its end. A statement on a line of its own stands behind one already."""
        text = text.rstrip("\n")
        return text + "\n" * (breaks - (self._ends_in_statement(text) is not None))

    def _text_of_block(self, token: Token, inside: Sequence[Token]) -> str:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                return self._list(token, inside)
            case "blockquote_open":
                return self._quote(self.blocks(inside).rstrip())
            case "paragraph_open" | "heading_open":
                return self._around(token.type.removesuffix("_open"), self._inline(inside[0].children or []))
            case "hr":
                return "---"
            case _:  # fence, code_block
                return self._around("fence", self._style.code(token.content))

    def _quote(self, text: str) -> str:
        return self._around("blockquote", text) if "blockquote" in self._style.around else self._indented(text, "> ", "> ")

    def _list(self, opening: Token, inside: Sequence[Token]) -> str:
        """The items. Numbers are written only where they are known now: a loop or a condition leaves dots."""
        numbered = opening.type == "ordered_list_open" and all(token.type != STATEMENT for token in inside)
        number = int(opening.attrs.get("start", 1)) if numbered else 0
        parts = []
        at = 0
        while at < len(inside):
            end = end_of_block(inside, at)
            if inside[at].type == "list_item_open":
                sign = f"{number}. " if numbered else self._style.bullet
                item = inside[at + 1 : end - 1]
                tight = any(token.hidden for token in item)
                parts.append(self._indented(self._ended(self.blocks(item), 1 if tight else 2), sign, " " * len(sign)))
                number += 1
            else:
                parts.append(inside[at].content)
            at = end
        return "".join(parts)

    def _indented(self, text: str, first: str, later: str) -> str:
        """Each line with its indent, which stands after the statements that decide whether the line appears."""
        body = text.rstrip("\n")
        signs = iter([first])
        return self._indentable.sub(lambda line: line[1] + next(signs, later), body) + text[len(body) :]

    def _inline(self, children: Sequence[Token]) -> str:
        parts: list[str] = []
        links: list[tuple[str, int]] = []
        for token in children:
            match token.type:
                case "text":
                    parts.append(self._style.ink.literal(token.content))
                case "code_inline":
                    parts.append(self._around("code", self._style.code(token.content)))
                case "softbreak" | "hardbreak":
                    parts.append("\n" if token.type == "hardbreak" else self._soft_break)
                case "link_open":
                    links.append((str(token.attrs["href"]), len(parts)))
                case "link_close":
                    url, start = links.pop()
                    parts[start:] = [self._style.link("".join(parts[start:]), url, self._holes)]
                case other:
                    signs = self._signs(other.removesuffix("_open").removesuffix("_close"))
                    parts.append(signs[other.endswith("_close")])
        return "".join(parts)

    def _around(self, name: str, text: str) -> str:
        opening, closing = self._signs(name)
        return f"{opening}{text}{closing}"

    def _signs(self, name: str) -> tuple[str, str]:
        sign = self._style.around.get(name, "")
        return (sign, sign) if isinstance(sign, str) else sign
