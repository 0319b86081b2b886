"""The second factor once more, before what changes who may do what: then on to where they wanted to go."""

from aiohttp import web

from wasl.callers import TooMany
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.screens.home import local
from wasl.console.screens.sign_in import TOO_MANY, WRONG_CODE
from wasl.console.visit import Visit


async def ask(visit: Visit) -> web.StreamResponse:
    """The form; whoever has no second factor enrols one first."""
    then = local(visit.query.get("then", "") or "/")
    if visit.signed is None or not visit.signed.enrolled:
        return visit.redirect(visit.url("/profile/factor", then=then).removeprefix("/console"))
    return _form(visit, then)


async def prove(visit: Visit) -> web.StreamResponse:
    """Ten minutes begin."""
    fields = await visit.form()
    then = local(fields.get("then", "") or "/")
    try:
        visit.count_code()
    except TooMany:
        return _form(visit, then, visit.t(TOO_MANY), 429)
    if not await visit.house.gateway.prove_by_code(visit.session, fields.get("code", "")):
        return _form(visit, then, visit.t(WRONG_CODE), 422)
    return visit.redirect(then)


def _form(visit: Visit, then: str, problem: str = "", status: int = 200) -> web.Response:
    return visit.page("prove.html", status=status, then=then, problem=problem)


PAGES = (
    Page("GET", "/prove", Permission.OWN, ask),
    Page("POST", "/prove", Permission.OWN, prove),
)
