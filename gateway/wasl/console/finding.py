"""Finding the pages: every module of `screens` that has PAGES gives them, and one with NAV an entry of the navigation."""

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType

from wasl.console import screens
from wasl.console.page import Nav, Page


@cache
def pages() -> tuple[Page, ...]:
    """All pages. Raises ValueError where two have the same method and path."""
    found: dict[tuple[str, str], Page] = {}
    for module in _modules():
        for page in getattr(module, "PAGES", ()):
            if found.setdefault((page.method, page.path), page) is not page:
                raise ValueError(f"{module.__name__} has a second page {page.method} {page.path}")
    return tuple(found.values())


@cache
def navigation() -> tuple[Nav, ...]:
    """The entries of the navigation, in order; each names a GET page."""
    return tuple(sorted((module.NAV for module in _modules() if hasattr(module, "NAV")), key=lambda nav: nav.order))


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = sorted(one.name for one in pkgutil.iter_modules(screens.__path__))
    return tuple(import_module(f"{screens.__name__}.{name}") for name in names)
