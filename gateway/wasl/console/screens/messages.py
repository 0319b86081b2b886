"""The list of messages: found by one query, as views, over time; what is not found is said why."""

from asyncio import gather
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web

from wasl.console.charts import bars
from wasl.console.live_rows import told_of
from wasl.console.message_views import COLUMNS, VIEWS, Asked, asked_span, cell, counted_views, drawn, filters, pieces
from wasl.console.page import Nav, Page
from wasl.console.paths import message_path, person_path
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.errors import Refused
from wasl.searching.language import parse
from wasl.searching.rewriting import chosen
from wasl.searching.seen import Counted, SearchPage
from wasl.searching.tokens import Misread
from wasl.searching.vocabulary import KEYS
from wasl.seeking import Understood

NAV = Nav("Messages", "/messages", order=10)
_ROWS = 50
_TOTAL = 20_000  # rows that are looked at for a number that somebody asked for


class Emptiness(NamedTuple):
    """Why there is nothing to show (see the macro `empty`), and the sentence."""

    which: str
    sentence: str


async def listed(visit: Visit) -> web.StreamResponse:
    """The list. A query that cannot be read is underlined, above the results of the one before it."""
    asked = Asked.of(visit)
    try:
        return await _page(visit, asked)
    except Misread as misread:
        before = asked._replace(q=asked.was, cursor=None)
        try:
            return await _page(visit, before, pieces=pieces(asked.q, misread.spots), misread=asked.q)
        except Misread:
            return await _page(visit, before._replace(q=""), pieces=pieces(asked.q, misread.spots), misread=asked.q)


async def _page(visit: Visit, asked: Asked, **wrong: object) -> web.StreamResponse:
    gateway, span = visit.house.gateway, asked_span(visit, asked.q)
    query = await gateway.understood(asked.q, brands=asked.brands, zone=ZoneInfo(visit.zone))
    try:
        page, strip, counts, own, total = await gather(
            gateway.search(query, limit=_ROWS, cursor=asked.cursor),
            gateway.strip_of(query, span),
            counted_views(visit, asked.brands),
            gateway.views.of(visit.user.id),
            _total(visit, asked, query),
        )
    except Misread:
        raise
    except Refused:  # a cursor of another list, out of an old bookmark
        return visit.redirect(asked.link(visit, asked.q))
    chart = drawn(visit, asked, strip)
    return visit.page(
        "messages/list.html",
        status=422 if wrong else 200,
        asked=asked,
        page=page,
        chart=chart,
        drawing=bars(chart),
        strip=strip,
        total=total,
        views=[(label, query, count) for (label, query), count in zip(VIEWS, counts, strict=True)],
        own=own,
        filters=filters(visit, asked),
        strip_rows=[(place, row[0], row[1:]) for place, row in enumerate(chart.rows()) if strip.bars[place].total],
        columns=COLUMNS,
        metas=[name for name in asked.columns if name not in COLUMNS],
        named=[visit.t(COLUMNS[name]) if name in COLUMNS else name for name in asked.columns],
        extra=lambda one: [cell(one, name) for name in asked.columns],
        keys=KEYS,
        exports=visit.may(Permission.EXPORT),
        emptiness=await _emptiness(visit, asked) if not page.data else None,
        link=lambda q, **more: asked.link(visit, q, **more),
        person_path=person_path,
        message_path=message_path,
        live=_live(visit, asked, page),
        acts=visit.may(Permission.RESEND),
        find="",
        **{"pieces": (), "misread": "", **wrong},
    )


async def _total(visit: Visit, asked: Asked, query: Understood) -> Counted | None:
    return await visit.house.gateway.count_found(query, most=_TOTAL, looked_at=_TOTAL) if asked.total else None


def _live(visit: Visit, asked: Asked, page: SearchPage) -> str | None:
    """What the page listens to: changes of its rows, and how many newer ones there are. Only the newest page has newer ones."""
    if asked.cursor is not None and not page.data:
        return None
    told = {"q": asked.q or None, "brand": visit.query.get("brand") or None, "rows": told_of(page.data, visit.brands)}
    return visit.url("/live", **told, top="1" if asked.cursor is None else None).removeprefix("/console")


async def _emptiness(visit: Visit, asked: Asked) -> Emptiness:
    """Which of the four it is."""
    unseen = [brand for brand in chosen(asked.q, "brand") if brand not in visit.brands]
    if not asked.brands or unseen:
        told = visit.t("You see messages of these brands only: {brands}.", brands=visit.words.comma.join(visit.brands) or "–")
        return Emptiness("not_allowed", told)
    oldest = await visit.house.gateway.oldest_message(brands=asked.brands)
    if oldest is None:
        return Emptiness("nothing", visit.t("No message yet. Send one, and it is here at once."))
    search = parse(asked.q, visit.times.now, ZoneInfo(visit.zone))
    if search.until is not None and search.until <= oldest:
        return Emptiness("retention", visit.t("This is before the oldest message that is kept, of {day}.", day=visit.times.day(oldest)))
    return Emptiness("no_match", visit.t("No message fits this query."))


PAGES = (Page("GET", "/messages", Permission.SEE, listed),)
