"""Views of one's own: a query with a name."""

from aiohttp import web

from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.errors import Conflict
from wasl.ledger.views import MOST_VIEWS, View
from wasl.searching.tokens import LONGEST

_LONGEST_NAME = 60


async def kept(visit: Visit) -> web.StreamResponse:
    """Keep a query; a name that is there already is given to this one."""
    fields = await visit.form()
    name, query = fields.get("name", "").strip(), fields.get("q", "").strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or len(query) > LONGEST or "\0" in query:
        return visit.refused(visit.t("Give the view a name of at most {most} characters.", most=_LONGEST_NAME))
    try:
        await visit.house.gateway.views.put(visit.user.id, View(name, query))
    except Conflict:
        return visit.refused(visit.t("You have {most} views already. Remove one first.", most=MOST_VIEWS), status=409)
    return visit.redirect(_list(visit, query), visit.t("The view is kept."))


async def removed(visit: Visit) -> web.StreamResponse:
    """Forget a view."""
    fields = await visit.form()
    if not await visit.house.gateway.views.drop(visit.user.id, fields.get("name", "")[:_LONGEST_NAME]):
        return visit.not_found()
    return visit.redirect("/messages", visit.t("The view is removed."))


def _list(visit: Visit, query: str) -> str:
    return visit.url("/messages", q=query or None).removeprefix("/console")


PAGES = (
    Page("POST", "/views", Permission.SEE, kept),
    Page("POST", "/views/remove", Permission.SEE, removed),
)
