"""Acting on many messages: what will happen first, then a reason, then it is done once, and what became of each is told."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web

from wasl.answers import LEFT_ALONE
from wasl.clock import moment
from wasl.console.page import Page
from wasl.console.paths import message_path, person_path
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import NotFound
from wasl.ledger.views import Fated
from wasl.searching.seen import MessageFound
from wasl.searching.tokens import Misread
from wasl.seeking import Key
from wasl.users import Role
from wasl.wholesale import DONE, NOT_WAITING

Act = Literal["retry", "cancel"]
MOST: Final = 1_000
"""Messages of one act. More need two people (threats.md J): here they are refused, and an operator does it at the command line."""
MOST_OF_SUPPORT: Final = 100
"""Of one act by somebody with the role support (threats.md section 4)."""
TYPED: Final = 50
"""Beyond so many the number has to be typed."""
_SHOWN = 20
_LONGEST_REASON = 500
NOT_DONE: Final[dict[str, str]] = {
    NOT_WAITING: msgid("Nothing of it is waiting any more."),
    **{code: sentence for code, (sentence, _) in LEFT_ALONE.items()},
}


class Asked(NamedTuple):
    """An act before it is done: which messages, and what would become of each."""

    act: Act
    query: str
    keys: tuple[Key, ...]
    fates: tuple[Fated, ...] = ()
    some: Sequence[MessageFound] = ()

    @property
    def going(self) -> int:
        """With how many it would be done."""
        return sum(fate.fate == DONE for fate in self.fates)

    @property
    def left(self) -> Counter[str]:
        """Why the others are left alone."""
        return Counter(fate.fate for fate in self.fates if fate.fate != DONE)


async def asked(visit: Visit) -> web.StreamResponse:
    """How many it is about, who they are, what is left alone and why; and the form."""
    act, query = visit.query.get("act", ""), visit.query.get("q", "").strip()
    if act not in ("retry", "cancel"):
        return visit.not_found()
    if visit.query.get("all"):
        brand = visit.query.get("brand")
        brands = (brand,) if brand and brand in visit.brands else () if brand else visit.brands
        try:
            keys, whole = await visit.house.gateway.keys_found(query, most=MOST, brands=brands, zone=ZoneInfo(visit.zone))
        except Misread:
            return visit.refused(visit.t("The query cannot be read."))
        if not whole:
            return visit.refused(_too_many(visit, MOST))
    else:
        keys = _read(visit, visit.query.getall("id", []))
    if not keys:
        return visit.refused(visit.t("Select messages first, or say that you mean all that fit."))
    if len(keys) > (limit := _most(visit)):
        return visit.refused(_too_many(visit, limit))
    return await _page(visit, await _foreseen(visit, Asked("retry" if act == "retry" else "cancel", query, keys)))


async def done(visit: Visit) -> web.StreamResponse:
    """Do it; the audit tells of it, and the result page what became of each."""
    fields = await visit.form()
    keys = _read(visit, fields.get("ids", "").split())
    act: Act = "retry" if fields.get("act") == "retry" else "cancel"
    if not keys or len(keys) > _most(visit):
        return visit.refused(_too_many(visit, _most(visit)))
    reason = fields.get("reason", "").strip()
    wanted = await _foreseen(visit, Asked(act, fields.get("q", ""), keys))
    if not 0 < len(reason) <= _LONGEST_REASON:
        return await _page(visit, wanted, reason=visit.t("Say why, in at most {most} characters.", most=_LONGEST_REASON))
    if len(keys) > TYPED and fields.get("number", "").strip() != str(len(keys)):
        return await _page(visit, wanted, number=visit.t("Type the number {count} to go on.", count=len(keys)), given=reason)
    fates: list[Fated] = []
    for brand, ids in _by_brand(keys).items():
        gateway = visit.of(brand, reason)
        fates += await (gateway.retry_these(ids) if act == "retry" else gateway.cancel_these(ids))
    token = fields.get("once") or visit.once()
    await visit.house.gateway.views.keep(visit.user.id, token, act, fates)
    count = sum(fate.fate == DONE for fate in fates)
    said = (
        visit.tn("{count} message is on its way again.", "{count} messages are on their way again.", count)
        if act == "retry"
        else visit.tn("{count} message is cancelled.", "{count} messages are cancelled.", count)
    )
    return visit.redirect(f"/messages/bulk/{token}", said)


async def told(visit: Visit) -> web.StreamResponse:
    """What an act of one's own did, message by message."""
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


async def _foreseen(visit: Visit, wanted: Asked) -> Asked:
    fates: list[Fated] = []
    for brand, ids in _by_brand(wanted.keys).items():
        gateway = visit.of(brand)
        fates += await (gateway.foresee_retries(ids) if wanted.act == "retry" else gateway.foresee_cancels(ids))
    going = [Key(fate.brand, fate.message_id) for fate in fates if fate.fate == DONE]
    some = await visit.house.gateway.messages_found(going[:_SHOWN])
    return wanted._replace(fates=tuple(fates), some=some)


async def _page(visit: Visit, wanted: Asked, *, reason: str = "", number: str = "", given: str = "") -> web.StreamResponse:
    return visit.page(
        "messages/bulk.html",
        status=422 if reason or number else 200,
        asked=wanted,
        reason_error=reason,
        number_error=number,
        reason=given,
        typed=len(wanted.keys) > TYPED,
        not_done=NOT_DONE,
        message_path=message_path,
        person_path=person_path,
        back=visit.url("/messages", q=wanted.query or None).removeprefix("/console"),
    )


def _read(visit: Visit, told: Sequence[str]) -> tuple[Key, ...]:
    """Messages as forms name them, `brand/id`. Raises NotFound for a brand that the user does not see."""
    keys = [Key(*one.partition("/")[::2]) for one in dict.fromkeys(told)]
    if any(key.brand not in visit.brands for key in keys):
        raise NotFound("There is no such message.")
    return tuple(keys)


def _by_brand(keys: Sequence[Key]) -> dict[str, list[str]]:
    brands: dict[str, list[str]] = {}
    for key in keys:
        brands.setdefault(key.brand, []).append(key.id)
    return brands


def _most(visit: Visit) -> int:
    return MOST_OF_SUPPORT if visit.user.role is Role.SUPPORT else MOST


def _too_many(visit: Visit, most: int) -> str:
    said = visit.t("This is for at most {most} messages at a time. Narrow the query.", most=visit.words.number(most))
    return f"{said} {visit.t('For more, ask an operator: wasl messages retry.')}"


PAGES = (
    Page("GET", "/messages/bulk", Permission.RESEND, asked),
    Page("POST", "/messages/bulk", Permission.RESEND, done),
    Page("GET", "/messages/bulk/{token}", Permission.RESEND, told),
)
