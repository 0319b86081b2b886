"""Single sign-on: to the identity provider and back, proving oneself there anew, and signing out there too."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from wasl.callers import TooMany
from wasl.config.sign_on import SignOnSection
from wasl.console import cookies
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.screens.home import local
from wasl.console.screens.sign_in import TOO_MANY, signed_in
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import NotFound
from wasl.oidc import LASTS, Because, NotSignedOn
from wasl.users import User

_FROM_ELSEWHERE = ("cross-site", "same-site")
_LOOK: Final = msgid("Whoever looks after wasl finds the cause in its log, and by wasl doctor.")
_AGAIN: Final = msgid("Begin again.")
WHY: Final[Mapping[Because, tuple[str, str]]] = {
    Because.NOT_BEGUN: (
        msgid("This sign-in was not begun in this browser, was begun more than ten minutes ago, or is over already."),
        _AGAIN,
    ),
    Because.DECLINED: (msgid("{name} did not let you in, or you turned back there."), _AGAIN),
    Because.NO_ANSWER: (msgid("{name} does not answer, or not as it should. Try again in a minute."), _LOOK),
    Because.NOT_TAKEN: (msgid("{name} does not accept what wasl asks of it."), _LOOK),
    Because.NOT_PROVED: (msgid("What {name} says of you cannot be believed, so nobody was signed in."), _LOOK),
    Because.NO_ROLE: (
        msgid("{name} knows you, but none of your groups there has a role here."),
        msgid("Ask whoever looks after wasl for one. Groups have their roles under [console.oidc] in wasl.toml."),
    ),
    Because.NO_BRAND: (
        msgid("{name} knows you, but none of your groups there sees a brand here."),
        msgid("Ask whoever looks after wasl for one. Groups have their brands under [console.oidc] in wasl.toml."),
    ),
    Because.SOMEBODY_ELSE: (
        msgid("You proved to be somebody else than the user who is signed in here."),
        msgid("Sign out of both, then sign in as the one who you want to be."),
    ),
    Because.NOT_FRESH: (
        msgid("{name} does not say that you proved yourself with a second factor in the last ten minutes."),
        msgid("Sign in there with your second factor. If you did, whoever looks after wasl finds the cause in its log."),
    ),
}
"""For each way in which it can come to nothing: what happened, and what to do."""


async def start(visit: Visit) -> web.StreamResponse:
    """Off to the identity provider. Pages of others cannot send anybody there: they get the sign-in page."""
    _provider(visit)
    then, proving = local(visit.query.get("then", "") or "/"), _proving(visit)
    if visit.request.headers.get("Sec-Fetch-Site") in _FROM_ELSEWHERE:
        return visit.redirect(visit.url("/sign-in", then=then).removeprefix("/console"))
    if visit.signed_in and proving is None:
        return visit.redirect(then)
    try:
        departure = await visit.house.gateway.begin_sign_on(then, proving)
    except NotSignedOn as fact:
        return _failed(visit, fact)
    response = web.Response(status=303, headers={"Location": departure.url})
    cookies.set_journey(visit.request, response, departure.cookie, int(LASTS.total_seconds()))
    return response


async def back(visit: Visit) -> web.StreamResponse:
    """A session for whoever came back as they left, and on to where they wanted to go."""
    provider, asked = _provider(visit), visit.query
    answered = {name: asked.getall(name) for name in asked}
    try:
        visit.count_try(asked.get("state", "")[:64])
        arrival = await visit.house.gateway.finish_sign_on(cookies.journey(visit.request), answered, visit.token if visit.signed else "")
    except TooMany:
        return _page(visit, provider, [visit.t(TOO_MANY)], 429)
    except NotSignedOn as fact:
        response = _failed(visit, fact)
        if fact.because is not Because.NOT_BEGUN:  # an answer that belongs to nothing does not end what another tab has begun
            cookies.drop_journey(visit.request, response)
        return response
    response = signed_in(visit, arrival.session, local(arrival.then))
    cookies.drop_journey(visit.request, response)
    return response


async def prove(visit: Visit) -> web.StreamResponse:
    """Why they are sent there once more, and the way."""
    return visit.page("single_sign_on/prove.html", then=local(visit.query.get("then", "") or "/"), provider=_provider(visit))


async def out(visit: Visit) -> web.StreamResponse:
    """To where the session at the provider ends. The one here is over already."""
    provider = _provider(visit)
    try:
        url = await visit.house.gateway.sign_out_there()
    except NotSignedOn as fact:
        return _failed(visit, fact)
    if url is None:
        return visit.refused(visit.t("{name} has no page to sign out. Close the browser, or sign out there.", name=provider.title), 404)
    return web.Response(status=303, headers={"Location": url})


def _provider(visit: Visit) -> SignOnSection:
    told = visit.house.gateway.config.console.oidc
    if told is None:
        raise NotFound("There is no single sign-on here.")
    return told


def _proving(visit: Visit) -> User | None:
    return visit.user if visit.signed_in and "prove" in visit.query else None


def _failed(visit: Visit, fact: NotSignedOn) -> web.Response:
    provider = _provider(visit)
    lines = [visit.t(sentence, name=provider.title) for sentence in WHY[fact.because]]
    return _page(visit, provider, lines, fact.status)


def _page(visit: Visit, provider: SignOnSection, lines: list[str], status: int) -> web.Response:
    return visit.page("single_sign_on/failed.html", status=status, provider=provider, lines=lines)


PAGES = (
    Page("GET", "/oidc/start", Permission.NOBODY, start),
    Page("GET", "/oidc/back", Permission.NOBODY, back),
    Page("GET", "/oidc/out", Permission.NOBODY, out),
    Page("GET", "/oidc/prove", Permission.OWN, prove),
)
