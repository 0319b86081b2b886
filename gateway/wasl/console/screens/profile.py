"""What everybody sets for themselves: language, time zone, single keys, password."""

from functools import cache
from zoneinfo import available_timezones

from aiohttp import web
from babel import Locale

from wasl.console import cookies
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.screens.sign_in import signed_in
from wasl.console.visit import Visit
from wasl.console.words import languages, words
from wasl.errors import Refused
from wasl.users import LEAST_PASSWORD


async def show(visit: Visit) -> web.StreamResponse:
    """The forms."""
    return _page(visit)


async def save(visit: Visit) -> web.StreamResponse:
    """Language, zone and keys."""
    fields = await visit.form()
    zone, lang = fields.get("zone", "").strip(), fields.get("lang", "")
    told = visit.user.model_copy(
        update={"lang": lang if lang in languages() else None, "zone": zone or None, "keys_off": "keys" not in fields}
    )
    try:
        user = await visit.house.gateway.set_own(told)
    except Refused:
        return _page(visit, zone=zone, zone_error=visit.t("This is not a time zone; write it like Asia/Riyadh."))
    visit.words = words(user.lang) if user.lang is not None else visit.words
    response = visit.redirect("/profile", visit.t("Your settings are saved."))
    if user.lang is not None:
        cookies.set_choice(response, cookies.LANG, user.lang)
    return response


async def change_password(visit: Visit) -> web.StreamResponse:
    """Another password, for whoever knows the present one; every other session ends."""
    fields = await visit.form()
    gateway, before = visit.house.gateway.by(visit.actor), fields.get("before", "")
    visit.count_try()
    if not await gateway.knows_password(visit.user, before):
        return _page(visit, password_error=visit.t("This is not your present password."))
    try:
        await gateway.set_password(visit.user.name, fields.get("password", ""))
    except Refused:
        told = visit.t("The new password needs at least {least} characters; a few words are easier to remember.", least=LEAST_PASSWORD)
        return _page(visit, new_error=told)
    session = await gateway.open_session(visit.user, proved_at=visit.signed.proved_at if visit.signed is not None else None)
    visit.parting = visit.t("Your password is changed, and you are signed out everywhere else.")
    return signed_in(visit, session, "/profile")


def _page(visit: Visit, *, zone: str | None = None, **errors: str) -> web.Response:
    named = [(tag, _named(tag)) for tag in languages()]
    told = {"zone_error": "", "password_error": "", "new_error": "", **errors}
    shown = visit.user.zone or "" if zone is None else zone
    status, single = 422 if errors else 200, visit.house.gateway.config.console.oidc
    return visit.page("profile.html", status=status, languages=named, zones=zones(), zone=shown, single=single, **told)


def _named(tag: str) -> str:
    """A language in its own words."""
    return str(Locale.parse(tag).get_display_name(tag)).capitalize()


@cache
def zones() -> tuple[str, ...]:
    """The zones that a browser suggests: those that are named by a place."""
    return tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))))


PAGES = (
    Page("GET", "/profile", Permission.OWN, show),
    Page("POST", "/profile", Permission.OWN, save),
    Page("POST", "/profile/password", Permission.OWN, change_password),
)
