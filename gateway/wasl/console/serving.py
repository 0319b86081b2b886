"""From a request to a page: who asks, whether they may, whether a form is ours, and what is answered where something is wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import structlog
from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from wasl.console import cookies
from wasl.console.diagnoses import error_told, refusal_told
from wasl.console.guarding import csrf_of, of_our_own
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.two_people import may_decide
from wasl.console.visit import House, Visit
from wasl.console.words import spoken, words
from wasl.errors import Forbidden, NotFound, Refused, WaslError
from wasl.users import Role, User

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
ReadForm = Callable[[web.Request], Awaitable[list[tuple[str, str]]]]

NOBODY_USER = User(id="", name="nobody", role=Role.VIEWER, keys_off=True, created_at=datetime(1970, 1, 1, tzinfo=UTC))
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types wasl"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer of the console. A page that sets one of them itself keeps its own: a preview is isolated in another way."""

_log = structlog.get_logger("wasl.console")


@dataclass(frozen=True, slots=True)
class Serving:
    """Answers the requests of all pages of a house. `read_form` reads the fields of a POST, patiently and within limits."""

    house: House
    read_form: ReadForm

    def answering(self, page: Page) -> Answering:
        """What answers the requests to one page."""

        async def answered(request: web.Request) -> web.StreamResponse:
            visit = await self._visit(request)
            try:
                response = _nul_in_url(visit) or await self._shown(visit, page)
            except WaslError as error:
                response = _told(visit, error)
            except Exception as error:
                if request.transport is None:  # whoever asked has gone
                    raise
                _log.error("page.failed", exc_info=error)
                response = _broken(visit)
            return _finished(visit, response)

        return answered

    async def _visit(self, request: web.Request) -> Visit:
        token = cookies.session(request) or ""
        signed = await self.house.gateway.signed_in(token) if token else None
        user = signed.user if signed is not None and not signed.half else None
        who = user or NOBODY_USER
        wanted = (who.lang, request.cookies.get(cookies.LANG), self.house.gateway.config.console.lang)
        said = words(spoken(*wanted, accepted=request.headers.get("Accept-Language", "")))
        csrf = csrf_of(token) if user is not None else ""
        flash = cookies.read_flash(request, csrf) if csrf else ""
        return Visit(self.house, request, who, said, signed, token, csrf, flash)

    async def _shown(self, visit: Visit, page: Page) -> web.StreamResponse:
        if page.permission is not Permission.NOBODY:
            if not visit.signed_in:
                return _sign_in(visit)
            if not visit.may(page.permission):
                return _not_allowed(visit, page.permission)
            if not visit.fresh(page.permission):
                return _prove(visit, page)
            visit.waiting = await self._waiting(visit)
        if page.method != "POST":
            return await page.show(visit)
        visit.fields = MultiDictProxy(MultiDict(await self.read_form(visit.request)))
        if not of_our_own(visit, open_to_all=page.permission is Permission.NOBODY):
            raise Forbidden("This form was not sent from a page of the console.", code="csrf")
        if any("\0" in text for field in visit.fields.items() for text in field):  # PostgreSQL keeps none
            return _nul(visit)
        return await self._once(visit, page)

    async def _waiting(self, visit: Visit) -> int:
        """How many acts wait for this user's yes or no."""
        if visit.fragment or not visit.may(Permission.RESEND):
            return 0
        return sum(may_decide(visit.user, act, dev=visit.dev) for act in await self.house.gateway.acts_asked())

    async def _once(self, visit: Visit, page: Page) -> web.StreamResponse:
        """Carry out what a form asks for; where it was sent before, lead to where that led."""
        token = visit.fields.get("once", "")[:64]
        if not token or not visit.signed_in:
            return await page.show(visit)
        gateway = self.house.gateway
        begun = await gateway.begin_form(visit.user, token)
        if not begun.now:
            return _again(visit, begun.location)
        location: str | None = None
        try:
            response = await page.show(visit)
            location = response.headers.get("Location") if response.status == 303 else None
        finally:
            await gateway.end_form(visit.user, token, location)
        return response


