"""Who did what, when and why: the audit, its check, and a copy of it as CSV."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from wasl.audited import Action, Audited, AuditFilters
from wasl.console.audit_words import ACTIONS, KINDS, place_of
from wasl.console.page import Nav, Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.csv_lines import csv_text
from wasl.errors import Refused
from wasl.users import Role

NAV = Nav("Audit", "/audit", order=90)
_SEE_ALL = frozenset({Role.ADMIN, Role.AUDITOR})
"""Whoever else sees the audit sees what they did themselves (threats.md section 4)."""
_ROWS = 50
_CSV_ROWS, _CSV_PAGE = 10_000, 1000
_COLUMNS = ("number", "at", "kind", "id", "name", "role", "action", "brand", "object", "reason", "facts")


async def listed(visit: Visit) -> web.StreamResponse:
    """The entries that fit, newest first."""
    wanted, problem = _wanted(visit)
    try:
        page = await visit.house.gateway.audited(wanted, limit=_ROWS, cursor=visit.query.get("cursor") or None)
    except Refused:
        return visit.refused(visit.t("A filter of this list is wrong; begin anew."))
    return visit.page(
        "audit/list.html", page=page, wanted=wanted, problem=problem, actions=ACTIONS, kinds=KINDS, place_of=place_of,
        sees_all=_sees_all(visit), filtered=any(visit.query.get(name) for name in ("action", "by", "about", "since", "until")),
    )  # fmt: skip


async def verify(visit: Visit) -> web.StreamResponse:
    """Check the whole chain, and tell what is wrong with it."""
    if not _sees_all(visit):
        return visit.refused(visit.t("Admins and auditors verify the audit."), status=403)
    await visit.house.gateway.by(visit.actor).audit(Action.AUDIT_VERIFIED, brand="")
    found = await visit.house.gateway.verify_audit()
    return visit.page("audit/verified.html", found=found)


async def as_csv(visit: Visit) -> web.StreamResponse:
    """The newest 10,000 entries that fit, as a file. No cell begins a formula."""
    wanted, _ = _wanted(visit)
    await visit.house.gateway.by(visit.actor).audit(Action.AUDIT_EXPORTED, brand="")
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return web.Response(body=_lines(visit, wanted), headers=headers, content_type="text/csv", charset="utf-8")


def _sees_all(visit: Visit) -> bool:
    return visit.user.role in _SEE_ALL


def _wanted(visit: Visit) -> tuple[AuditFilters, str]:
    """The filters of the query, and what is wrong with one; whoever sees only some brands, or their own acts, is told no others."""
    action = visit.query.get("action", "")
    try:
        since, until = (_day(visit, name) for name in ("since", "until"))
        problem = ""
    except ValueError:
        since = until = None
        problem = visit.t("A day is written like 2026-05-03.")
    own = not _sees_all(visit)
    wanted = AuditFilters(
        action=Action(action) if action in set(Action) else None,
        actor=visit.user.id if own else visit.query.get("by", "").strip() or None,
        object=visit.query.get("about", "").strip() or None,
        since=since,
        until=until + timedelta(days=1) if until else None,
        brands=visit.user.brands if visit.user.brands and not own else (),
    )
    return wanted, problem


def _day(visit: Visit, name: str) -> datetime | None:
    """The beginning of a day of the viewer's zone."""
    written = visit.query.get(name, "").strip()
    return datetime.combine(date.fromisoformat(written), time(), ZoneInfo(visit.zone)).astimezone(UTC) if written else None


async def _lines(visit: Visit, wanted: AuditFilters) -> AsyncIterator[bytes]:
    yield csv_text([_COLUMNS]).encode()
    cursor = None
    for _ in range(_CSV_ROWS // _CSV_PAGE):
        page = await visit.house.gateway.audited(wanted, limit=_CSV_PAGE, cursor=cursor)
        yield csv_text([_cells(entry) for entry in page.data]).encode()
        cursor = page.next_cursor
        if cursor is None:
            return


def _cells(entry: Audited) -> tuple[str, ...]:
    facts = json.dumps(dict(entry.facts), ensure_ascii=False) if entry.facts else ""
    whom = (entry.actor.kind, entry.actor.id, entry.actor.name, entry.actor.role)
    return (str(entry.number), entry.at.isoformat(), *whom, entry.action, entry.brand, entry.object, entry.reason, facts)


PAGES = (
    Page("GET", "/audit", Permission.AUDIT, listed),
    Page("GET", "/audit.csv", Permission.AUDIT, as_csv),
    Page("POST", "/audit/verify", Permission.AUDIT, verify),
)
