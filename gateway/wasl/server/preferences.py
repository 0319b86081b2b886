"""/u/{token}: what a recipient gets, in their language and without a login, and one-click unsubscribing (RFC 8058).

The token in the path is the credential: there is no cookie that another site could use, so nothing else guards the form. Looking
changes nothing, because mail scanners follow every link; only a POST does. A token that names nobody gets the same answer to a POST as one
that was used; whoever looks by it is told that it does not work, and not why.
"""

import re
from typing import NamedTuple

from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.brands.brand import in_locale
from wasl.callers import PerMinute, caller, network
from wasl.preferences import Chosen, Evidence, PreferenceLink, Preferences, PreferenceScope
from wasl.problems import validated
from wasl.server.bodies import read_json
from wasl.server.forms import Fields, read_form
from wasl.server.offered import Offer
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.pages import Words, page, words
from wasl.server.problems import TooLarge

_LARGEST_FORM = 256 * 1024
_PAGE = re.compile("[0-9]{1,6}")
_ONE_CLICK = ("list-unsubscribe", "one-click")


class Limits(NamedTuple):
    """Who asks too often: whoever looks at a recipient's page or fills it in, by recipient; and whoever tries tokens, by address.

    One click is not counted, and writes nothing twice: a large mail service calls from a few addresses, and no opt-out may be refused.
    """

    people: PerMinute
    guesses: PerMinute


LIMITS = web.AppKey("preference_limits", Limits)


def limits() -> Limits:
    """Fresh counts, for one application."""
    return Limits(PerMinute(20), PerMinute(20))


async def show(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """Their page."""
    found = await _known(gateway, request)
    if found is None:
        return _notice(gateway, request, "bad_link", "bad_link_more", "done_more")
    request.app[LIMITS].people.count(found.recipient)
    return _page(gateway, request, found, number=_number(request))


async def change(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """What a mail program's one click, or the page's own form, asks for."""
    found = await _known(gateway, request)
    if found is None:
        return _done(gateway, request)
    try:
        fields = await read_form(request, _LARGEST_FORM, gateway.config.server.body_timeout)
    except TooLarge as error:
        return _notice(gateway, request, "unsaved", "unsaved_more", found=found, status=error.status)
    said, token = _words(gateway, request, found), request.match_info["token"]
    evidence = Evidence(said.locale, said.version, caller(request, gateway.config.server.proxies))
    if _ONE_CLICK in [(name.lower(), value.strip().lower()) for name, value in fields]:
        await gateway.unsubscribe(token, evidence=evidence)
        return _done(gateway, request, found)
    request.app[LIMITS].people.count(found.recipient)
    if ("everything", "off") in fields:
        await gateway.unsubscribe(token, everything=True, evidence=evidence)
    elif chosen := _chosen(fields, Offer(gateway.config, found, said)):
        await gateway.choose(token, chosen, evidence)
    else:
        return _page(gateway, request, found, banner="unsaved")
    now = await gateway.preferences(token)
    return _done(gateway, request) if now is None else _page(gateway, request, now, banner="saved")


async def _known(gateway: Gateway, request: web.Request) -> Preferences | None:
    found = await gateway.preferences(request.match_info["token"])
    if found is None:
        request.app[LIMITS].guesses.count(network(caller(request, gateway.config.server.proxies)))
    return found


def _chosen(fields: Fields, offer: Offer) -> Chosen | None:
    """Of what the form showed, what is on; None where it showed nothing that is offered."""
    told = [(name, (topic, channel)) for name, value in fields for topic, _, channel in [value.partition("|")]]
    shown = offer.wordings([pair for name, pair in told if name == "shown"])
    return Chosen(shown, {pair for name, pair in told if name == "on"}) if shown else None


def _page(gateway: Gateway, request: web.Request, found: Preferences, *, banner: str | None = None, number: int = 1) -> web.Response:
    said = _words(gateway, request, found)
    offer = Offer(gateway.config, found, said)
    pages = offer.pages()
    number = min(number, len(pages))
    return page(
        "preferences.html",
        said,
        topics=offer.topics(pages[number - 1]),
        one_click=None if banner == "saved" or not _still_on(found) else _one_click(offer, found, said),
        banner=banner,
        number=number,
        pages=len(pages),
        brand=in_locale(found.titles, said.locale),
    )


def _number(request: web.Request) -> int:
    """Which page of many topics; what is no number is the first."""
    told = request.query.get("page", "")
    return max(1, int(told)) if _PAGE.fullmatch(told) else 1


def _done(gateway: Gateway, request: web.Request, found: Preferences | None = None) -> web.Response:
    return _notice(gateway, request, "done_title", "done", "done_more", found=found)


def _notice(gateway: Gateway, request: web.Request, *names: str, found: Preferences | None = None, status: int = 200) -> web.Response:
    """A page of words alone, a heading and lines, by their names."""
    said = _words(gateway, request, found)
    title = in_locale(found.titles, said.locale) if found is not None else ""
    heading, *lines = (said.text[name] for name in names)
    told = page("notice.html", said, heading=heading, lines=lines, brand=title)
    told.set_status(status)
    return told


def _words(gateway: Gateway, request: web.Request, found: Preferences | None) -> Words:
    accepted = request.headers.get("Accept-Language", "")
    return words(found.locale if found is not None else None, accepted=f"{accepted},{gateway.config.locale};q=0.001")


def _still_on(found: Preferences) -> bool:
    """Whether one click would stop anything."""
    return any(
        held.allowed and held.rule != "required" and found.topic in (None, held.topic) and found.channel in (None, held.channel)
        for held in found.consent.effective
    )


def _one_click(offer: Offer, found: Preferences, said: Words) -> str:
    """What the button says that does the same as one click in a mail program."""
    topic = offer.title(found.topic) if found.topic is not None else ""
    channel = said.channel(found.channel) if found.channel is not None else ""
    name = {(True, True): "stop_one", (True, False): "stop_topic", (False, True): "stop_channel", (False, False): "stop_all"}
    return said.text[name[found.topic is not None, found.channel is not None]].format(topic=topic, channel=channel)


async def link(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The link to their page."""
    told = validated(PreferenceScope, await read_json(request, gateway.config.server.body_timeout))
    return answer(PreferenceLink(url=gateway.preference_url(request.match_info["id"], topic=told.topic, channel=told.channel)))


_TOKEN = Parameter("token", "path", {"type": "string", "minLength": 1}, "What the link names: a recipient, and what one click stops.")

OPERATIONS = (
    Operation(
        method="GET",
        path="/u/{token}",
        name="showPreferences",
        summary="The page on which a recipient sees and chooses what they get. Looking changes nothing.",
        run=show,
        scope=None,
        answers={},
        page=True,
        parameters=(_TOKEN,),
        problems=(429, 503),
    ),
    Operation(
        method="POST",
        path="/u/{token}",
        name="changePreferences",
        summary="One-click unsubscribe (RFC 8058: the form List-Unsubscribe=One-Click), or the form of the page.",
        run=change,
        scope=None,
        answers={},
        page=True,
        parameters=(_TOKEN,),
        problems=(408, 413, 429, 503, 507),
    ),
    Operation(
        method="POST",
        path="/v1/recipients/{id}/preference-url",
        name="makePreferenceUrl",
        summary="The link to a recipient's preference page, for a message to them; whoever has it can choose for them.",
        run=link,
        scope="send",
        takes=PreferenceScope,
        answers={200: PreferenceLink},
        parameters=(Parameter("id", "path", {"type": "string", "minLength": 1, "maxLength": 255}, "Your own id of the recipient."),),
        problems=(408, 409, 413, 415, 422),
    ),
)
