"""The consent ledger: every row of what people granted and withdrew, with its evidence. Nothing in it is ever changed."""

from collections.abc import Mapping

from aiohttp import web

from wasl.consent import EVERY, ConsentFilters, State
from wasl.console.consent_grid import SOURCES
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import NotFound, Refused
from wasl.problems import validated

_STATES: Mapping[State, str] = {"granted": msgid("Granted"), "withdrawn": msgid("Withdrawn"), "pending": msgid("Asked")}


async def listed(visit: Visit) -> web.StreamResponse:
    """The rows of one person, newest first, or those of everybody that fit."""
    given = {name: visit.query.get(name, "").strip() or None for name in ConsentFilters.model_fields if name != "recipient"}
    person = visit.query.get("person", "").strip() or None
    try:
        wanted = validated(ConsentFilters, {**given, "recipient": person})
        page = await visit.gateway.consents(wanted, cursor=visit.query.get("cursor") or None)
    except NotFound:
        return visit.not_found(visit.t("Nobody is known by this id, or they were erased."))
    except Refused:
        return visit.refused(visit.t("A filter of this list is wrong; begin anew."))
    config = visit.gateway.config
    return visit.page(
        "consents/list.html", page=page, wanted=wanted, person=person, brand=visit.gateway.brand,
        topics=(EVERY, *config.topics), channels=(EVERY, *config.channels), states=_STATES, sources=SOURCES,
        filtered=any(given.values()),
    )  # fmt: skip


PAGES = (Page("GET", "/consents", Permission.SEE, listed),)
