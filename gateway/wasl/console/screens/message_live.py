"""A message that goes on while somebody reads of it: its state and its sentence change in place, and the rest is one click away."""

from typing import Final

from aiohttp import web

from wasl.console.live_rows import look_of
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.progress import Look, followed
from wasl.console.screens.message import UNDER_WAY, found, told_in_a_sentence
from wasl.console.visit import Visit
from wasl.seeking import Key

_OVER: Final = Look("", over=True)


async def follow(visit: Visit) -> web.StreamResponse:
    """Server-sent events until it has ended; `look` is how the page shows it."""
    gateway, seen = await found(visit)
    key, shown = Key(seen.brand, seen.id), visit.query.get("look", "")

    async def look() -> Look:
        rows = await visit.house.gateway.messages_found([key])
        if not rows:  # it was removed meanwhile
            return _OVER
        over = rows[0].state not in UNDER_WAY
        if look_of(rows[0]) == shown:
            return Look("", over=over)
        now = await gateway.get(seen.id)
        told = {"seen": now, "sentence": told_in_a_sentence(visit, gateway, now), "over": over}
        return Look(visit.house.render(visit, "message/live.html", told), over=over, closes=over)

    with visit.house.limits.following(visit.user.id):
        return await followed(visit, look)


PAGES = (Page("GET", "/messages/{id}/live", Permission.SEE, follow),)
