"""Who did what, when and why: the audit, and its check."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from wasl.audited import Action, AuditFilters
from wasl.console.audit_words import ACTIONS, KINDS, place_of
from wasl.console.exported import SEE_ALL
from wasl.console.page import Nav, Page
from wasl.console.permissions import Permission
from wasl.console.times import day_of
from wasl.console.visit import Visit
from wasl.errors import Refused

NAV = Nav("Audit", "/audit", order=90)
_ROWS = 50


async def listed(visit: Visit) -> web.StreamResponse:
    """The entries that fit, newest first."""
    wanted, problem = filters_of(visit)
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


def _sees_all(visit: Visit) -> bool:
    return visit.user.role in SEE_ALL


def filters_of(visit: Visit) -> tuple[AuditFilters, str]:
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
    return datetime.combine(day_of(written), time(), ZoneInfo(visit.zone)).astimezone(UTC) if written else None


PAGES = (
    Page("GET", "/audit", Permission.AUDIT, listed),
    Page("POST", "/audit/verify", Permission.AUDIT, verify),
)
