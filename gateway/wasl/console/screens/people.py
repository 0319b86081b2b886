"""Finding people, and the search box: whatever a ticket holds leads to its page with one submit."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web

from wasl.console.page import Nav, Page
from wasl.console.paths import message_path, person_path
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.errors import NotFound
from wasl.person_life import NearMiss, PersonGlance
from wasl.seeking import Key, Resolved
from wasl_contracts.address import masked

NAV = Nav("People", "/people", order=20)
_QUERY = re.compile(r"(?:^|\s)[-!]?[a-z][a-z0-9_.]*:\S")
_ADDRESS = re.compile(r"\S+@\S+|[+＋]?[\d ()./\u00a0\u2010-\u2015-]{6,}")
_MOST = 255  # characters of a text that is looked for
_CHOICES = 50  # people who are listed to choose from


class Candidate(NamedTuple):
    """Somebody to choose."""

    brand: str
    seen: PersonGlance


class Near(NamedTuple):
    """Somebody who may have been meant."""

    brand: str
    miss: NearMiss
    shown: str
    """The address; masked for whoever may reveal none, though they typed most of it."""


async def found(visit: Visit) -> web.StreamResponse:
    """Whose address or id it is: their page, several to choose from, or nobody and who is near."""
    text = visit.query.get("q", "").strip()
    if not text or len(text) > _MOST:
        return visit.page("people/find.html", asked=text[:_MOST], candidates=(), near=(), looked=bool(text), person_path=person_path)
    resolved = await visit.gateway.resolve(text, brands=visit.brands)
    if len(resolved.people) == 1:
        return visit.redirect(person_path(resolved.people[0].id, resolved.people[0].brand))
    candidates = await _candidates(visit, resolved.people)
    near = await _near(visit, text) if not candidates else ()
    return visit.page("people/find.html", asked=text, candidates=candidates, near=near, looked=True, person_path=person_path)


async def searched(visit: Visit) -> web.StreamResponse:
    """The search box: straight to a person or a message; what is neither is looked for among the messages."""
    text = visit.query.get("q", "").strip()
    if not text or len(text) > _MOST or _QUERY.search(text):
        return _listed(visit, text)
    resolved = await visit.gateway.resolve(text, brands=visit.brands)
    if (only := _only(resolved)) is not None:
        return visit.redirect(only)
    if resolved.people or (resolved.form is None and _ADDRESS.fullmatch(text)):
        return visit.redirect(visit.url("/people", q=text).removeprefix("/console"))
    return _listed(visit, text)


def _only(resolved: Resolved) -> str | None:
    """The page of the one thing that it is."""
    if len(resolved.people) == 1:
        return person_path(resolved.people[0].id, resolved.people[0].brand)
    if len(resolved.messages) == 1 and not resolved.people:
        return message_path(resolved.messages[0].id, resolved.messages[0].brand)
    return None


def _listed(visit: Visit, text: str) -> web.Response:
    return visit.redirect(visit.url("/messages", q=text or None).removeprefix("/console"))


async def _candidates(visit: Visit, people: Sequence[Key]) -> tuple[Candidate, ...]:
    found: list[Candidate] = []
    for one in people[:_CHOICES]:
        try:
            found.append(Candidate(one.brand, await visit.of(one.brand).glance(one.id)))
        except NotFound:  # erased meanwhile
            continue
    return tuple(found)


async def _near(visit: Visit, text: str) -> tuple[Near, ...]:
    open_ = visit.may(Permission.REVEAL)
    return tuple(
        [
            Near(brand, miss, miss.shown if open_ or "@" not in miss.shown else masked("email", miss.shown))
            for brand in visit.brands
            for miss in await visit.of(brand).near_recipients(text)
        ]
    )


PAGES = (
    Page("GET", "/people", Permission.SEE, found),
    Page("GET", "/search", Permission.SEE, searched),
)
