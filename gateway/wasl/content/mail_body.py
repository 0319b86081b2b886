"""The text of a mail as HTML: Markdown with language and direction on each block, and nothing in it but harmless tags."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from wasl.content.bidi import RLM, disturbs, in_order
from wasl.content.literals import direction_of_block
from wasl.content.prose import STATEMENT, Prose, end_of_block
from wasl.content.sandbox import Ink
from wasl.content.text import Style, as_text
from wasl.content.written import Source
from wasl_contracts.content import Direction

_ENOUGH = 120  # about what a list of mails shows beside the subject
_DIRECTED: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"})
_OTHERS: Final = frozenset({"a", "br", "code", "em", "hr", "pre", "s", "strong"})
_ATTRIBUTES: Final[Mapping[str, set[str]]] = {
    "a": {"href"},
    **{tag: {"dir", "lang"} for tag in _DIRECTED},
    "ol": {"dir", "lang", "start"},
    "code": {"dir"},
}


def body(source: Source) -> Markup:
    """The body, with its holes put aside."""
    options = MarkdownIt("commonmark", {"breaks": source.body.breaks}).options
    html = _Html().render(list(_directed(source.body.tokens, source)), options, {})
    tags = set(_DIRECTED | _OTHERS)
    return Markup(nh3.clean(html, tags=tags, attributes=dict(_ATTRIBUTES), url_schemes={"http", "https"}, link_rel=None))  # noqa: S704 - clean


def preheader(source: Source) -> Markup:
    """What a list of mails shows beside the subject: the first paragraphs that appear in every case, as far as they are needed."""
    tokens: list[Token] = []
    length = 0
    for paragraph in _paragraphs(source):
        if length >= _ENOUGH:
            break
        tokens.extend(paragraph)
        length += len(paragraph[1].content)
    text = as_text(Prose(tokens, (), source.body.breaks), _PREVIEW, source.holes)
    return Markup(" ".join(text.split()))  # noqa: S704 - its literals are escaped


def _paragraphs(source: Source) -> Iterator[Sequence[Token]]:
    """Paragraphs outside of lists and quotes, and of conditions and loops."""
    tokens, depth, at = source.body.tokens, 0, 0
    while at < len(tokens):
        end = end_of_block(tokens, at)
        if tokens[at].type == STATEMENT:
            depth += sum(map(source.holes.depth, re.findall(source.holes.statement, tokens[at].content)))
        elif depth == 0 and tokens[at].type == "paragraph_open":
            yield tokens[at:end]
        at = end


def _directed(tokens: Sequence[Token], source: Source) -> Iterator[Token]:
    """The tokens with language and direction on each block, as mail programs drop those of the page."""
    for token, first_line in zip(tokens, _first_lines(tokens), strict=True):
        if token.nesting == 1 and token.tag in _DIRECTED:
            direction = direction_of_block(first_line, source.direction, source.holes)
            lang = source.locale.replace("_", "-") if direction == source.direction else ""  # a language that nobody told
            yield token.copy(attrs={**token.attrs, "dir": direction, "lang": lang})
        elif token.type == "inline" and any(child.content == RLM for child in token.children or []):
            # The block tells its direction; spam filters count marks beside it as an attempt to hide something.
            yield token.copy(children=[child for child in token.children or [] if child.content != RLM])
        else:
            yield token


def _first_lines(tokens: Sequence[Token]) -> list[str]:
    """For each token the first text in it or behind it."""
    lines = [""]
    for token in reversed(tokens):
        lines.append(token.content if token.type == "inline" else lines[-1])
    return lines[:0:-1]


class _Html(RendererHTML):
    """markdown-it's renderer, with statements as they are."""

    def statement(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return tokens[idx].content


def _value(value: str, direction: Direction) -> str:
    html = escape(in_order(value))
    if "\n" in value:
        html = html.replace("\n", Markup("<br>"))
    return Markup(f"<bdi>{html}</bdi>") if direction == "rtl" or disturbs(value, direction) else html  # noqa: S704 - escaped above


INK = Ink(literal=escape, value=_value, url=escape, escapes_html=True)
"""How HTML is written."""
_PREVIEW = Style(INK, link=lambda label, url, holes: label, code=escape)
