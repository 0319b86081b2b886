"""The second factor in the profile: enrolling it by a QR code, its recovery codes, and removing it."""

from io import BytesIO

import segno
from aiohttp import web
from markupsafe import Markup

from wasl.callers import TooMany
from wasl.console.page import Page
from wasl.console.permissions import FRESH_FOR, Permission
from wasl.console.screens.home import local
from wasl.console.screens.sign_in import TOO_MANY, WRONG_CODE
from wasl.console.visit import Visit
from wasl.errors import Conflict


async def show(visit: Visit) -> web.StreamResponse:
    """How it stands: none yet, one to be confirmed, or one that holds."""
    return await _page(visit, local(visit.query.get("then", "")))


async def begin(visit: Visit) -> web.StreamResponse:
    """A new secret, for whoever proves that they are who is signed in: an open browser is not enough."""
    fields = await visit.form()
    then = local(fields.get("then", ""))
    if problem := await _stranger(visit, fields.get("password", "")):
        return await _page(visit, then, password=problem)
    try:
        await visit.house.gateway.begin_factor(visit.user)
    except Conflict:
        return await _page(visit, then)
    return visit.redirect(visit.url("/profile/factor", then=then).removeprefix("/console"))


async def confirm(visit: Visit) -> web.StreamResponse:
    """It holds from now on, and its recovery codes are shown: once."""
    fields = await visit.form()
    then = local(fields.get("then", ""))
    if problem := _too_many(visit):
        return await _page(visit, then, confirm=problem)
    codes = await visit.house.gateway.confirm_factor(visit.session, fields.get("code", ""))
    if codes is None:
        return await _page(visit, then, confirm=visit.t("This code is not right. Is the time of your phone set by itself?"))
    return visit.page("factor/codes.html", codes=codes, then=then, enrolled=True)


async def renew(visit: Visit) -> web.StreamResponse:
    """Ten new recovery codes in place of the old ones."""
    if problem := _too_many(visit):
        return await _page(visit, "/", renew=problem)
    codes = await visit.house.gateway.renew_recovery_codes(visit.user, (await visit.form()).get("renewing", ""))
    if codes is None:
        return await _page(visit, "/", renew=visit.t(WRONG_CODE))
    return visit.page("factor/codes.html", codes=codes, then="/", enrolled=False)


async def remove(visit: Visit) -> web.StreamResponse:
    """From now on the password alone signs them in."""
    if problem := _too_many(visit):
        return await _page(visit, "/", remove=problem)
    if not await visit.house.gateway.remove_factor(visit.user, (await visit.form()).get("removing", "")):
        return await _page(visit, "/", remove=visit.t(WRONG_CODE))
    return visit.redirect("/profile", visit.t("You have no second factor any more."))


def qr_code(address: str) -> Markup:
    """An otpauth: address as an SVG element, black on white in every theme, with no style that the console's rules forbid."""
    drawn = BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(
        drawn, kind="svg", xmldecl=False, svgns=False, nl=False, omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff"
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - what segno drew holds nothing that anybody wrote


async def _page(visit: Visit, then: str, **problems: str) -> web.Response:
    gateway = visit.house.gateway
    factor, enrolment = await gateway.second_factor(visit.user), await gateway.enrolment(visit.user)
    return visit.page(
        "factor/show.html", status=422 if problems else 200, factor=factor, enrolment=enrolment, then=then, problems=problems,
        qr=qr_code(enrolment.address) if enrolment is not None else "",
    )  # fmt: skip


async def _stranger(visit: Visit, password: str) -> str:
    """What is missing from whoever begins; empty where nothing is. Whom a single sign-on knows has no password, and signed in just now."""
    if visit.user.single_sign_on:
        lately = visit.signed is not None and visit.house.gateway.now() - visit.signed.since < FRESH_FOR
        return "" if lately else visit.t("Sign out, sign in again, and then come back here.")
    visit.count_try()
    known = await visit.house.gateway.knows_password(visit.user, password)
    return "" if known else visit.t("This is not your present password.")


def _too_many(visit: Visit) -> str:
    try:
        visit.count_code()
    except TooMany:
        return visit.t(TOO_MANY)
    return ""


PAGES = (
    Page("GET", "/profile/factor", Permission.OWN, show),
    Page("POST", "/profile/factor", Permission.OWN, begin),
    Page("POST", "/profile/factor/confirm", Permission.OWN, confirm),
    Page("POST", "/profile/factor/codes", Permission.OWN, renew),
    Page("POST", "/profile/factor/remove", Permission.OWN, remove),
)
