"""One act on many messages: what it is about for who decides, how far it is, what it did; and saying yes, no, or stop."""

from collections import Counter
from dataclasses import dataclass

from aiohttp import web

from wasl.acting import fates_of
from wasl.acts_seen import DONE, ActSeen, Foreseen
from wasl.audited import Action
from wasl.console import act_words
from wasl.console.page import Page
from wasl.console.paths import message_path, person_path
from wasl.console.permissions import Permission
from wasl.console.progress import Look, followed
from wasl.console.serving import HEADERS
from wasl.console.two_people import may_decide, may_do, may_see, may_stop, sees_all
from wasl.console.visit import Visit
from wasl.csv_lines import csv_text
from wasl.errors import Conflict, NotFound
from wasl.seeking import Key
from wasl.users import User

_LEFT_ALONE = 1000
"""Messages that were left alone are told on the page; all of them are in the CSV."""
_SHOWN = 20
_LONGEST_REASON = 500
_COLUMNS = ("message", "brand", "result", "why")


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would do now, as the template of what is foreseen has it."""

    act: str
    foreseen: Foreseen

    @property
    def going(self) -> int:
        """With how many of those that were looked at it would be done."""
        return fates_of(self.foreseen)[0]

    @property
    def left(self) -> Counter[str]:
        """Why others are left alone."""
        return Counter(fates_of(self.foreseen)[1])


async def shown(visit: Visit) -> web.StreamResponse:
    """How it stands."""
    return await _page(visit, await _act(visit))


async def live(visit: Visit) -> web.StreamResponse:
    """The same, as it changes."""

    async def look() -> Look:
        act = await _act(visit)
        return Look(visit.house.render(visit, "acts/live.html", _told(visit, act)), over=act.over)

    return await followed(visit, look)


async def approve(visit: Visit) -> web.StreamResponse:
    """Say yes, to as many messages as were seen."""
    act, fields = await _theirs(visit), await visit.form()
    asker = next((one for one in await visit.house.gateway.users() if one.id == act.by.id), None)
    if asker is None or not _may_still(asker, act, dev=visit.dev):
        return await _page(visit, act, problem=visit.t("Who asked for it may not do it any more, so it cannot be approved."))
    seen = fields.get("seen", "")
    if not (seen.isdecimal() and seen.isascii() and len(seen) < 9):
        return await _page(visit, act, problem=visit.t("Look at what it is about first."))
    if act.kind != "erase" and fields.get("number", "").strip() != seen:
        return await _page(visit, act, number=visit.t("Type the number {count} to go on.", count=int(seen)))
    try:
        await visit.house.gateway.by(visit.actor).approve_act(act, visit.user, asker, int(seen))
    except Conflict:
        return _late(visit)
    return visit.redirect(f"/acts/{act.id}", visit.t("Approved. It is begun."))


async def refuse(visit: Visit) -> web.StreamResponse:
    """Say no, and why."""
    act, reason = await _theirs(visit), (await visit.form()).get("reason", "").strip()
    if not 0 < len(reason) <= _LONGEST_REASON:
        return await _page(visit, act, reason=visit.t("Say why, in at most {most} characters.", most=_LONGEST_REASON))
    try:
        await visit.house.gateway.by(visit.actor, reason).refuse_act(act, visit.user)
    except Conflict:
        return _late(visit)
    return visit.redirect(f"/acts/{act.id}", visit.t("Refused. Nothing was done."))


async def withdraw(visit: Visit) -> web.StreamResponse:
    """Take back what one asked for."""
    act = await _act(visit)
    try:
        await visit.house.gateway.by(visit.actor).withdraw_act(act, visit.user)
    except Conflict:
        return _late(visit)
    return visit.redirect(f"/acts/{act.id}", visit.t("Taken back. Nothing was done."))


async def stop(visit: Visit) -> web.StreamResponse:
    """Nothing more of it."""
    act = await _act(visit)
    if not may_stop(visit.user, act, dev=visit.dev):
        return _late(visit)
    try:
        await visit.house.gateway.by(visit.actor).stop_act(act, visit.user)
    except Conflict:
        return _late(visit)
    return visit.redirect(f"/acts/{act.id}", visit.t("Stopped. What was done stays done."))


async def as_csv(visit: Visit) -> web.StreamResponse:
    """What became of every message, as a file: ids, and no person."""
    act = await _act(visit)
    await visit.audit(Action.MESSAGES_EXPORTED, act.id, format="csv", brands=act.brands)
    disposition = {"Content-Disposition": f'attachment; filename="{act.id}.csv"', "Content-Type": "text/csv; charset=utf-8"}
    response = web.StreamResponse(headers={**HEADERS, **disposition})
    await response.prepare(visit.request)
    await response.write(csv_text([_COLUMNS]).encode())
    async for fates in visit.house.gateway.act_result(act.id):
        lines = [(one.message_id, one.brand, one.fate, visit.t(act_words.NOT_DONE.get(one.fate, ""))) for one in fates]
        await response.write(csv_text(lines).encode())
    await response.write_eof()
    return response


async def _page(visit: Visit, act: ActSeen, *, problem: str = "", number: str = "", reason: str = "") -> web.StreamResponse:
    preview, gone = (await _preview(visit, act)) if act.state == "asked" else (None, False)
    going = [Key(one.brand, one.message_id) for one in preview.foreseen.fates if one.fate == DONE] if preview is not None else []
    return visit.page(
        "acts/show.html",
        status=422 if problem or number or reason else 200,
        **_told(visit, act),
        asked=preview,
        gone=gone,
        some=await visit.house.gateway.messages_found(going[:_SHOWN]),
        left_alone=await visit.house.gateway.act_left_alone(act.id, _LEFT_ALONE) if act.over else [],
        most=_LEFT_ALONE,
        problem=problem,
        number_error=number,
        reason_error=reason,
        person_path=person_path,
        message_path=message_path,
    )


async def _preview(visit: Visit, act: ActSeen) -> tuple[Preview | None, bool]:
    """What it would do now; or that there is nothing of it any more."""
    if act.aim is None:
        return None, True
    try:
        return Preview(act.kind, await visit.house.gateway.foresee_act(act.kind, act.aim)), False
    except NotFound:
        return None, True


def _told(visit: Visit, act: ActSeen) -> dict[str, object]:
    return {
        "act": act,
        "heading": visit.t(act_words.KINDS[act.kind]),
        "state": act_words.STATES[act.state],
        "not_done": act_words.NOT_DONE,
        "counted": act_words.fates(visit, act),
        "decides": may_decide(visit.user, act, dev=visit.dev),
        "own": act.by.id == visit.user.id,
        "stops": may_stop(visit.user, act, dev=visit.dev),
    }


async def _act(visit: Visit) -> ActSeen:
    """The act of the path. Raises NotFound for one that is not told to them."""
    act = await visit.house.gateway.act(visit.request.match_info["id"][:64])
    if not may_see(visit.user, act, dev=visit.dev):
        raise NotFound("There is no such act.")
    return act


async def _theirs(visit: Visit) -> ActSeen:
    """The same, where they may decide of it; of what they asked for themselves nobody may. Raises Conflict for others."""
    act = await _act(visit)
    if not may_decide(visit.user, act, dev=visit.dev):
        told = visit.t("This was decided already, or it is not yours to decide.")
        raise Conflict(told, suggested_action="")
    return act


def _may_still(asker: User, act: ActSeen, *, dev: bool) -> bool:
    return may_do(asker, act.kind, act.count, dev=dev) and sees_all(asker, act.brands)


def _late(visit: Visit) -> web.StreamResponse:
    return visit.refused(visit.t("This was decided already, or it is not yours to decide."), status=409)


PAGES = (
    Page("GET", "/acts/{id}", Permission.RESEND, shown),
    Page("GET", "/acts/{id}/live", Permission.RESEND, live),
    Page("GET", "/acts/{id}/result.csv", Permission.RESEND, as_csv),
    Page("POST", "/acts/{id}/approve", Permission.RESEND, approve),
    Page("POST", "/acts/{id}/refuse", Permission.RESEND, refuse),
    Page("POST", "/acts/{id}/withdraw", Permission.RESEND, withdraw),
    Page("POST", "/acts/{id}/stop", Permission.RESEND, stop),
)
