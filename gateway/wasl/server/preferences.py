"""/u/{token}: what a recipient gets, in their language and without a login, and one-click unsubscribing (RFC 8058).

The token in the path is the credential: there is no cookie that another site could use, so nothing else guards the form. Looking
changes nothing, because mail scanners follow every link; only a POST does. A token that names nobody gets the same answer as one that
was used.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.brands.brand import in_locale
from wasl.preferences import Chosen, Evidence, Pair, PreferenceLink, Preferences, PreferenceScope
from wasl.problems import validated
from wasl.server.bodies import read_json
from wasl.server.callers import PerMinute, caller, network
from wasl.server.forms import Fields, read_form
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.pages import Words, page, words

_LARGEST_FORM = 64 * 1024
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
        return _done(gateway, request)
    request.app[LIMITS].people.count(found.recipient)
    return _page(gateway, request, found)


async def change(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """What a mail program's one click, or the page's own form, asks for."""
    found = await _known(gateway, request)
    if found is None:
        return _done(gateway, request)
    fields = await read_form(request, _LARGEST_FORM, gateway.config.server.body_timeout)
    said, token = _words(gateway, request, found), request.match_info["token"]
    evidence = Evidence(said.locale, said.version, caller(request, gateway.config.server.proxies))
    if _ONE_CLICK in [(name.lower(), value.strip().lower()) for name, value in fields]:
        await gateway.unsubscribe(token, evidence=evidence)
        return _done(gateway, request, found)
    request.app[LIMITS].people.count(found.recipient)
    if ("everything", "off") in fields:
        await gateway.unsubscribe(token, everything=True, evidence=evidence)
    elif chosen := _chosen(fields, {way.pair: way.wording for topic in _topics(gateway, found, said) for way in topic.ways}):
        await gateway.choose(token, chosen, evidence)
    else:
        return _page(gateway, request, found)
    now = await gateway.preferences(token)
    return _done(gateway, request) if now is None else _page(gateway, request, now, saved=True)


async def _known(gateway: Gateway, request: web.Request) -> Preferences | None:
    found = await gateway.preferences(request.match_info["token"])
    if found is None:
        request.app[LIMITS].guesses.count(network(caller(request, gateway.config.server.proxies)))
    return found


def _chosen(fields: Fields, offered: Mapping[Pair, str]) -> Chosen | None:
    """Of what the form showed, what is on; None where it showed nothing that is offered."""
    told = [(name, (topic, channel)) for name, value in fields for topic, _, channel in [value.partition("|")]]
    shown = {pair: offered[pair] for name, pair in told if name == "shown" and pair in offered}
    return Chosen(shown, {pair for name, pair in told if name == "on"}) if shown else None


class _Way(NamedTuple):
    """A checkbox: a topic on a channel. `fixed` ones cannot be changed here."""

    pair: Pair
    label: str
    wording: str
    addresses: Sequence[str]
    on: bool
    fixed: bool
    stopped: bool

    @property
    def name(self) -> str:
        return "|".join(self.pair)


class _Topic(NamedTuple):
    title: str
    required: bool
    ways: Sequence[_Way]


def _page(gateway: Gateway, request: web.Request, found: Preferences, *, saved: bool = False) -> web.Response:
    said = _words(gateway, request, found)
    topics = _topics(gateway, found, said)
    one_click = None if saved or not _still_on(found) else _one_click(gateway, found, said)
    return page("preferences.html", said, topics=topics, one_click=one_click, saved=saved, brand=in_locale(found.titles, said.locale))


def _done(gateway: Gateway, request: web.Request, found: Preferences | None = None) -> web.Response:
    said = _words(gateway, request, found)
    title = in_locale(found.titles, said.locale) if found is not None else ""
    return page("notice.html", said, heading=said.text["done_title"], lines=[said.text["done"], said.text["done_more"]], brand=title)


def _words(gateway: Gateway, request: web.Request, found: Preferences | None) -> Words:
    accepted = request.headers.get("Accept-Language", "")
    return words(found.locale if found is not None else None, accepted=f"{accepted},{gateway.config.locale};q=0.001")


def _topics(gateway: Gateway, found: Preferences, said: Words) -> list[_Topic]:
    topics = []
    for name, about in sorted(gateway.config.topics.items(), key=lambda one: one[0] == "default"):  # in the order of wasl.toml, it last
        title = _title(gateway, name, said)
        if ways := list(_ways(found, said, name, title)):
            topics.append(_Topic(title, about.rules.consent == "required", ways))
    return topics


def _ways(found: Preferences, said: Words, topic: str, title: str) -> Iterator[_Way]:
    for held in found.consent.effective:
        if held.topic == topic and held.channel in found.addresses:
            label, stopped = said.channel(held.channel), held.channel in found.stopped
            yield _Way(
                pair=(topic, held.channel),
                label=label,
                wording=f"{said.text['intro']} {title}: {label}",
                addresses=found.addresses[held.channel],
                on=held.allowed and not stopped,
                fixed=stopped or held.rule == "required",
                stopped=stopped,
            )


def _title(gateway: Gateway, topic: str, said: Words) -> str:
    """The topic's title in the page's language, else in the brand's, else any; else its name."""
    titles = gateway.config.topics[topic].title if topic in gateway.config.topics else {}
    for locale in (said.locale, gateway.config.locale, gateway.config.locale[:2], *titles):
        if title := next((text for tag, text in titles.items() if tag.replace("_", "-").lower().startswith(locale.lower())), None):
            return title
    return said.text["other"] if topic == "default" else topic.replace("_", " ").replace("-", " ")


def _still_on(found: Preferences) -> bool:
    """Whether one click would stop anything."""
    return any(
        held.allowed and held.rule != "required" and found.topic in (None, held.topic) and found.channel in (None, held.channel)
        for held in found.consent.effective
    )


def _one_click(gateway: Gateway, found: Preferences, said: Words) -> str:
    """What the button says that does the same as one click in a mail program."""
    topic = _title(gateway, found.topic, said) if found.topic is not None else ""
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
