"""Pages for recipients: words by language from the files beside this, a small style sheet inside, no script, nothing from elsewhere."""

import base64
import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from aiohttp import web
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from wasl.content.bidi import direction_of
from wasl_contracts.content import Direction

_FALLBACK = "en"
_MOST_LANGUAGES = 20  # that a browser's header may name


class Words(NamedTuple):
    """The texts of a page in one language. `version` changes with them."""

    locale: str
    direction: Direction
    version: str
    text: Mapping[str, str]
    channels: Mapping[str, str]

    def channel(self, name: str) -> str:
        """What people call a channel."""
        return self.channels.get(name, name)


def languages() -> list[str]:
    """The locales that there are texts for."""
    return sorted(found.name.removesuffix(".toml") for found in files(__name__).iterdir() if found.name.endswith(".toml"))


def words(*wanted: str | None, accepted: str = "") -> Words:
    """The texts in the first of these locales that there are texts for, else in one that the header Accept-Language names."""
    for locale in (*filter(None, wanted), *_accepted(accepted)):
        parts = locale.replace("_", "-").lower().split("-")
        for length in range(len(parts), 0, -1):
            if (tag := "-".join(parts[:length])) in _languages():
                return _words(_languages()[tag])
    return _words(_FALLBACK)


def page(name: str, words: Words, **values: object) -> web.Response:
    """A page of the template of that name. Nothing keeps it, frames it, or learns its address."""
    style = _read("page.css")
    html = _TEMPLATES.get_template(name).render(
        lang=words.locale,
        dir=words.direction,
        text=words.text,
        css=Markup(style),  # noqa: S704 - our own file
        **values,
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    return web.Response(text=html, content_type="text/html", headers={**_HEADERS, "Content-Security-Policy": policy})


_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Accept-Language",
}


def _accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header (RFC 9110 section 12.5.4), the most wanted first."""
    found = []
    for part in header.split(",")[:_MOST_LANGUAGES]:
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            found.append((-quality, tag.strip()))
    return [tag for _, tag in sorted(found, key=lambda one: one[0])]


@cache
def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


@cache
def _languages() -> dict[str, str]:
    return {tag.lower(): tag for tag in languages()}


@cache
def _words(tag: str) -> Words:
    source = _read(f"{tag}.toml")
    told = tomllib.loads(source)
    channels = told.pop("channels")
    return Words(tag, direction_of(tag), hashlib.sha256(source.encode()).hexdigest()[:12], told, channels)


_TEMPLATES = Environment(
    loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
)
