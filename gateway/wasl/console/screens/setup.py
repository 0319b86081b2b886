"""Setup: what `wasl doctor` says, as a page; where each setting was written; and the plugins. It changes nothing."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from aiohttp import web
from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from wasl.api import Gateway
from wasl.checkup import examine_running
from wasl.console.page import Nav, Page
from wasl.console.permissions import Permission
from wasl.console.plugin_cards import PluginCard, plugin_card, unused
from wasl.console.visit import Visit
from wasl.errors import NotFound

NAV = Nav("Setup", "/setup", order=90)
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]+(?=@)")
_MASKED = "••••••"


class Setting(NamedTuple):
    """A setting that was written somewhere: its key, its value with secrets masked, and the place."""

    key: str
    value: str
    place: str


async def show(visit: Visit) -> web.StreamResponse:
    """The page."""
    gateway = visit.house.gateway
    findings = sorted(await examine_running(gateway), key=lambda finding: finding.ok)
    cards, used = await _plugins(visit, gateway), {section.plugin for section in gateway.config.providers.values()}
    return visit.page("setup/show.html", findings=findings, settings=settings(gateway), plugins=cards, used=used)


def settings(gateway: Gateway) -> list[Setting]:
    """Every setting that was written in a file or the environment, by its key."""
    config = gateway.config
    told = to_jsonable_python(config.model_dump(mode="json", exclude_unset=True))
    found = [Setting("database", _MASKED if "@" in config.database else config.database, config.line("database") or "")]
    found += [Setting(".".join(key), value, config.line(*key) or "") for key, value in _leaves((), told)]
    for name, given in gateway.specs.settings.items():
        if (place := config.line("providers", name)) is None:
            continue
        shown = {field: to_jsonable_python(getattr(given, field), fallback=lambda _: _MASKED) for field in given.model_fields_set}
        found += [Setting(".".join(key), value, place) for key, value in _leaves(("providers", name), shown)]
    return sorted((one for one in found if one.place), key=lambda one: one.key)


def _leaves(way: tuple[str, ...], told: JsonValue) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(told, Mapping):
        for name, inner in told.items():
            yield from _leaves((*way, name), inner)
    elif told not in (None, [], ""):
        yield way, _PASSWORD.sub(_MASKED, ", ".join(map(str, told)) if isinstance(told, list) else str(told))


async def _plugins(visit: Visit, gateway: Gateway) -> list[PluginCard]:
    """Those in use; with `?plugins=all` every installed one, which are imported for that: it takes a while, once."""
    used = {section.plugin for section in gateway.config.providers.values()}
    others = [one.name for one in unused(gateway)] if visit.query.get("plugins") == "all" else []
    found = []
    for name in (*sorted(used), *others):
        with suppress(NotFound):  # a test's own, which is of no distribution
            found.append(await plugin_card(gateway, name))
    return found


PAGES = (Page("GET", "/setup", Permission.SETUP, show),)
