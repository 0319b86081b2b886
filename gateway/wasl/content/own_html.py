"""An author's own HTML for mail: kept as written, but for what mail programs do not run and for places where a value could do harm.

It is read once, when the template is loaded. Holes may stand in text, in links and pictures, and in `alt`, `title` and `aria-label`.
"""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Final, NamedTuple

from markupsafe import escape

from wasl.brands.seen import ACTIVE_CSS, TAGS, VOID, is_active
from wasl.content.holes import Holes
from wasl.content.written import UNSUBSCRIBE
from wasl_contracts.content import Direction
from wasl_contracts.links import web_link

OPT_OUT = "unsubscribe:"
"""What an author writes as `href` of the link by which the recipient opts out."""

_URLS: Final = frozenset({"href", "src", "background"})
_SPOKEN: Final = frozenset({"alt", "title", "aria-label"})
_OTHER_LINK = re.compile(r"(?:mailto:|tel:|sms:)[^\s\"'<>]+|#[\w-]*").fullmatch


class OwnHtml(NamedTuple):
    """The HTML with its holes ready for `Holes.as_jinja`, and what its author must mend. `whole`: a page rather than a part of one."""

    html: str
    findings: Sequence[str]
    whole: bool
    opts_out: bool


def own_html(html: str, holes: Holes, lang: str, direction: Direction) -> OwnHtml:
    """Read HTML whose holes were put aside. Statements come out as comments: as text, tools would move them out of a table."""
    reader = _Reader(holes, lang, direction, bodies="<tbody" not in html.lower())
    reader.feed(html)
    reader.close()
    return OwnHtml("".join(reader.parts), reader.findings, "html" in reader.seen or "body" in reader.seen, reader.opts_out)


def with_statements(html: str, holes: Holes) -> str:
    """The HTML with the statements out of their comments."""
    return re.sub(rf"<!--({holes.statement})-->", r"\1", html)


class _Reader(HTMLParser):
    def __init__(self, holes: Holes, lang: str, direction: Direction, *, bodies: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self.findings: list[str] = []
        self.seen: set[str] = set()
        self.opts_out = False
        self._holes, self._lang, self._direction = holes, lang, direction
        self._bodies = bodies
        self._raw = ""  # the element whose text is no HTML: style or title
        self._guarded = False  # inside a link to opt out

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self._found(f"holds <{self._shown(tag)}>, which mail programs refuse or do not show; leave it out")
        self.seen.add(tag)
        self._raw = tag if tag in ("style", "title") else self._raw
        values = {name: value or "" for name, value in attrs}
        if tag == "html" or values.get("lang") == "und":
            self._directed(values)
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self._found('holds <meta http-equiv="refresh">, which mail programs refuse; leave it out')
        if tag == "a" and values.get("href") == OPT_OUT:
            self._begin_opt_out(values)
        self.parts.append(f"<{tag}{''.join(self._attribute(tag, name, value) for name, value in values.items())}>")
        self._begin_rows("table", tag)

    def handle_endtag(self, tag: str) -> None:
        self._raw = "" if tag == self._raw else self._raw
        if tag not in VOID:
            self.parts.append(f"</{tag}>")
        self._begin_rows("thead", tag)
        if tag == "a" and self._guarded:
            self.parts.append(f"<!--{self._holes.hole('s', 'endif')}-->")
            self._guarded = False

    def handle_data(self, data: str) -> None:
        if self._raw == "title":
            self.parts.append(self._holes.bare(data))
            return
        if self._raw == "style" and (self._has_hole(data) or ACTIVE_CSS(data)):
            self._found("has a hole, an @import or a script in its <style>; write plain CSS")
        self.parts.append(re.sub(self._holes.statement, r"<!--\g<0>-->", data))

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        """Only Outlook's conditions stay: other comments are the author's notes."""
        if re.fullmatch(self._holes.statement, data):
            self.parts.append(f"<!--{data}-->")
        elif data.lstrip().startswith("[if") or data.rstrip().endswith("[endif]") or data.startswith("<![endif]"):
            if self._has_hole(data):
                self._found("has a hole in a comment for Outlook; write what stands there without one")
            self.parts.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")

    def _attribute(self, tag: str, name: str, value: str) -> str:
        if self._has_hole(name) or is_active(name) or not re.fullmatch(r"[\w:.-]+", name):
            self._found(f"has the attribute {self._shown(name)!r} in <{tag}>, which mail programs refuse; leave it out")
        elif name in _URLS:
            value = self._url(tag, name, value)
        elif name in _SPOKEN:
            value = self._holes.bare(value)
        elif self._has_hole(value) or (name == "style" and ACTIVE_CSS(value)):
            self._found(f"has a hole or a script in {name} of <{tag}>; a value may stand in text, links, alt, title and aria-label")
        return f' {name}="{escape(value)}"'

    def _url(self, tag: str, name: str, value: str) -> str:
        url = self._holes.in_link(value)
        fixed = name == "href" and _OTHER_LINK(url) and not self._has_hole(url)
        begins = re.match(rf"{self._holes.word}u\d", url)
        link = web_link(url)
        if not (fixed or begins or link) or re.search(self._holes.statement, url):
            self._found(f"has in {name} of <{tag}> what is no link; begin it with https:// or with one hole that holds the whole start")
        return link or url

    def _begin_opt_out(self, values: dict[str, str]) -> None:
        """The link appears only where the message has one."""
        values["href"] = self._holes.hole("v", UNSUBSCRIBE)
        self.opts_out = self._guarded = True
        self.parts.append(f"<!--{self._holes.hole('s', f'if ({UNSUBSCRIBE})|u')}-->")

    def _begin_rows(self, after: str, tag: str) -> None:
        """Write the <tbody> that HTML puts around rows anyway: it could come to stand inside a loop over them."""
        if self._bodies and tag == after:
            self.parts.append("<tbody>")

    def _directed(self, values: dict[str, str]) -> None:
        """Language and direction where the author leaves them out (MJML says `und` and `auto` then)."""
        if values.get("lang", "und") == "und":
            values["lang"] = self._lang
        if values.get("dir", "auto") == "auto":
            values["dir"] = self._direction

    def _has_hole(self, text: str) -> bool:
        return re.search(self._holes.mark, text) is not None

    def _shown(self, name: str) -> str:
        return re.sub(self._holes.mark, "…", name)[:40]

    def _found(self, sentence: str) -> None:
        if sentence not in self.findings:
            self.findings.append(sentence)
