"""Reports: what was sent and what became of it, over a time, by channel, provider, template, category, brand or country."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from aiohttp import web

from wasl.audited import Action
from wasl.console.consent_grid import CATEGORIES
from wasl.console.page import Nav, Page
from wasl.console.permissions import Permission
from wasl.console.report_charts import drawn
from wasl.console.report_words import DIMENSION_NAMES, Wording
from wasl.console.times import day_of
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.csv_lines import csv_text
from wasl.errors import NotFound, Refused
from wasl.problems import validated
from wasl.reported import DIMENSIONS, Dimension, Group, Report, ReportWanted

NAV = Nav("Reports", "/reports", order=80)
PRESETS = {1: msgid("24 hours"), 7: msgid("7 days"), 30: msgid("30 days"), 90: msgid("90 days")}
"""Days back from now."""
_USUAL = 7
_FILTERS = ("channel", "provider", "template", "category", "country")
_GROUPS = "groups"


async def shown(visit: Visit) -> web.StreamResponse:
    """The charts, each with its table, and a table of the groups."""
    try:
        report = await visit.gateway.report(_wanted(visit))
    except (Refused, ValueError):
        return visit.refused(visit.t("A report is of at most 400 days, which are written like 2026-05-03, and ends after it begins."))
    words = Wording(visit)
    return visit.page(
        "reports/show.html", report=report, charts=drawn(report, words), words=words, presets=PRESETS, days=_days(visit),
        dimensions=DIMENSION_NAMES, categories=CATEGORIES, chosen={name: visit.query.get(name, "") for name in _FILTERS},
        brand=visit.query.get("brand", ""),
    )  # fmt: skip


async def as_csv(visit: Visit) -> web.StreamResponse:
    """One chart's numbers, or those of the groups, as a file. No cell begins a formula."""
    try:
        report = await visit.gateway.report(_wanted(visit))
    except (Refused, ValueError):
        return visit.not_found()
    name = visit.query.get("chart", _GROUPS)
    rows = _group_rows(report) if name == _GROUPS else _chart_rows(visit, report, name)
    await visit.audit(Action.REPORT_EXPORTED, name, by=report.wanted.by)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return web.Response(text=csv_text(rows), headers=headers, content_type="text/csv", charset="utf-8")


def _wanted(visit: Visit) -> ReportWanted:
    """What the query asks for; raises ValueError for what is no day, Refused for what is no report."""
    query, now = visit.query, visit.times.now
    since, until = (_midnight(query.get(name, "")) for name in ("since", "until"))
    by: Dimension = next((one for one in DIMENSIONS if one == query.get("by")), "channel")
    told = {name: value for name in _FILTERS if (value := query.get(name, "").strip())}
    begin = since or (until or now) - timedelta(days=_days(visit) or _USUAL)
    return validated(ReportWanted, {"since": begin, "until": until + timedelta(days=1) if until else now, "by": by, **told})


def _days(visit: Visit) -> int:
    """The preset that the query names; 0 where it names days of its own."""
    if visit.query.get("since") or visit.query.get("until"):
        return 0
    return next((days for days in PRESETS if str(days) == visit.query.get("days")), _USUAL)


def _midnight(written: str) -> datetime | None:
    return datetime.combine(day_of(written), time(), UTC) if written.strip() else None


def _chart_rows(visit: Visit, report: Report, name: str) -> Sequence[Sequence[str]]:
    chart = next((one.chart for one in drawn(report, Wording(visit)) if one.id == name), None)
    if chart is None:
        raise NotFound("There is no such chart.")
    head = ["at", *(series.name for series in chart.series)]
    columns = [series.values for series in chart.series]
    return [head, *([at.isoformat(), *(_cell(column[place]) for column in columns)] for place, at in enumerate(report.at))]


def _group_rows(report: Report) -> Sequence[Sequence[str]]:
    counts = (
        "sent", "silent", "delivered", "bounced", "failed", "withheld", "expired", "cancelled", "saved", "opened", "read", "clicked",
        "replied", "unsubscribed", "complained",
    )  # fmt: skip
    head = [report.wanted.by, *counts, "delivery_rate", "seconds_p50", "seconds_p95", "cost"]
    return [head, *(_group_cells(group, counts) for group in report.groups)]


def _group_cells(group: Group, counts: Sequence[str]) -> list[str]:
    now = group.now
    cost = " + ".join(f"{micros / 1_000_000:.6f} {currency}" for currency, micros in sorted(now.cost.items()))
    rates = (now.delivery_rate, now.seconds(0.5), now.seconds(0.95))
    return [group.name, *(str(getattr(now, name)) for name in counts), *map(_cell, rates), cost]


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


PAGES = (
    Page("GET", "/reports", Permission.REPORTS, shown),
    Page("GET", "/reports.csv", Permission.REPORTS, as_csv),
)