def _nul_in_url(visit: Visit) -> web.StreamResponse | None:
    path, _, query = visit.request.raw_path.partition("?")
    return visit.not_found() if "%00" in path else _nul(visit) if "%00" in query else None


def _nul(visit: Visit) -> web.StreamResponse:
    return visit.refused(visit.t("One of the texts holds the character NUL, which no text has."))


def _sign_in(visit: Visit) -> web.StreamResponse:
    if visit.fragment or visit.request.method == "POST" or "text/event-stream" in visit.request.headers.get("Accept", ""):
        return visit.page(
            "notice.html", status=401, heading=visit.t("You are signed out"), lines=[visit.t("Sign in again, and then go on.")]
        )
    ask = "/sign-in/code" if visit.signed is not None else "/sign-in"
    then = _asked(visit)
    return web.Response(status=303, headers={"Location": visit.url(ask, then=then if then not in ("", "/") else None)})


def _asked(visit: Visit) -> str:
    return visit.request.rel_url.raw_path_qs.removeprefix("/console")


def _prove(visit: Visit, page: Page) -> web.StreamResponse:
    """Lead to where a second factor is proved, or enrolled, and back; what a form asked for is not done meanwhile."""
    enrolled, single = visit.signed is not None and visit.signed.enrolled, visit.house.gateway.config.console.oidc
    there = visit.user.single_sign_on and single is not None and single.second_factor
    ask = "/prove" if enrolled else "/oidc/prove" if there else "/profile/factor"
    said = visit.t("This was not done yet: wasl asks for your second factor first. Then send it again.") if page.method == "POST" else ""
    return visit.redirect(f"{ask}?{urlencode({'then': _asked(visit)})}", said)


def _not_allowed(visit: Visit, permission: Permission) -> web.Response:
    lines = [
        visit.t("Your role is {role}, which may not do this.", role=visit.t(visit.role_name)),
        visit.t("Whoever looks after wasl can change it."),
    ]
    response = visit.page("notice.html", status=403, heading=visit.t("Not allowed"), lines=lines)
    response.headers["X-Wasl-Needs"] = permission.value
    return response


def _again(visit: Visit, location: str | None) -> web.Response:
    if location is None:
        said = visit.t("This form was sent before, and it is not known how that ended. Look before you do it again.")
        return visit.refused(said, status=409)
    visit.parting = visit.t("This was done already; it was not done twice.")
    return web.Response(status=303, headers={"Location": location})


def _told(visit: Visit, error: WaslError) -> web.Response:
    """An error as a page."""
    if isinstance(error, NotFound):
        return visit.not_found()
    if error.code == "csrf":
        lines = [visit.t("This form was not sent from a page of the console."), visit.t("Open the page again and send it from there.")]
        return visit.page("notice.html", status=403, heading=visit.t("Not allowed"), lines=lines)
    if isinstance(error, Refused):
        return visit.refused(refusal_told(visit.words, error))
    return visit.page("notice.html", status=error.status, heading=visit.t("This did not work"), lines=error_told(visit.words, error))


def _broken(visit: Visit) -> web.Response:
    lines = [visit.t("wasl could not show this page. Its log has the cause."), visit.t("Try again, and tell whoever looks after wasl.")]
    return visit.page("notice.html", status=500, heading=visit.t("Something broke"), lines=lines)


def _finished(visit: Visit, response: web.StreamResponse) -> web.StreamResponse:
    if response.prepared:
        return response
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if isinstance(response, web.Response) and response.content_type == "text/html":
        response.headers.setdefault("Vary", "Accept-Language, Cookie, HX-Request")
    if visit.csrf and visit.parting:
        cookies.set_flash(visit.request, response, visit.csrf, visit.parting)
    elif visit.flash and response.content_type == "text/html" and not visit.fragment:
        cookies.drop_flash(visit.request, response)
    return response
