"""Taking what a query finds away as CSV or NDJSON: addresses masked, cells safe in a spreadsheet, told to the audit first."""

from collections.abc import AsyncIterator
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic_core import to_json

from wasl.audited import Action
from wasl.console.message_views import MOST_EXPORTED
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.serving import HEADERS
from wasl.console.visit import Visit
from wasl.csv_lines import csv_text
from wasl.errors import NotFound
from wasl.searching.seen import MessageFound, SearchPage
from wasl.searching.tokens import Misread

_PAGE = 500
_LONGEST_REASON = 500
_TYPES: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
_COLUMNS: Final = (
    "created_at", "id", "brand", "recipient", "address", "channel", "provider", "state", "reason", "code", "template", "topic", "category",
    "locale", "ref",
)  # fmt: skip


async def exported(visit: Visit) -> web.StreamResponse:
    """A file of at most ten thousand messages, newest first."""
    fields = await visit.form()
    query, reason, kind = fields.get("q", "").strip(), fields.get("reason", "").strip(), fields.get("format", "csv")
    if kind not in _TYPES or not 0 < len(reason) <= _LONGEST_REASON:
        return visit.refused(visit.t("Say why, in at most {most} characters.", most=_LONGEST_REASON))
    brand = fields.get("brand", "")
    if brand and brand not in visit.brands:
        raise NotFound("There is no such brand.")
    brands = (brand,) if brand else visit.brands
    try:
        first = await _page(visit, query, brands, None)
    except Misread:
        return visit.refused(visit.t("The query cannot be read."))
    # The query itself may hold an address.
    await visit.audit(Action.MESSAGES_EXPORTED, reason=reason, format=kind, brands=brands, query_length=len(query))
    disposition = {"Content-Disposition": f'attachment; filename="messages.{kind}"', "Content-Type": _TYPES[kind]}
    response = web.StreamResponse(headers={**HEADERS, **disposition})
    await response.prepare(visit.request)
    if kind == "csv":
        await response.write(csv_text([_COLUMNS]).encode())
    async for found in _pages(visit, query, brands, first):
        await response.write(_csv(found) if kind == "csv" else b"".join(to_json(one) + b"\n" for one in found))
    await response.write_eof()
    return response


async def _pages(visit: Visit, query: str, brands: tuple[str, ...], page: SearchPage) -> AsyncIterator[tuple[MessageFound, ...]]:
    told = 0
    while True:
        found = page.data[: MOST_EXPORTED - told]
        told += len(found)
        yield found
        if page.older is None or told >= MOST_EXPORTED:
            return
        page = await _page(visit, query, brands, page.older)


async def _page(visit: Visit, query: str, brands: tuple[str, ...], cursor: str | None) -> SearchPage:
    return await visit.house.gateway.search(query, brands=brands, limit=_PAGE, cursor=cursor, zone=ZoneInfo(visit.zone))


def _csv(found: tuple[MessageFound, ...]) -> bytes:
    rows = [[_cell(getattr(one, name)) for name in _COLUMNS] for one in found]
    return csv_text(rows).encode()


def _cell(value: object) -> str:
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)


PAGES = (Page("POST", "/messages/export", Permission.EXPORT, exported),)
