"""Icons: symbols of one sprite (templates/icons.svg, from lucide), which the layout holds once a page."""

import re
from functools import cache
from importlib.resources import files

from markupsafe import Markup

_SYMBOL = re.compile(r'<symbol id="i-([a-z0-9-]+)"')


@cache
def sprite() -> Markup:
    """The sprite, to stand in every page."""
    return Markup(files("wasl.console").joinpath("templates", "icons.svg").read_text(encoding="utf-8"))  # noqa: S704 - our own file


@cache
def names() -> frozenset[str]:
    """The icons that there are."""
    return frozenset(_SYMBOL.findall(sprite()))


@cache
def icon(name: str) -> Markup:
    """An icon beside a word that says the same; raises KeyError for one that is not in the sprite."""
    if name not in names():
        raise KeyError(f"there is no icon {name} in templates/icons.svg")
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="#i-{}"></use></svg>').format(name)
