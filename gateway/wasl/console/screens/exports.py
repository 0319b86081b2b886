"""The exports that a user asked for: how far each is, its link, and letting it go."""

from datetime import datetime
from typing import Any, Final

from aiohttp import web

from wasl.console.exported import FAULTS, KINDS, STATES, sees_as_much
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.progress import Look, followed
from wasl.console.serving import HEADERS
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import Gone
from wasl.export_seen import MOST_BYTES, MOST_ROWS, ExportSeen
from wasl.exports.lines import TYPES

_GONE: Final = {
    "export_expired": msgid("An export can be taken for a day, and this day is over. Ask for it again where you need it."),
    "export_discarded": msgid("Somebody whom it told of was erased since, so it was deleted. Ask for it again where you need it."),
    "export_stopped": msgid("You have deleted this export."),
}


async def listed(visit: Visit) -> web.StreamResponse:
    """All that are still told of, newest first."""
    return visit.page("exports/list.html", exports=await visit.house.gateway.exports_of(visit.user), kinds=KINDS, states=STATES)


async def shown(visit: Visit) -> web.StreamResponse:
    """How far one is; where it is ready, its link."""
    return visit.page("exports/show.html", **_told(visit, await _asked_for(visit)))


async def live(visit: Visit) -> web.StreamResponse:
    """The same, as it changes."""

    async def look() -> Look:
        seen = await _asked_for(visit)
        return Look(visit.house.render(visit, "exports/live.html", _told(visit, seen)), over=not seen.under_way)

    return await followed(visit, look)


async def stop(visit: Visit) -> web.StreamResponse:
    """Write no more of it, and let go of what was written."""
    seen = await _asked_for(visit)
    stopped = await visit.house.gateway.by(visit.actor).stop_export(visit.user, seen.id)
    said = visit.t("The export is deleted.") if stopped else visit.t("There was nothing of it any more.")
    return visit.redirect(f"/exports/{seen.id}", said)


async def taken(visit: Visit) -> web.StreamResponse:
    """The file, to whoever asked for it, as long as they see what is in it. The audit is told before the first byte goes."""
    gateway = visit.house.gateway.by(visit.actor)
    try:
        seen = await gateway.opened_export(visit.user, visit.request.match_info["token"])
    except Gone as gone:
        lines = [visit.t(_GONE.get(gone.code, _GONE["export_expired"]))]
        return visit.page("notice.html", status=410, heading=visit.t("This export is gone"), lines=lines)
    if not sees_as_much(visit, seen):
        said = visit.t("You may see less now than when you asked for this export, so it is not given out. Ask for a new one.")
        return visit.refused(said, status=403)
    response = web.StreamResponse(headers={**HEADERS, **_headers(seen)})
    if visit.request.method == "HEAD":
        await response.prepare(visit.request)
        return response
    file = await gateway.take_export(seen)
    await response.prepare(visit.request)
    try:
        async for part in file:
            await response.write(part)
        await response.write_eof()
    except Gone:
        if visit.request.transport is not None:
            visit.request.transport.abort()  # it was deleted meanwhile; by its length the browser sees that not all has come
    return response


async def _asked_for(visit: Visit) -> ExportSeen:
    return await visit.house.gateway.export_of(visit.user, visit.request.match_info["id"])


def _told(visit: Visit, seen: ExportSeen) -> dict[str, Any]:
    faults = {"rows": visit.words.number(MOST_ROWS), "size": visit.words.number(MOST_BYTES // 1024**2)}
    return {
        "seen": seen,
        "told": KINDS[seen.kind],
        "state": STATES[seen.state],
        "fault": visit.t(FAULTS[seen.fault], **faults) if seen.fault else "",
        "link": f"/exports/file/{visit.house.gateway.export_token(seen)}" if seen.state == "ready" else "",
        "given_out": sees_as_much(visit, seen),
    }


def _headers(seen: ExportSeen) -> dict[str, str]:
    return {
        "Content-Type": TYPES[seen.format],
        "Content-Length": str(seen.bytes),  # a file that was cut short is seen to be
        "Content-Disposition": f'attachment; filename="{seen.kind}-{_stamp(seen.asked_at)}.{seen.format}"',
    }


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d-%H%M")


PAGES = (
    Page("GET", "/exports", Permission.OWN, listed),
    Page("GET", "/exports/{id}", Permission.OWN, shown),
    Page("GET", "/exports/{id}/live", Permission.OWN, live),
    Page("POST", "/exports/{id}/stop", Permission.OWN, stop),
    Page("GET", "/exports/file/{token}", Permission.OWN, taken),
)
