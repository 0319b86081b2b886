"""What a person may ask of their data: a copy of all that is stored of them, and that it is erased."""

from typing import get_args

from aiohttp import web

from wasl.acts_seen import Aim
from wasl.console.page import Page
from wasl.console.paths import person_path
from wasl.console.permissions import Permission
from wasl.console.persons import person
from wasl.console.serving import HEADERS
from wasl.console.two_people import takes_two
from wasl.console.visit import Visit
from wasl.person_life import PersonGlance
from wasl.person_seen import Because
from wasl.states import PENDING

_LONGEST = 500  # characters of a reason


async def ask_export(visit: Visit) -> web.StreamResponse:
    """What the copy holds."""
    return await _export_form(visit)


async def export(visit: Visit) -> web.StreamResponse:
    """The copy, as a file. The audit tells of it before the first byte."""
    reason = (await visit.form()).get("reason", "").strip()[:_LONGEST]
    if not reason:
        return await _export_form(visit, visit.t("Say why."))
    gateway, seen = await person(visit, reason)
    parts = await gateway.export_recipient(seen.id)
    response = web.StreamResponse(headers={**HEADERS, "Content-Disposition": 'attachment; filename="person.json"'})
    response.content_type = "application/json"
    await response.prepare(visit.request)
    async for part in parts:
        await response.write(part)
    await response.write_eof()
    return response


async def ask_erase(visit: Visit) -> web.StreamResponse:
    """What goes, what stays, and what is cancelled."""
    return await _erase_form(visit)


async def erase(visit: Visit) -> web.StreamResponse:
    """Erase them, when their id was typed and a reason given."""
    fields = await visit.form()
    reason = fields.get("reason", "").strip()[:_LONGEST]
    because: Because | None = next((one for one in get_args(Because) if one == fields.get("because")), None)
    gateway, seen = await person(visit, reason)
    if not reason:
        return await _erase_form(visit, visit.t("Say why."))
    if because is None:
        return await _erase_form(visit, visit.t("Choose why it is asked for."))
    if fields.get("typed", "").strip() != seen.id:
        return await _erase_form(visit, visit.t("What you typed is not the id of this person."))
    if takes_two(gateway.config.console, "erase", 0):
        aim = Aim(until=gateway.now(), brands=(seen.brand,), recipient=seen.id, because=because)
        act = await gateway.ask_act("erase", aim, (await gateway.foresee_act("erase", aim)).count, second=True)
        return visit.redirect(f"/acts/{act.id}", said=visit.t("Asked for. Somebody else must agree within 24 hours."))
    done = await gateway.erase_recipient(seen.id, because=because)
    told = visit.tn("Erased; {count} message was emptied.", "Erased; {count} messages were emptied.", done.messages)
    if done.under_way:
        told = f"{told} {visit.t('A provider has some of them just now: erase the person again in a minute.')}"
    return visit.redirect(person_path(done.recipient, seen.brand), said=told)


async def _export_form(visit: Visit, problem: str = "") -> web.StreamResponse:
    _, seen = await person(visit)
    return visit.page("people/export.html", status=422 if problem else 200, seen=seen, problem=problem, **_around(seen, "export"))


async def _erase_form(visit: Visit, problem: str = "") -> web.StreamResponse:
    gateway, seen = await person(visit)
    whole = await gateway.recipient(seen.id)
    waiting = sum(whole.deliveries.get(state, 0) for state in PENDING)
    told = {"whole": whole, "waiting": waiting, "problem": problem, "two": takes_two(gateway.config.console, "erase", 0)}
    return visit.page("people/erase.html", status=422 if problem else 200, seen=seen, **told, **_around(seen, "erase"))


def _around(seen: PersonGlance, part: str) -> dict[str, object]:
    return {"here": person_path(seen.id, seen.brand, part), "back": person_path(seen.id, seen.brand)}


PAGES = (
    Page("GET", "/people/{id}/export", Permission.DATA, ask_export),
    Page("POST", "/people/{id}/export", Permission.DATA, export),
    Page("GET", "/people/{id}/erase", Permission.DATA, ask_erase),
    Page("POST", "/people/{id}/erase", Permission.DATA, erase),
)
