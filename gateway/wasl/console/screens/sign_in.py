"""Signing in and out."""

from aiohttp import web

from wasl.callers import TooMany
from wasl.console import cookies
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.screens.home import local
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.users import Session

TOO_MANY = msgid("There were too many tries. Wait a minute, then try again.")
WRONG_CODE = msgid("This code is not right, or it was used already. Wait for the next one.")


async def ask(visit: Visit) -> web.StreamResponse:
    """The form."""
    if visit.signed_in:
        return visit.redirect("/")
    return await _form(visit, visit.query.get("then", ""))


async def sign_in(visit: Visit) -> web.StreamResponse:
    """A session, a cookie, and on to where they wanted to go."""
    fields, single = await visit.form(), visit.house.gateway.config.console.oidc
    name, then = fields.get("name", "")[:64], local(fields.get("then", "") or "/")
    if single is not None and single.only:
        return await _form(visit, then, problem=visit.t("Passwords sign nobody in here."), status=403)
    try:
        visit.count_try(name)
    except TooMany:
        return await _form(visit, then, name, visit.t(TOO_MANY), 429)
    session = await visit.house.gateway.sign_in(name, fields.get("password", ""))
    if session is None:
        return await _form(visit, then, name, visit.t("The name or the password is not right."), 401)
    return signed_in(visit, session, then)


async def ask_code(visit: Visit) -> web.StreamResponse:
    """The form for a code of the second factor, for whoever gave their password just now."""
    if visit.signed is None or not visit.signed.half:
        return visit.redirect("/sign-in")
    return _code_form(visit, visit.query.get("then", ""))


async def give_code(visit: Visit) -> web.StreamResponse:
    """The rest of signing in: a session that is whole, under another cookie."""
    if visit.signed is None or not visit.signed.half:
        return visit.redirect("/sign-in")
    fields = await visit.form()
    then = local(fields.get("then", "") or "/")
    try:
        visit.count_code()
    except TooMany:
        return _code_form(visit, then, visit.t(TOO_MANY), 429)
    session = await visit.house.gateway.finish_sign_in(visit.session, fields.get("code", ""))
    if session is None:
        return _code_form(visit, then, visit.t(WRONG_CODE), 401)
    return signed_in(visit, session, then)


async def sign_out(visit: Visit) -> web.StreamResponse:
    """The session ends, on the server too."""
    await visit.house.gateway.sign_out(Session(cookies.session(visit.request) or "", visit.user))
    response = visit.redirect("/sign-in?left=1" if visit.user.single_sign_on else "/sign-in")
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
    single, anybody = gateway.config.console.oidc, await gateway.has_user()
    leave = "left" in visit.query and gateway.may_sign_out_there
    told = {"insecure": insecure, "anybody": anybody, "single": single, "leave": leave}
    return visit.page("sign_in.html", status=status, then=then, name=name, problem=problem, **told)


def _code_form(visit: Visit, then: str, problem: str = "", status: int = 200) -> web.Response:
    return visit.page("sign_in_code.html", status=status, then=then, name=visit.session.user.name, problem=problem)


def _over_https(visit: Visit) -> bool:
    public = visit.house.gateway.config.server.public_url or ""
    return visit.request.secure or public.startswith("https://")


PAGES = (
    Page("GET", "/sign-in", Permission.NOBODY, ask),
    Page("POST", "/sign-in", Permission.NOBODY, sign_in),
    Page("GET", "/sign-in/code", Permission.NOBODY, ask_code),
    Page("POST", "/sign-in/code", Permission.NOBODY, give_code),
    Page("POST", "/sign-out", Permission.OWN, sign_out),
)
