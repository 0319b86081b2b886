"""One person: whether they can be reached, what they agreed to, and everything that happened to them over all channels."""

from typing import Literal

from aiohttp import web
from babel import Locale, UnknownLocaleError

from wasl.api import Gateway
from wasl.console.consent_grid import CATEGORIES, RULES, SOURCES, SPOKEN, grid, topic_title
from wasl.console.days import days
from wasl.console.page import Page
from wasl.console.paths import person_path
from wasl.console.permissions import Permission
from wasl.console.persons import Person, persons
from wasl.console.reachability import Reach, channels_for, reaches
from wasl.console.telling import channel_told
from wasl.console.times import Times
from wasl.console.visit import Visit
from wasl.errors import Refused
from wasl.person_life import AddressSeen, LifeFilter, LifeMessage, PersonLife
from wasl.problems import validated

Clocks = Literal["theirs", "utc"] | None
Link = tuple[str, str, bool]
"""A path below /console, a label, and whether it is this one."""


async def shown(visit: Visit) -> web.StreamResponse:
    """The page; where brands of the user's know several people by this id, those to choose from."""
    found = await persons(visit)
    if len(found) > 1:
        return visit.page("people/choose.html", people=found, person_path=person_path)
    person = found[0]
    try:
        wanted = validated(LifeFilter, {"channel": visit.query.get("channel") or None, "problems": visit.query.get("only") == "problems"})
        life = await person.gateway.life(person.seen.id, wanted, cursor=visit.query.get("cursor") or None)
    except Refused:
        return visit.refused(visit.t("A filter of this list is wrong; begin anew."))
    return await _page(visit, person, wanted, life)


async def _page(visit: Visit, person: Person, wanted: LifeFilter, life: PersonLife) -> web.Response:
    gateway, seen = person
    theirs = Times(visit.words.locale, seen.timezone or gateway.config.timezone, visit.times.now)
    if _clocks(visit) == "theirs":
        visit.times = theirs
    channels = channels_for(gateway.provider_specs, gateway.config.channels, seen.audience)
    links = _Links(visit, person, wanted)

    def stopping(address: AddressSeen) -> str:
        return visit.url(person_path(seen.id, seen.brand, "stop", {"address": address.id}))

    return visit.page(
        "people/person.html",
        seen=seen,
        theirs=theirs,
        language=language_name(visit, seen.locale),
        filters=links.filters(channels),
        clocks=links.clocks(),
        older=visit.url(links.with_(cursor=life.next_cursor)) if life.next_cursor else None,
        newest=visit.url(links.with_()) if visit.query.get("cursor") else None,
        everything=person_path(seen.id, seen.brand),
        filtered=wanted != LifeFilter(),
        names=[visit.t(channel_told(one).name) for one in channels],
        reaches=await reached(person, channels),
        blocks=grid(seen.consent, gateway.config, channels, visit.lang) if seen.consent is not None else (),
        history=visit.url("/consents", person=seen.id, brand=seen.brand),
        sources=SOURCES,
        rules=RULES,
        spoken=SPOKEN,
        categories=CATEGORIES,
        naming=Naming(visit, gateway),
        life=life,
        days=days(life.data, visit.times),
        part=lambda name: visit.url(person_path(seen.id, seen.brand, name)),
        stopping=stopping,
    )


async def reached(person: Person, channels: tuple[str, ...]) -> tuple[Reach, ...]:
    """How the person can be reached on these channels now."""
    return reaches(person.seen, channels, (await person.gateway.providers()).data)


class Naming:
    """How messages and topics are called in the language of a page."""

    def __init__(self, visit: Visit, gateway: Gateway) -> None:
        self._visit = visit
        self._config = gateway.config

    def topic(self, name: str) -> str:
        """The title of a topic."""
        return topic_title(self._config, name, self._visit.lang)

    def message(self, one: LifeMessage) -> str:
        """A message by its template, else by its topic."""
        if one.template is None and one.topic == "default":
            return self._visit.t("Message")
        return one.template or self.topic(one.topic)


def language_name(visit: Visit, locale: str | None) -> str:
    """A person's language in the language of the page; as it is written where nobody knows it."""
    if locale is None:
        return ""
    try:
        return Locale.parse(locale.replace("_", "-"), sep="-").get_display_name(visit.words.locale) or locale
    except (UnknownLocaleError, ValueError):
        return locale


class _Links:
    """The same page with another filter, or by other clocks."""

    def __init__(self, visit: Visit, person: Person, wanted: LifeFilter) -> None:
        self._visit = visit
        self._seen = person.seen
        self._wanted = wanted
        self._now: dict[str, str | None] = {
            "channel": wanted.channel,
            "only": "problems" if wanted.problems else None,
            "zone": _clocks(visit),
        }

    def with_(self, **query: str | None) -> str:
        return person_path(self._seen.id, self._seen.brand, "", {**self._now, **query})

    def filters(self, channels: tuple[str, ...]) -> list[Link]:
        visit, wanted = self._visit, self._wanted
        told = [(self.with_(channel=None), visit.t("All channels"), wanted.channel is None)]
        told += [(self.with_(channel=one), visit.t(channel_told(one).name), wanted.channel == one) for one in channels]
        return [*told, (self.with_(only=None if wanted.problems else "problems"), visit.t("Problems only"), wanted.problems)]

    def clocks(self) -> list[Link]:
        visit, now = self._visit, self._now["zone"]
        named = ((None, visit.t("Your time")), ("theirs", visit.t("Their time")), ("utc", visit.t("UTC")))
        return [(self.with_(zone=zone), label, now == zone) for zone, label in named]


def _clocks(visit: Visit) -> Clocks:
    """Whose clocks tell the moments, where they are not the viewer's."""
    asked = visit.query.get("zone", "").lower()
    return "theirs" if asked == "theirs" else "utc" if asked == "utc" else None


PAGES = (Page("GET", "/people/{id}", Permission.SEE, shown),)
