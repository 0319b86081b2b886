"""Copy for ticket: what was sent and how it went, for the customer in their language, and for staff with ids."""

from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp import web
from babel import Locale

from wasl.api import Gateway
from wasl.console.days import messages_of
from wasl.console.page import Page
from wasl.console.paths import message_path, person_path
from wasl.console.permissions import Permission
from wasl.console.persons import person
from wasl.console.tickets.wording import language, languages
from wasl.console.tickets.writing import Reader, for_customer, for_staff, of_message
from wasl.console.visit import Visit
from wasl.content.bidi import direction_of
from wasl.person_life import LifeMessage, PersonGlance

_NEWEST = 10  # messages that a ticket about a person tells of
_LOOKED = 50  # entries of their life among which these are


async def of_person(visit: Visit) -> web.StreamResponse:
    """The newest messages of a person."""
    gateway, seen = await person(visit)
    life = await gateway.life(seen.id, limit=_LOOKED)
    return _page(visit, gateway, seen, messages_of(life.data)[:_NEWEST])


async def of_one(visit: Visit) -> web.StreamResponse:
    """One message."""
    gateway, message = await visit.anywhere(lambda gateway: gateway.get(visit.request.match_info["id"]))
    return _page(visit, gateway, await gateway.glance(message.to.id), [of_message(message)], message.id)


def _page(visit: Visit, gateway: Gateway, seen: PersonGlance, messages: Sequence[LifeMessage], message: str = "") -> web.Response:
    chosen = visit.query.get("lang")
    lang = language(chosen if chosen in languages() else None, seen.locale, gateway.config.locale)
    titles = {name: topic.title for name, topic in gateway.config.topics.items()}
    reader = Reader(lang, seen.timezone or gateway.config.timezone, titles)
    return visit.page(
        "people/ticket.html",
        seen=seen,
        customer=for_customer(messages, reader),
        staff=for_staff(seen.id, seen.brand, messages),
        ticket_lang=lang,
        ticket_dir=direction_of(lang),
        languages=[(_path(seen, message, one), Locale.parse(one).get_display_name() or one, one == lang) for one in languages()],
        back=message_path(message, seen.brand) if message else person_path(seen.id, seen.brand),
    )


def _path(seen: PersonGlance, message: str, lang: str) -> str:
    if message:
        return f"/messages/{message}/ticket?{urlencode({'brand': seen.brand, 'lang': lang})}"
    return person_path(seen.id, seen.brand, "ticket", {"lang": lang})


PAGES = (
    Page("GET", "/people/{id}/ticket", Permission.SEE, of_person),
    Page("GET", "/messages/{id}/ticket", Permission.SEE, of_one),
)
