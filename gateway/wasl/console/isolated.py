"""What others wrote, shown as they meant it, and harmless: nothing in it runs, nothing is fetched, no link leads anywhere."""

from collections.abc import Mapping
from html import escape
from typing import Final

import nh3
from aiohttp import web

from wasl_contracts.content import Direction

HEADERS: Final[Mapping[str, str]] = {
    # Measured in Chromium: a page of its own keeps its styles, runs no script and asks for no picture; a srcdoc loses the styles.
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_TAGS: Final = (nh3.ALLOWED_TAGS | {"style", "font", "section", "main"}) - {"map", "area"}
_UNSEEN: Final = {"script", "title", "noscript", "template", "iframe", "object", "svg", "math"}
_LOOKS: Final = {
    "style", "class", "dir", "lang", "align", "valign", "width", "height", "bgcolor", "border", "cellpadding", "cellspacing", "role",
    "hidden",
}  # fmt: skip
_ATTRIBUTES: Final = {
    "*": _LOOKS, "a": {"href", "title"}, "img": {"src", "alt"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"},
    "font": {"color", "face", "size"}, "ol": {"start"},
}  # fmt: skip
_PICTURES: Final = ("data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp")
_LINKS: Final = ("https:", "http:", "mailto:", "tel:")
# A link opens a new window, which the sandbox does not allow: so a click does nothing.
_PAGE: Final = (
    '<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    '<meta name="viewport" content="width=device-width"><base target="_blank"><title>{title}</title>'
    "<style>body{{margin:0}}</style></head><body>{body}</body></html>"
)


def isolated(html: str, *, lang: str = "en", direction: Direction = "ltr", title: str = "Preview") -> web.Response:
    """A page for an `<iframe sandbox src=…>`: only looks are left of the HTML, and the headers allow nothing beside them.

    Pictures from other servers are never loaded, whoever asks: only those that are in the page itself (`data:`).
    """
    page = _PAGE.format(lang=escape(lang), direction=direction, title=escape(title), body=harmless(html))
    return web.Response(text=page, content_type="text/html", charset="utf-8", headers=HEADERS)


def harmless(html: str) -> str:
    """The same HTML without all that could run, load or lead astray: the second wall behind the headers."""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_UNSEEN,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel=None,
    )


def _kept(_tag: str, attribute: str, value: str) -> str | None:
    allowed = {"src": _PICTURES, "href": _LINKS}.get(attribute)
    return value if allowed is None or value.strip().lower().startswith(allowed) else None
