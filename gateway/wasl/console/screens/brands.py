"""Brands: colours with their contrast, senders, and the texts that the law asks for in each language."""

from aiohttp import web

from wasl.brands.colours import LEAST_CONTRAST
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit


async def listed(visit: Visit) -> web.StreamResponse:
    """The brands that this user sees."""
    return visit.page("brands/list.html", brands=[await visit.of(name).brand_face(name) for name in visit.brands])


async def shown(visit: Visit) -> web.StreamResponse:
    """One brand."""
    name = visit.request.match_info["name"]
    return visit.page("brands/detail.html", face=await visit.of(name).brand_face(name), least=LEAST_CONTRAST)


PAGES = (
    Page("GET", "/brands", Permission.TEMPLATES, listed),
    Page("GET", "/brands/{name}", Permission.TEMPLATES, shown),
)
