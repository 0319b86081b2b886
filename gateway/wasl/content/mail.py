"""Mail: a subject, an HTML page in the layout with its CSS inlined, and a text alternative. All but the values is done once."""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final

import nh3
from css_inline import CSSInliner
from jinja2 import Environment, FunctionLoader
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from wasl.content import plain
from wasl.content.bidi import disturbs
from wasl.content.cutting import cut
from wasl.content.holes import Holes
from wasl.content.sandbox import Fill, Ink
from wasl.content.written import Source, Written
from wasl_contracts.content import Direction, Mail

_LONGEST_SUBJECT = 250
_BLOCKS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"})
_INLINE: Final = frozenset({"a", "br", "code", "em", "hr", "pre", "s", "strong"})
_ATTRIBUTES: Final[Mapping[str, set[str]]] = {"a": {"href"}, **{tag: {"dir", "lang"} for tag in _BLOCKS}, "ol": {"dir", "lang", "start"}}

_INLINER = CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
_LAYOUTS = Environment(
    loader=FunctionLoader(lambda name: files("wasl.content").joinpath("layouts", name).read_text(encoding="utf-8")), autoescape=True
)


def mail(written: Written) -> Mail:
    """A mail; without a title, the first line of the text is its subject."""
    text = plain.with_actions(written)
    subject = plain.title(written) or text.partition("\n")[0].strip()
    return Mail(
        subject=cut(subject, _LONGEST_SUBJECT),
        html=written.filled(_page),
        text=text,
        locale=written.source.locale,
        direction=written.source.direction,
    )


def _page(source: Source) -> Fill:
    html = _LAYOUTS.get_template("default.html").render(
        lang=source.locale.replace("_", "-"),
        dir=source.direction,
        title=source.holes.bare(source.title),
        heading=source.title,
        body=Markup(_body(source)),  # noqa: S704 - sanitised by nh3
        buttons=[_button(source, label, url) for label, url in source.actions],
    )
    return source.fill(_with_guarded_links(_INLINER.inline(html), source.holes), _INK)


def _button(source: Source, label: str, url: str) -> Markup:
    button = _LAYOUTS.get_template("button.html").render(label=label, url=url)
    return Markup(source.holes.guarded(url, button))  # noqa: S704 - escaped by the layout; the guard is made of letters and digits


def _body(source: Source) -> str:
    options = MarkdownIt("commonmark", {"breaks": source.body.breaks}).options
    html = _Html().render(_directed(source.body.tokens, source), options, {})
    return nh3.clean(html, tags=set(_BLOCKS | _INLINE), attributes=dict(_ATTRIBUTES), url_schemes={"http", "https"}, link_rel=None)


def _directed(tokens: Sequence[Token], source: Source) -> Sequence[Token]:
    """The tokens with language and direction on each block, as mail programs drop those of the page."""
    return [
        token.copy(attrs={**token.attrs, "dir": source.direction, "lang": source.locale.replace("_", "-")})
        if token.nesting == 1 and token.tag in _BLOCKS
        else token
        for token in tokens
    ]


def _with_guarded_links(html: str, holes: Holes) -> str:
    return re.sub(rf' href="({holes.word}u\d+z[^"]*)"', lambda link: holes.guarded(link[1], link[0]), html)


class _Html(RendererHTML):
    """markdown-it's renderer, with statements as they are."""

    def statement(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return tokens[idx].content


def _value(value: str, direction: Direction) -> str:
    html = escape(value)
    if "\n" in value:
        html = html.replace("\n", Markup("<br>"))
    return Markup(f"<bdi>{html}</bdi>") if direction == "rtl" or disturbs(value, direction) else html  # noqa: S704 - escaped above


_INK = Ink(literal=escape, value=_value, url=escape, escapes_html=True)
