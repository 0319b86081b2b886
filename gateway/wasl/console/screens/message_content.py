"""What a message says: a frame of its own, masked until somebody who may says why they must see it."""

from aiohttp import web

from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.console.isolated import isolated
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.revealing import HOURLY, left, reveal, revealed
from wasl.console.screens.message import found
from wasl.console.visit import Visit
from wasl.errors import Refused
from wasl.showing.drawn import Drawn, drawn
from wasl_contracts.content import Plain

_MASKED = "••••• ••••••• ••• ••••••"


async def framed(visit: Visit) -> web.StreamResponse:
    """What the frame holds: the content of a call, where it is revealed; else its template with sample data, or dots."""
    gateway, seen = await found(visit)
    call, shown = visit.query.get("call", ""), None
    if await revealed(visit, gateway, seen):
        shown = next((one for one in await gateway.shown(seen.id) if one.id == call), None)
    if shown is not None and shown.content is not None:
        content = drawn(shown.content, sms=shown.sms)
    elif shown is not None:
        content = drawn(Plain(text=visit.t(shown.why[0].sentence)))
    else:
        content = await _sample(gateway, seen, visit.query.get("channel", "")) or drawn(Plain(text=_MASKED))
    return isolated(content.html, lang=content.lang, direction=content.direction, title=visit.t("Preview"))


async def ask(visit: Visit) -> web.StreamResponse:
    """What will be shown, and what is asked for it."""
    return await _asked(visit)


async def open_it(visit: Visit) -> web.StreamResponse:
    """Show it, once the reason is with the audit."""
    gateway, seen = await found(visit)
    problem = await reveal(visit, gateway, seen, (await visit.form()).get("reason", "").strip())
    if problem:
        return await _asked(visit, problem)
    return visit.redirect(f"/messages/{seen.id}", visit.t("What it says is shown to you for 5 minutes. The audit has your reason."))


async def _asked(visit: Visit, problem: str = "") -> web.StreamResponse:
    gateway, seen = await found(visit)
    if seen.category == "otp":
        return visit.refused(visit.t("One-time codes are never shown, to nobody."), status=403)
    remaining = await left(visit, gateway)
    return visit.page("message/reveal.html", status=422 if problem else 200, seen=seen, problem=problem, left=remaining, most=HOURLY)


async def _sample(gateway: Gateway, seen: MessageSeen, channel: str) -> Drawn | None:
    """The template as it is now, with its examples, for nobody; None of what has none, or cannot be shown, and of codes."""
    if seen.template is None or seen.category == "otp" or channel not in gateway.config.channels:
        return None
    details = await gateway.details(seen.id)
    try:
        preview = await gateway.preview(seen.template, locale=details.locale, channels=[channel])
    except Refused:
        return None
    content, sms = preview.channels[0].content, preview.channels[0].sms
    return drawn(content, sms=sms) if content is not None else None


PAGES = (
    Page("GET", "/messages/{id}/frame", Permission.SEE, framed),
    Page("GET", "/messages/{id}/reveal", Permission.REVEAL, ask),
    Page("POST", "/messages/{id}/reveal", Permission.REVEAL, open_it),
)
