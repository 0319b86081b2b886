"""Acting on many messages: what will happen first, then a reason. A few are done at once; more behind, and most of all by two people."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from aiohttp import web

from wasl.acting import fates_of
from wasl.acts_seen import DONE, Aim, Fated, Foreseen
from wasl.clock import moment
from wasl.console.act_words import NOT_DONE
from wasl.console.page import Page
from wasl.console.paths import message_path, person_path
from wasl.console.permissions import Permission
from wasl.console.two_people import MOST_OF_SUPPORT, takes_two
from wasl.console.visit import Visit
from wasl.errors import NotFound
from wasl.searching.tokens import LONGEST, Misread
from wasl.seeking import Key
from wasl.users import Role

Act = Literal["retry", "cancel"]
TYPED: Final = 50
"""Beyond so many the number has to be typed, and they are done behind (working_off.py)."""
_SHOWN = 20
_LONGEST_REASON = 500


class Asked(NamedTuple):
    """An act before it is done, and what was written into its form."""

    act: Act
    aim: Aim
    foreseen: Foreseen
    behind: bool
    two: bool
    reason: str = ""
    reason_error: str = ""
    number_error: str = ""

    @property
    def left(self) -> Counter[str]:
        """Why some of those that were looked at are left alone."""
        return Counter(fates_of(self.foreseen)[1])

    @property
    def going(self) -> int:
        """With how many of those it would be done."""
        return fates_of(self.foreseen)[0]


async def asked(visit: Visit) -> web.StreamResponse:
    """How many it is about, who they are, what is left alone and why; and the form."""
    act, query = _act(visit.query.get("act", "")), visit.query.get("q", "").strip()
    if act is None:
        return visit.not_found()
    if visit.query.get("all"):
        brand = visit.query.get("brand")
        brands = (brand,) if brand and brand in visit.brands else () if brand else visit.brands
        aim = Aim(query=query, zone=visit.zone, until=visit.house.gateway.now(), brands=brands)
    else:
        aim = _selected(visit, query, visit.query.getall("id", []))
    try:
        wanted = await _foreseen(visit, act, aim)
    except Misread:
        return visit.refused(visit.t("The query cannot be read."))
    if refused := _refused(visit, wanted.foreseen):
        return visit.refused(refused)
    if not wanted.behind and not aim.ids:  # the newest ones that fit by now are no part of it
        ids = tuple((one.brand, one.message_id) for one in wanted.foreseen.fates)
        wanted = wanted._replace(aim=aim.model_copy(update={"ids": ids}))
    return await _page(visit, wanted)


async def done(visit: Visit) -> web.StreamResponse:
    """Do it, or have it done; the audit tells of it, and another page what became of each."""
    fields = await visit.form()
    act, aim = _act(fields.get("act", "")) or "cancel", _aimed(visit)
    reason = fields.get("reason", "").strip()
    seen = fields.get("seen", "").strip()
    count = len(aim.ids) if aim.ids else int(seen) if seen.isdecimal() and seen.isascii() and len(seen) < 9 else 0
    if refused := _refused(visit, Foreseen({"": count})):
        return visit.refused(refused)
    reason_error = number_error = ""
    if not 0 < len(reason) <= _LONGEST_REASON:
        reason_error = visit.t("Say why, in at most {most} characters.", most=_LONGEST_REASON)
    elif count > TYPED and fields.get("number", "").strip() != str(count):
        number_error = visit.t("Type the number {count} to go on.", count=count)
    if reason_error or number_error:
        try:
            wanted = await _foreseen(visit, act, aim)
        except Misread:
            return visit.refused(visit.t("The query cannot be read."))
        return await _page(visit, wanted._replace(reason=reason, reason_error=reason_error, number_error=number_error))
    if _behind(visit, count) or not aim.ids:
        return await _have_done(visit, act, aim, (count, reason))
    return await _do(visit, act, aim, reason)


async def told(visit: Visit) -> web.StreamResponse:
    """What a small act of one's own did, message by message."""
    act = await visit.house.gateway.views.act(visit.user.id, visit.request.match_info["token"][:64])
    if act is None:
        return visit.not_found()
    fates = [fate for fate in act.fates if fate.brand in visit.brands]
    return visit.page(
        "messages/bulk_done.html",
        act=act.act,
        at=moment(act.at),
        fates=fates,
        done=DONE,
        not_done=NOT_DONE,
        message_path=message_path,
    )


