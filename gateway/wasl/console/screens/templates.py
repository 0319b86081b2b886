"""Templates: which there are, what they lack on each channel, in each language and brand, how they look, and what changed in them."""

from collections.abc import Mapping, Sequence

from aiohttp import web
from babel.numbers import format_percent

from wasl.console.page import Nav, Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.template_seen import Use, VersionUse

NAV = Nav("Templates", "/templates", order=50)


async def listed(visit: Visit) -> web.StreamResponse:
    """All templates, with the languages that they lack and how their last messages ended."""
    lately = await visit.gateway.template_uses(_brands(visit))
    rates = {name: _rate(visit, use) for name, use in lately.templates.items()}
    return visit.page("templates/list.html", templates=await visit.gateway.template_list(), lately=lately, rates=rates)


async def detailed(visit: Visit) -> web.StreamResponse:
    """One template: the matrix, what an author should look at, and its versions."""
    name = visit.request.match_info["name"]
    found = await visit.gateway.template_detail(name, _brands(visit))
    lately = await visit.gateway.template_uses(_brands(visit))
    versions, use = lately.versions.get(name, ()), lately.templates.get(name)
    rate = _rate(visit, use) if use is not None else ""
    return visit.page("templates/detail.html", found=found, versions=versions, use=use, rate=rate, lately=lately)


async def compared(visit: Visit) -> web.StreamResponse:
    """Two versions of a template, line by line; without any, the newest one that was used and that of the file."""
    name = visit.request.match_info["name"]
    languages = (await visit.gateway.template_detail(name, ())).languages
    used = (await visit.gateway.template_uses(_brands(visit))).versions.get(name, ())
    before, after = visit.query.get("before", ""), visit.query.get("after", "")
    if not (before and after):
        before, after = _usual(used, {one.locale: one.version for one in languages})
    changes = await visit.gateway.template_diff(name, before, after) if before and after else ()
    current = {one.version: one.locale for one in languages}
    told = {one.version: f"{one.locale} {one.version[:12]}" for one in used}
    told |= {version: visit.t("{language}: the file as it is now", language=locale) for version, locale in current.items()}
    versions = list(told.items())
    return visit.page("templates/diff.html", name=name, versions=versions, before=before, after=after, changes=changes)


def _rate(visit: Visit, use: Use) -> str:
    """The share of deliveries that failed, as the language writes it; empty where none has ended."""
    rate = use.failure_rate
    return format_percent(rate, "#,##0.#%", visit.words.locale, numbering_system="latn") if rate is not None else ""


def _brands(visit: Visit) -> Sequence[str]:
    """Those that the user sees, or the one that they ask for."""
    asked = visit.gateway.seen_as if visit.query.get("brand") else None
    return visit.brands if asked is None else (asked,)


def _usual(used: tuple[VersionUse, ...], current: Mapping[str, str]) -> tuple[str, str]:
    """What one would compare: the newest version used that its file does not hold any more, with the file."""
    for one in used:
        if one.locale in current and current[one.locale] != one.version:
            return one.version, current[one.locale]
    return "", ""


PAGES = (
    Page("GET", "/templates", Permission.TEMPLATES, listed),
    Page("GET", "/templates/{name}", Permission.TEMPLATES, detailed),
    Page("GET", "/templates/{name}/diff", Permission.TEMPLATES, compared),
)
