"""Signing in and out."""

from aiohttp import web

from wasl.callers import TooMany
from wasl.console import cookies
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.screens.home import local
from wasl.console.visit import Visit
from wasl.users import Session


async def ask(visit: Visit) -> web.StreamResponse:
    """The form."""
    if visit.signed_in:
        return visit.redirect("/")
    return await _form(visit, visit.query.get("then", ""))


async def sign_in(visit: Visit) -> web.StreamResponse:
    """A session, a cookie, and on to where they wanted to go."""
    fields = await visit.form()
    name, then = fields.get("name", "")[:64], local(fields.get("then", "") or "/")
    try:
        visit.count_try(name)
    except TooMany:
        return await _form(visit, then, name, visit.t("There were too many tries. Wait a minute, then try again."), 429)
    session = await visit.house.gateway.sign_in(name, fields.get("password", ""))
    if session is None:
        return await _form(visit, then, name, visit.t("The name or the password is not right."), 401)
    return signed_in(visit, session, then)


async def sign_out(visit: Visit) -> web.StreamResponse:
    """The session ends, on the server too."""
    await visit.house.gateway.sign_out(Session(cookies.session(visit.request) or "", visit.user))
    response = visit.redirect("/sign-in")
    cookies.drop_session(visit.request, response)
    return response


def signed_in(visit: Visit, session: Session, then: str = "/") -> web.Response:
    """The answer that makes this browser theirs."""
    response = visit.redirect(then)
    cookies.set_session(visit.request, response, session.token)
    return response


async def _form(visit: Visit, then: str, name: str = "", problem: str = "", status: int = 200) -> web.Response:
    gateway = visit.house.gateway
    insecure = not cookies.on_loopback(visit.request) and not _over_https(visit)
    anybody = await gateway.has_user()
    return visit.page("sign_in.html", status=status, then=then, name=name, problem=problem, insecure=insecure, anybody=anybody)


def _over_https(visit: Visit) -> bool:
    public = visit.house.gateway.config.server.public_url or ""
    return visit.request.secure or public.startswith("https://")


PAGES = (
    Page("GET", "/sign-in", Permission.NOBODY, ask),
    Page("POST", "/sign-in", Permission.NOBODY, sign_in),
    Page("POST", "/sign-out", Permission.OWN, sign_out),
)
