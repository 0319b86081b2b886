"""Markdown with holes as a list of tokens: links checked, loops inside lists, statements properly nested."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from wasl.content.holes import Holes
from wasl_contracts.links import web_link

STATEMENT = "statement"
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})


@dataclass(frozen=True, eq=False, slots=True)
class Prose:
    """Text as Markdown tokens, and what its author should mend: (line, sentence). A link that is not web is only its label here.

    `breaks` tells that a line break in the source is one for the reader.
    """

    tokens: Sequence[Token]
    findings: Sequence[tuple[int, str]]
    breaks: bool


def prose(text: str, holes: Holes, *, breaks: bool) -> Prose:
    """Read Markdown whose holes were put aside."""
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": breaks}).enable("strikethrough")
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]  # judged below, where it can be said
    if holes.pieces:
        markdown.block.ruler.before("code", STATEMENT, _statement_rule(holes), {"alt": ["paragraph", "reference", "blockquote", "list"]})
    tokens = markdown.parse(text)
    findings = [finding for token in tokens if token.children for finding in _mend_links(token, holes)]
    if holes.pieces:
        tokens = list(_lists_joined(list(_hoisted(tokens, holes)), holes))
        findings.extend(_badly_nested(tokens, holes))
    return Prose(tokens, findings, breaks)


def end_of_block(tokens: Sequence[Token], start: int) -> int:
    """The index after the block that starts here."""
    depth = 0
    for at in range(start, len(tokens)):
        depth += tokens[at].nesting
        if depth == 0:
            return at + 1
    return len(tokens)


def _statement_rule(holes: Holes) -> Callable[[StateBlock, int, int, bool], bool]:
    """Lines that hold only statements are blocks of their own, so that no paragraph comes to stand around them."""
    only_statements = re.compile(rf"(?:{holes.statement}\s*)+").fullmatch

    def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
        if not only_statements(line):
            return False
        if not silent:
            state.line = start + 1
            state.tokens.append(_statement("".join(line.split()), start))
        return True

    return rule


def _statement(marks: str, line: int) -> Token:
    return Token(STATEMENT, "", 0, content=marks, map=[line, line + 1], block=True)


def _mend_links(inline: Token, holes: Holes) -> Iterator[tuple[int, str]]:
    """Keep web links only, and put images as their text: media are not part of a message's text."""
    kept: list[Token] = []
    opened: list[bool] = []
    for token in inline.children or []:
        if token.type == "image":
            kept.extend(token.children or [])
        elif token.type == "link_open":
            url = holes.in_link(str(token.attrs["href"]))
            link = url if re.match(rf"{holes.word}u", url) else web_link(url)
            token.attrs = {"href": link or url}
            opened.append(link is not None)
            if opened[-1]:
                kept.append(token)
            else:
                yield inline.map[0] + 1 if inline.map else 1, "links to something that is not on the web; begin it with https://"
        elif token.type != "link_close" or opened.pop():
            kept.append(token)
    inline.children = kept


def _hoisted(tokens: Sequence[Token], holes: Holes) -> Iterator[Token]:
    """A paragraph that is wholly inside one condition moves into it, so that nothing is left where it does not hold."""
    closing: Token | None = None
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.type == "paragraph_open" and not token.hidden and following is not None and (marks := _around(following, holes)):
            line = following.map[0] if following.map else 0
            yield _statement(marks[0], line)
            closing = _statement(marks[1], line)
        yield token
        if closing is not None and token.type == "paragraph_close":
            yield closing
            closing = None


def _around(inline: Token, holes: Holes) -> tuple[str, str] | None:
    """Take away and return the condition that is around all of an inline token, if there is one without an else."""
    marks = re.findall(holes.statement, inline.content)
    children = inline.children or []
    if len(marks) < 2 or not (inline.content.startswith(marks[0]) and inline.content.endswith(marks[-1])):
        return None
    depths = list(accumulate(map(holes.depth, marks)))
    divided = any(depth == 1 and holes.depth(mark) == 0 for depth, mark in zip(depths, marks, strict=True))
    if holes.is_loop(marks[0]) or divided or 0 in depths[:-1] or not children[0].type == children[-1].type == "text":
        return None
    children[0].content = children[0].content.removeprefix(marks[0])
    children[-1].content = children[-1].content.removesuffix(marks[-1])
    return marks[0], marks[-1]


def _lists_joined(tokens: Sequence[Token], holes: Holes) -> Iterator[Token]:
    """Lists that only statements separate become one: a loop over items is one list, not a list for each item."""
    at = 0
    while at < len(tokens):
        units = _run(tokens, at, holes)
        lists = [tokens[start:end] for start, end in units if end - start > 1]
        if not lists or not (len(lists) > 1 or _is_loop(tokens[at], holes)):
            yield tokens[at]
            at += 1
            continue
        yield lists[0][0]
        for start, end in units:
            yield from _lists_joined(tokens[start + 1 : end - 1], holes) if end - start > 1 else tokens[start:end]
        yield lists[0][-1]
        at = units[-1][1]


def _run(tokens: Sequence[Token], start: int, holes: Holes) -> list[tuple[int, int]]:
    """The statements and lists of one kind that follow each other from here, as far as the statements are whole."""
    if not (_is_loop(tokens[start], holes) or tokens[start].type in _LISTS):
        return []
    units: list[tuple[int, int]] = []
    whole, depth, at = 0, 0, start
    kind = next((token.type for token in tokens[start:] if token.type in _LISTS), None)
    while at < len(tokens):
        token, after_list = tokens[at], bool(units) and units[-1][1] - units[-1][0] > 1
        changes = [holes.depth(mark) for mark in re.findall(holes.statement, token.content)] if token.type == STATEMENT else []
        if changes and not (depth == 0 and changes[0] < 1):
            depth += sum(changes)
            units.append((at, at + 1))
        elif token.type == kind and not after_list:
            units.append((at, end_of_block(tokens, at)))
        else:
            break
        at = units[-1][1]
        whole = len(units) if depth == 0 else whole
    return units[:whole]


def _is_loop(token: Token, holes: Holes) -> bool:
    return token.type == STATEMENT and holes.is_loop(token.content)


def _badly_nested(tokens: Sequence[Token], holes: Holes) -> Iterator[tuple[int, str]]:
    around: list[int] = []
    opened: list[list[int]] = []
    for token, line in _flat(tokens):
        if token.nesting == 1:
            around.append(id(token))
        elif token.nesting == -1:
            around.pop()
        for mark in re.findall(holes.statement, token.content) if token.nesting == 0 else ():
            depth = holes.depth(mark)
            if depth == 1:
                opened.append(list(around))
            elif opened[-1] != around:
                yield line, "begins a statement in one paragraph, list or emphasis and ends it in another; put each on its own line"
            if depth == -1:
                opened.pop()


def _flat(tokens: Sequence[Token]) -> Iterator[tuple[Token, int]]:
    line = 1
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        yield from ((inner, line) for inner in (token.children if token.type == "inline" else [token]) or [])
