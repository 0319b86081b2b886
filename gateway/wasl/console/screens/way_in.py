"""The link that `wasl dev` prints: whoever opens it on the same machine is signed in."""

from aiohttp import web

from wasl.callers import caller
from wasl.console.captured import DEVELOPER, WAY_IN
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.screens.sign_in import signed_in
from wasl.console.visit import Visit

_HERE = ("127.0.0.1", "::1")


async def enter(visit: Visit) -> web.StreamResponse:
    """Signs in the user of `wasl dev`; 404 everywhere else, 403 for a link that was used."""
    way_in = visit.request.config_dict.get(WAY_IN)
    if way_in is None or caller(visit.request, ()) not in _HERE:
        return visit.not_found()
    if not way_in.opens(visit.request.match_info["token"]):
        return visit.refused(visit.t("This link was used already. The terminal of wasl dev shows the next one."), 403)
    gateway = visit.house.gateway
    return signed_in(visit, await gateway.open_session(await gateway.user(DEVELOPER)))


PAGES = (Page("GET", "/dev/{token}", Permission.NOBODY, enter),)
