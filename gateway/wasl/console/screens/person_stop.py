"""Stopping an address of a person, by whoever sees only its masked form; taking it off the list again is on the list's own pages."""

from typing import get_args

from aiohttp import web

from wasl.console.consent_grid import CATEGORIES
from wasl.console.page import Page
from wasl.console.paths import person_path
from wasl.console.permissions import Permission
from wasl.console.persons import Person, person
from wasl.console.visit import Visit
from wasl.errors import NotFound
from wasl.person_life import AddressSeen
from wasl.suppression import Origin
from wasl_contracts import Category

_LONGEST = 500  # characters of a reason


async def ask(visit: Visit) -> web.StreamResponse:
    """What it stops, and what it does not."""
    return await _form(visit)


async def stop(visit: Visit) -> web.StreamResponse:
    """Stop it."""
    fields = await visit.form()
    reason = fields.get("reason", "").strip()[:_LONGEST]
    if not reason:
        return await _form(visit, visit.t("Say why."))
    scope: Category | None = next((one for one in get_args(Category) if one == fields.get("scope")), None)
    gateway, seen = await person(visit, reason)
    origin = Origin("console", visit.user.name)
    await gateway.suppress_address_of(seen.id, visit.query.get("address", ""), note=reason, scope=scope, origin=origin)
    return visit.redirect(person_path(seen.id, seen.brand), said=visit.t("Nothing is sent to this address any more."))


async def _form(visit: Visit, problem: str = "") -> web.StreamResponse:
    found = await person(visit)
    address = _address(found, visit.query.get("address", ""))
    return visit.page(
        "people/stop.html",
        status=422 if problem else 200,
        seen=found.seen,
        address=address,
        others=[one for one in found.seen.writes_to if one.id != address.id],
        problem=problem,
        categories=CATEGORIES,
        here=person_path(found.seen.id, found.seen.brand, "stop", {"address": address.id}),
        back=person_path(found.seen.id, found.seen.brand),
    )


def _address(found: Person, address_id: str) -> AddressSeen:
    for one in found.seen.writes_to:
        if one.id == address_id:
            return one
    raise NotFound("There is no such address of this person.")


PAGES = (
    Page("GET", "/people/{id}/stop", Permission.SUPPRESS, ask),
    Page("POST", "/people/{id}/stop", Permission.SUPPRESS, stop),
)
