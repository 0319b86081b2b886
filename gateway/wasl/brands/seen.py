"""What readers of a page of HTML see of it, and what in it mail programs refuse: how a brand's layouts are judged."""

import re
from html.parser import HTMLParser
from typing import Final

from css_inline import CSSInliner

_KNOWN = """a abbr address article b bdi bdo big blockquote body br caption center cite code col colgroup dd del div dl dt em figcaption
    figure font footer h1 h2 h3 h4 h5 h6 head header hr html i img ins li main mark meta nav ol p pre q s section small span strong style
    sub sup table tbody td tfoot th thead title tr u ul wbr"""
TAGS: Final = frozenset(_KNOWN.split())
"""The elements that mail programs show, and that do nothing but show."""
VOID: Final = frozenset({"br", "col", "hr", "img", "meta", "wbr"})
ACTIVE_CSS: Final = re.compile(r"@import|expression\s*\(|javascript:|-moz-binding|behavior\s*:", re.IGNORECASE).search
"""Where CSS does more than show."""
hidden_by = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE).search
"""Where an element's style keeps it from being seen."""
UNSEEN: Final = frozenset({"head", "style", "title"})

_ACTIVE_URL = re.compile(r"\s*(?:javascript|vbscript|data\s*:\s*text)", re.IGNORECASE).match
_INLINER = CSSInliner(load_remote_stylesheets=False)


def forbidden(html: str) -> list[tuple[int, str]]:
    """What mail programs refuse, by line."""
    reader = _Refused()
    reader.feed(html)
    reader.close()
    return reader.findings


def seen(html: str) -> str:
    """The text that a page shows, and the addresses of links and pictures that can be seen, parted by spaces."""
    reader = _Seen()
    reader.feed(_INLINER.inline(html))
    reader.close()
    return " ".join(reader.parts)


def is_active(name: str) -> bool:
    """Whether an attribute does more than show."""
    return name.startswith("on") or name in ("srcdoc", "formaction")


class _Refused(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.findings: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self._found(f"holds <{tag[:40]}>, which mail programs refuse or do not show; leave it out")
        for name, value in attrs:
            if is_active(name) or _ACTIVE_URL(value or "") or (name == "style" and ACTIVE_CSS(value or "")):
                self._found(f"has the attribute {name[:40]!r} in <{tag[:40]}>, which mail programs refuse; leave it out")
            if name == "http-equiv" and (value or "").lower() == "refresh":
                self._found('holds <meta http-equiv="refresh">, which mail programs refuse; leave it out')

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style" and ACTIVE_CSS(data):
            self._found("has an @import or a script in its <style>; write plain CSS")

    def _found(self, sentence: str) -> None:
        self.findings.append((self.getpos()[0], sentence))


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._open: list[tuple[str, bool, str]] = []  # elements, whether they can be seen, and where they lead

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        shown = self._shown and tag not in UNSEEN and not hidden_by(values.get("style", "")) and "hidden" not in values
        if tag not in VOID:
            self._open.append((tag, shown, values.get("href", "")))
        elif shown and tag == "img":
            self._add(values.get("alt", ""), values.get("src", ""))

    def handle_endtag(self, tag: str) -> None:
        while any(name == tag for name, _, _ in self._open) and self._open.pop()[0] != tag:
            pass  # elements that HTML lets an author leave open

    def handle_data(self, data: str) -> None:
        if self._shown and data.strip():
            self._add(data)

    @property
    def _shown(self) -> bool:
        return not self._open or self._open[-1][1]

    def _add(self, *texts: str) -> None:
        """A link counts where something of it can be pressed."""
        self.parts += [*texts, *(href for _, _, href in self._open if href)]
