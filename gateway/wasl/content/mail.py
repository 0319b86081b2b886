"""Mail: a subject, an HTML page in the brand's layout with its CSS inlined, and a text alternative. All but the values is done once."""

import re
from functools import partial

from css_inline import CSSInliner
from markupsafe import Markup, escape

from wasl.content import plain
from wasl.content.cutting import cut
from wasl.content.frame import Frame
from wasl.content.holes import Holes
from wasl.content.html_text import html_text
from wasl.content.mail_block import block, own_page
from wasl.content.mail_body import INK, body, preheader
from wasl.content.own_html import OwnHtml, with_statements
from wasl.content.sandbox import Fill
from wasl.content.unseen import one_line
from wasl.content.written import PLAIN, UNSUBSCRIBE, Source, Written
from wasl_contracts.content import Mail

CLIPPED_AT = 102 * 1024
"""Gmail hides what comes after so many octets of HTML, the footer with it."""
_LONGEST_SUBJECT = 250

_INLINER = CSSInliner(load_remote_stylesheets=False)
_KEEPING_AT_RULES = CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
_KEPT_STYLE = re.compile(r"<style[^>]*\bdata-css-inline=[\"']?keep\b.*?</style>", re.IGNORECASE | re.DOTALL)
_AT_RULE = re.compile(r"<style[^>]*>[^<@]*@", re.IGNORECASE)
_CHARSET = re.compile(r"<meta charset=[^>]*>", re.IGNORECASE)
_OF_PAGES = CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


def mail(written: Written) -> Mail:
    """A mail; without a title, the first line of the text is its subject. With a link to opt out, its footer shows it."""
    page, below = _WITH_LINK if UNSUBSCRIBE in written.data else _WITHOUT_LINK
    text = plain.said(plain.tidy(written.filled(_text))) if written.source.form(_own_text) else plain.with_actions(written)
    subject = plain.title(written) or one_line(text.splitlines()[0])
    return Mail(
        subject=cut(subject, _LONGEST_SUBJECT),
        html=written.filled(page),
        text=text + written.filled(below),
        locale=written.source.locale,
        direction=written.source.direction,
    )


def _page(source: Source, *, opt_out: bool) -> Fill:
    own = source.form(own_page)
    if own is None or not own.whole:
        shown = opt_out and not (own and own.opts_out)
        html = _inlined(_framed(source, own, _link(source) if shown else None))
    else:
        html = own.html if block(source).mjml is not None else _OF_PAGES.inline(own.html)
    fill = source.fill(_with_guarded_links(with_statements(_charset_first(html), source.holes), source.holes), INK)
    return _optional(fill) if own and own.opts_out else fill


def _inlined(page: str) -> str:
    """The page with its CSS on its elements. What begins with @ stays, and only once: in a <style> that is kept it does anyway."""
    return (_KEEPING_AT_RULES if _AT_RULE.search(_KEPT_STYLE.sub("", page)) else _INLINER).inline(page)


def _charset_first(page: str) -> str:
    """The page with its charset at the beginning of its head: programs look for it in the first 1024 bytes (WHATWG HTML 4.2.5.4)."""
    told = _CHARSET.search(page)
    return re.sub(r"<head[^>]*>", rf"\g<0>{told[0]}", _CHARSET.sub("", page), count=1) if told else page


def _optional(fill: Fill) -> Fill:
    """The same for data that may lack the link to opt out."""
    return lambda data: fill({UNSUBSCRIBE: None, **data})


def _framed(source: Source, own: OwnHtml | None, link: str | None) -> str:
    frame = source.form(_frame)
    preview = block(source).preheader
    own_body = Markup(own.html) if own else None  # noqa: S704 - checked when the template was read
    return frame.page(
        link,
        title=source.holes.bare(source.title),
        heading="" if own else source.title,
        preheader=escape(preview) if preview is not None else "" if own else preheader(source),
        body=own_body if own_body is not None else body(source),
        buttons=[] if own else [_button(source, frame, index) for index in range(len(source.actions))],
    )


def _own_text(source: Source) -> str | None:
    """The text of the author's own HTML, where that is the only text there is."""
    own = source.form(own_page)
    return html_text(own.html, source.holes) if own and block(source).text is None else None


def _text(source: Source) -> Fill:
    return _optional(source.fill(source.form(_own_text) or "", PLAIN))


def _below(source: Source, *, opt_out: bool) -> Fill:
    own = source.form(own_page)
    shown = opt_out and not (own and own.opts_out and source.form(_own_text))
    return source.fill(source.form(_frame).below_text(_link(source) if shown else None), PLAIN)


# Two pages rather than a condition in one: a page of literals and values alone is filled without Jinja's machinery.
_WITH_LINK = partial(_page, opt_out=True), partial(_below, opt_out=True)
_WITHOUT_LINK = partial(_page, opt_out=False), partial(_below, opt_out=False)


def _frame(source: Source) -> Frame:
    return Frame(source.brand, source.locale, source.direction)


def _link(source: Source) -> str:
    return source.holes.hole("u", UNSUBSCRIBE)


def _button(source: Source, frame: Frame, index: int) -> Markup:
    label, url = source.actions[index]
    button = frame.button(label, url, first=index == 0)
    return Markup(source.holes.guarded(url, button))  # noqa: S704 - escaped by the layout; the guard is made of letters and digits


def _with_guarded_links(html: str, holes: Holes) -> str:
    return re.sub(rf' (?:href|src|background)="({holes.word}u\d+z[^"]*)"', lambda link: holes.guarded(link[1], link[0]), html)
