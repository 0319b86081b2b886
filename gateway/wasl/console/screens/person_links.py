"""Links for help desks: making one, those that open now, revoking one; and the page that a link opens, without login."""

from dataclasses import replace
from datetime import timedelta

from aiohttp import web

from wasl.console.consent_grid import CATEGORIES, SOURCES, SPOKEN
from wasl.console.days import days
from wasl.console.page import Page
from wasl.console.paths import person_path
from wasl.console.permissions import Permission
from wasl.console.persons import Person, person
from wasl.console.reachability import channels_for
from wasl.console.screens.person import Naming, reached
from wasl.console.serving import NOBODY_USER
from wasl.console.times import Times
from wasl.console.visit import Visit
from wasl.errors import NotFound, Refused
from wasl.person_life import LifeFilter
from wasl.sharing import new_link_id

DAYS = (1, 3, 7)
"""For how many days a link may be made."""
_LONGEST = 500  # characters of a reason


async def listed(visit: Visit) -> web.StreamResponse:
    """The links that open now, and the form for a new one."""
    return await _links(visit)


async def make(visit: Visit) -> web.StreamResponse:
    """A new link; its address is shown now and never again."""
    fields = await visit.form()
    reason, lasts = fields.get("reason", "").strip()[:_LONGEST], fields.get("days", "")
    if not reason:
        return await _links(visit, visit.t("Say why."))
    if lasts not in map(str, DAYS):
        return await _links(visit, visit.t("Choose for how long it opens."))
    gateway, seen = await person(visit, reason)
    try:
        made = await gateway.share_recipient(
            seen.id, by=visit.user.name, lasts=timedelta(days=int(lasts)), link_id=fields.get("link") or None
        )
    except Refused:
        return await _links(visit, visit.t("This form is damaged; begin anew."))
    return await _links(visit, token=made.token or "")


async def revoke(visit: Visit) -> web.StreamResponse:
    """Let a link of this person open nothing any more."""
    reason = (await visit.form()).get("reason", "").strip()[:_LONGEST]
    if not reason:
        return await _links(visit, visit.t("Say why."))
    gateway, seen = await person(visit, reason)
    link = visit.request.match_info["link"]
    if link not in {one.id for one in await gateway.shared_links(seen.id)}:
        raise NotFound("There is no such link, or it opens no more.")
    await gateway.revoke_link(link)
    return visit.redirect(person_path(seen.id, seen.brand, "links"), said=visit.t("The link opens nothing any more."))


async def opened(visit: Visit) -> web.StreamResponse:
    """What a link shows: how the person can be reached and what happened to them, masked; nothing else can be reached from it.

    Whoever happens to be signed in sees it as everybody else does.
    """
    visit = replace(visit, user=NOBODY_USER, csrf="", flash="")
    found = await visit.house.gateway.opened_link(visit.request.match_info["token"])
    if found is None:
        return visit.page("people/desk_gone.html", status=404)
    gateway, link = found
    seen = await gateway.glance(link.recipient)
    cursor = visit.query.get("cursor") or None
    try:
        life = await gateway.life(seen.id, LifeFilter(), cursor=cursor)
    except Refused:
        return visit.page("people/desk_gone.html", status=404)
    if cursor is None:
        await gateway.tell_link_opened(link)
    visit.times = Times(visit.words.locale, seen.timezone or gateway.config.timezone, visit.times.now)
    channels = channels_for(gateway.provider_specs, gateway.config.channels, seen.audience)
    return visit.page(
        "people/desk.html",
        seen=seen,
        link=link,
        life=life,
        days=days(life.data, visit.times),
        reaches=await reached(Person(gateway, seen), channels),
        older=visit.url(visit.path, cursor=life.next_cursor) if life.next_cursor else None,
        categories=CATEGORIES,
        sources=SOURCES,
        spoken=SPOKEN,
        naming=Naming(visit, gateway),
    )


async def _links(visit: Visit, problem: str = "", token: str = "") -> web.StreamResponse:
    gateway, seen = await person(visit)
    links = await gateway.shared_links(seen.id)
    url = f"{visit.request.url.origin()}{visit.url(f'/d/{token}')}" if token else ""
    status = 422 if problem else 200
    return visit.page(
        "people/links.html",
        status=status,
        seen=seen,
        links=links,
        problem=problem,
        url=url,
        fresh=new_link_id(),
        here=person_path(seen.id, seen.brand, "links"),
        back=person_path(seen.id, seen.brand),
        revoking=lambda link: person_path(seen.id, seen.brand, f"links/{link}/revoke"),
    )


PAGES = (
    Page("GET", "/people/{id}/links", Permission.EXPORT, listed),
    Page("POST", "/people/{id}/links", Permission.EXPORT, make),
    Page("POST", "/people/{id}/links/{link}/revoke", Permission.EXPORT, revoke),
    Page("GET", "/d/{token}", Permission.NOBODY, opened),
)
