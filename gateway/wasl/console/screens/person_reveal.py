"""A person's addresses in clear, to compare with what they say theirs is: with a reason, thirty people an hour, and the audit tells."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from wasl.audited import Action, AuditFilters
from wasl.console.page import Page
from wasl.console.paths import person_path
from wasl.console.permissions import Permission
from wasl.console.persons import person
from wasl.console.visit import Visit
from wasl.person_seen import ExportedAddress

HOURLY: Final = 30
_HOUR: Final = timedelta(hours=1)
_LONGEST = 500  # characters of a reason


async def ask(visit: Visit) -> web.StreamResponse:
    """What will be shown, and what is asked for it."""
    return await _form(visit)


async def reveal(visit: Visit) -> web.StreamResponse:
    """Show them on this one page, once the reason is with the audit."""
    reason = (await visit.form()).get("reason", "").strip()[:_LONGEST]
    if not reason:
        return await _form(visit, visit.t("Say why."))
    if not await _left(visit):
        said = visit.t("You have revealed {most} people within the hour, which is the most. Wait, or ask a colleague.", most=HOURLY)
        return await _form(visit, said)
    gateway, seen = await person(visit, reason)
    return await _form(visit, addresses=await gateway.addresses_in_clear(seen.id))


async def _left(visit: Visit) -> int:
    """How many people this user may still reveal within the hour, of whatever brand."""
    gateway = visit.house.gateway
    filters = AuditFilters(action=Action.PERSON_REVEALED, actor=visit.user.id, since=gateway.now() - _HOUR)
    return max(0, HOURLY - len((await gateway.audited(filters, limit=HOURLY)).data))


async def _form(visit: Visit, problem: str = "", addresses: tuple[ExportedAddress, ...] = ()) -> web.StreamResponse:
    _, seen = await person(visit)
    return visit.page(
        "people/reveal.html",
        status=422 if problem else 200,
        seen=seen,
        addresses=addresses,
        problem=problem,
        left=await _left(visit),
        here=person_path(seen.id, seen.brand, "reveal"),
        back=person_path(seen.id, seen.brand),
    )


PAGES = (
    Page("GET", "/people/{id}/reveal", Permission.REVEAL, ask),
    Page("POST", "/people/{id}/reveal", Permission.REVEAL, reveal),
)
