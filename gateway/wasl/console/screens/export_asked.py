"""Asking for an export: what it will hold, masked how, and until when it can be taken; then a reason, and it begins."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web

from wasl.consent import ConsentFilters
from wasl.console.exported import KINDS
from wasl.console.page import Page
from wasl.console.screens.audit import filters_of
from wasl.console.visit import Visit
from wasl.errors import Conflict, NotFound, Refused
from wasl.export_seen import AT_ONCE, MOST_BYTES, MOST_OPEN, MOST_ROWS, Format, Kind
from wasl.exporting import LIFE, ExportWanted
from wasl.exports.sources import COLUMNS
from wasl.problems import validated
from wasl.searching.tokens import Misread

_LONGEST_REASON = 500
_FORMATS: Final[tuple[Format, ...]] = ("csv", "ndjson")
Wanting = Callable[[Visit], ExportWanted]


class _Wrong(NamedTuple):
    """What is wrong with a form, and what was given as the reason."""

    sentence: str
    given: str


def _messages(visit: Visit) -> ExportWanted:
    brand = visit.query.get("brand", "")
    if brand and brand not in visit.brands:
        raise NotFound("There is no such brand.")
    brands = (brand,) if brand else visit.brands
    return ExportWanted("messages", brands, query=visit.query.get("q", "").strip(), zone=ZoneInfo(visit.zone))


def _suppressions(visit: Visit) -> ExportWanted:
    return ExportWanted("suppressions", (visit.gateway.brand,))


def _consents(visit: Visit) -> ExportWanted:
    given = {name: visit.query.get(name, "").strip() or None for name in ConsentFilters.model_fields if name != "recipient"}
    told = {**given, "recipient": visit.query.get("person", "").strip() or None}
    return ExportWanted("consents", (visit.gateway.brand,), filters=validated(ConsentFilters, told))


def _audit(visit: Visit) -> ExportWanted:
    wanted, problem = filters_of(visit)
    if problem:
        raise NotFound("There is no such day.")
    return ExportWanted("audit", visit.user.brands, filters=wanted)


_WANTING: Final[dict[Kind, Wanting]] = {"messages": _messages, "suppressions": _suppressions, "consents": _consents, "audit": _audit}


async def _shown(visit: Visit, wanted: ExportWanted, wrong: _Wrong | None = None) -> web.StreamResponse:
    gateway = visit.house.gateway
    return visit.page(
        "exports/ask.html",
        status=422 if wrong else 200,
        wanted=wanted,
        told=KINDS[wanted.kind],
        expected=await gateway.foresee_export(wanted),
        columns=COLUMNS[wanted.kind],
        until=gateway.now() + LIFE,
        here=visit.here().removeprefix("/console"),
        back=visit.url(KINDS[wanted.kind].path, **{name: visit.query.getall(name) for name in visit.query}).removeprefix("/console"),
        wrong=wrong or _Wrong("", ""),
        limits={"at_once": AT_ONCE, "rows": MOST_ROWS, "megabytes": MOST_BYTES // 1024**2},
    )


def _asking(kind: Kind) -> Callable[[Visit], Awaitable[web.StreamResponse]]:
    async def ask(visit: Visit) -> web.StreamResponse:
        """What it will hold; and the form."""
        try:
            return await _shown(visit, _WANTING[kind](visit))
        except Misread:
            return visit.refused(visit.t("The query cannot be read."))
        except Refused:
            return visit.refused(visit.t("A filter of this list is wrong; begin anew."))

    return ask


def _beginning(kind: Kind) -> Callable[[Visit], Awaitable[web.StreamResponse]]:
    async def begin(visit: Visit) -> web.StreamResponse:
        """Begin it; its own page tells how far it is."""
        fields, wanted = await visit.form(), _WANTING[kind](visit)
        reason, how = fields.get("reason", "").strip(), next((one for one in _FORMATS if one == fields.get("format", "csv")), None)
        if how is None or not 0 < len(reason) <= _LONGEST_REASON:
            return await _shown(visit, wanted, _Wrong(visit.t("Say why, in at most {most} characters.", most=_LONGEST_REASON), reason))
        try:
            seen = await visit.house.gateway.by(visit.actor, reason).ask_export(visit.user, wanted, how)
        except Misread:
            return visit.refused(visit.t("The query cannot be read."))
        except Conflict:
            said = visit.t("You have {most} exports under way, or as many as there may be. Wait for one, or delete one.", most=MOST_OPEN)
            return visit.refused(said, status=409)
        return visit.redirect(f"/exports/{seen.id}")

    return begin


PAGES = (
    *(Page("GET", f"{told.path}/export", told.needs, _asking(kind)) for kind, told in KINDS.items()),
    *(Page("POST", f"{told.path}/export", told.needs, _beginning(kind)) for kind, told in KINDS.items()),
)