async def _do(visit: Visit, act: Act, aim: Aim, reason: str) -> web.StreamResponse:
    fates: list[Fated] = []
    for brand, ids in _by_brand(aim.ids).items():
        gateway = visit.of(brand, reason)
        fates += await (gateway.retry_these(ids) if act == "retry" else gateway.cancel_these(ids))
    token = (await visit.form()).get("once") or visit.once()
    await visit.house.gateway.views.keep(visit.user.id, token, act, fates)
    count = sum(fate.fate == DONE for fate in fates)
    said = (
        visit.tn("{count} message is on its way again.", "{count} messages are on their way again.", count)
        if act == "retry"
        else visit.tn("{count} message is cancelled.", "{count} messages are cancelled.", count)
    )
    return visit.redirect(f"/messages/bulk/{token}", said)


async def _have_done(visit: Visit, act: Act, aim: Aim, what: tuple[int, str]) -> web.StreamResponse:
    count, reason = what
    second = takes_two(visit.house.gateway.config.console, act, count)
    kept = await visit.house.gateway.by(visit.actor, reason).ask_act(act, aim, count, second=second)
    said = visit.t("Asked for. Somebody else must agree within 24 hours.") if second else visit.t("It is begun.")
    return visit.redirect(f"/acts/{kept.id}", said)


async def _foreseen(visit: Visit, act: Act, aim: Aim) -> Asked:
    foreseen = await visit.house.gateway.foresee_act(act, aim)
    if not aim.ids:  # it is of those brands alone of which something fits now, so that whoever agrees need see no more
        aim = aim.model_copy(update={"brands": tuple(brand for brand in aim.brands if foreseen.counts.get(brand))})
    behind, two = _behind(visit, foreseen.count), takes_two(visit.house.gateway.config.console, act, foreseen.count)
    return Asked(act, aim, foreseen, behind, two)


async def _page(visit: Visit, wanted: Asked) -> web.StreamResponse:
    going = [Key(fate.brand, fate.message_id) for fate in wanted.foreseen.fates if fate.fate == DONE]
    return visit.page(
        "messages/bulk.html",
        status=422 if wanted.reason_error or wanted.number_error else 200,
        asked=wanted,
        some=await visit.house.gateway.messages_found(going[:_SHOWN]),
        typed=wanted.foreseen.count > TYPED,
        not_done=NOT_DONE,
        message_path=message_path,
        person_path=person_path,
        back=visit.url("/messages", q=wanted.aim.query or None).removeprefix("/console"),
    )


def _act(told: str) -> Act | None:
    return "retry" if told == "retry" else "cancel" if told == "cancel" else None


def _aimed(visit: Visit) -> Aim:
    """What a form is about. Raises NotFound for a brand that the user does not see; a moment to come is now."""
    fields = visit.fields
    if not fields.get("until"):
        return _selected(visit, fields.get("q", ""), fields.get("ids", "").split())
    brands, now = tuple(fields.get("brands", "").split()), visit.house.gateway.now()
    if not brands or not set(brands) <= set(visit.brands):
        raise NotFound("There is no such brand.")
    try:
        until = datetime.fromisoformat(fields["until"])
    except ValueError:
        until = now
    until = min(until if until.tzinfo else until.replace(tzinfo=UTC), now)
    return Aim(query=fields.get("q", "")[: LONGEST + 1], zone=visit.zone, until=until, brands=brands)


def _selected(visit: Visit, query: str, told: Sequence[str]) -> Aim:
    """Messages as forms name them, `brand/id`. Raises NotFound for a brand that the user does not see."""
    ids = tuple((brand, one) for brand, _, one in (name.partition("/") for name in dict.fromkeys(told)))
    brands = tuple(dict.fromkeys(brand for brand, _ in ids))
    if not set(brands) <= set(visit.brands):
        raise NotFound("There is no such message.")
    return Aim(query=query[: LONGEST + 1], zone=visit.zone, until=visit.house.gateway.now(), brands=brands, ids=ids)


def _by_brand(keys: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    brands: dict[str, list[str]] = {}
    for brand, message_id in keys:
        brands.setdefault(brand, []).append(message_id)
    return brands


def _behind(visit: Visit, count: int) -> bool:
    return count > TYPED or takes_two(visit.house.gateway.config.console, "retry", count)


def _refused(visit: Visit, foreseen: Foreseen) -> str:
    """Why so many cannot be acted on."""
    if not foreseen.count:
        return visit.t("Select messages first, or say that you mean all that fit.")
    if visit.user.role is Role.SUPPORT and foreseen.count > MOST_OF_SUPPORT:
        most = visit.words.number(MOST_OF_SUPPORT)
        said = visit.t("This is for at most {most} messages at a time. Narrow the query.", most=most)
        return f"{said} {visit.t('For more, ask an operator.')}"
    return "" if foreseen.whole else visit.t("There are too many messages to count. Narrow the query.")


PAGES = (
    Page("GET", "/messages/bulk", Permission.RESEND, asked),
    Page("POST", "/messages/bulk", Permission.RESEND, done),
    Page("GET", "/messages/bulk/{token}", Permission.RESEND, told),
)
