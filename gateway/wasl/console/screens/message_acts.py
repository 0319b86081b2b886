"""What may be done with a message: retry, send again, by another channel, cancel. Each shows first what will happen, and asks why."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from aiohttp import web

from wasl.answers import LEFT_ALONE, DeliverySeen, LeftAlone, MessageSeen
from wasl.api import Gateway
from wasl.console.diagnoses import refusal_told
from wasl.console.judged import Way, ways
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.screens.message import found
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import Conflict, Refused
from wasl.resent_seen import ResendSeen
from wasl.states import PENDING

Act = Literal["retry", "again", "other", "cancel"]
LONGEST_REASON: Final = 500
_TWICE: Final[LeftAlone] = "may_have_arrived"
_DONE: Final[dict[Act, str]] = {
    "retry": msgid("It is on its way again."),
    "again": msgid("It goes again, as this new message."),
    "other": msgid("It goes by the other channel, as this new message."),
    "cancel": msgid("What was waiting is cancelled."),
}


class Asked(NamedTuple):
    """An act before it is done. `against` stands against it, with what to do instead; `overridable`: it can be done all the same."""

    act: Act
    seen: MessageSeen
    against: str = ""
    instead: str = ""
    overridable: bool = False
    waiting: Sequence[DeliverySeen] = ()
    resend: ResendSeen | None = None
    ways: Sequence[tuple[str, Sequence[Way]]] = ()
    others: Sequence[tuple[str, ResendSeen]] = ()
    shown: str = ""
    """Stands for what the person has already, and how often it was sent again: who confirms must have seen as much."""

    @property
    def possible(self) -> bool:
        """Whether there is something to confirm."""
        return not self.against or self.overridable


async def ask(visit: Visit) -> web.StreamResponse:
    """What will happen, what the person has already, and the form."""
    gateway, seen = await found(visit)
    return await _page(visit, await _asked(visit, gateway, seen))


async def do(visit: Visit) -> web.StreamResponse:
    """Do it, once it has a reason."""
    gateway, seen = await found(visit)
    fields, act = await visit.form(), _act(visit)
    reason, anyway = fields.get("reason", "").strip(), fields.get("anyway") == "on"
    if not reason or len(reason) > LONGEST_REASON:
        problem = visit.t("Say why, in at most {most} characters.", most=LONGEST_REASON)
        return await _page(visit, await _asked(visit, gateway, seen), problem)
    if act in ("again", "other") and (asked := await _asked(visit, gateway, seen)).shown != fields.get("shown", ""):
        return await _page(visit, asked, visit.t("Meanwhile more went to them. See what they have now, and confirm once more."))
    acting = gateway.by(visit.actor, reason)
    try:
        target = await _done(acting, seen, act, visit, anyway=anyway)
    except Conflict as refused:
        asked = await _asked(visit, gateway, await gateway.get(seen.id))
        if asked.overridable:
            return await _page(visit, asked, visit.t("Say that you want it all the same."))
        return visit.refused(f"{visit.t(refused.message)} {visit.t(refused.suggested_action)}", status=409)
    except Refused as refused:
        return visit.refused(refusal_told(visit.words, refused))
    return visit.redirect(f"/messages/{target}", visit.t(_DONE[act]))


async def _done(acting: Gateway, seen: MessageSeen, act: Act, visit: Visit, *, anyway: bool) -> str:
    """The id of the message to look at then."""
    fields = await visit.form()
    if act == "cancel":
        return (await acting.cancel(seen.id)).id
    if act == "retry":
        return (await acting.retry(seen.id, possible_duplicate=anyway)).id
    channel = fields.get("channel", "") if act == "other" else None
    # Two who saw the same want the same: it goes once.
    return (await acting.resend(seen.id, channel=channel, anyway=anyway, token=f"{channel} {fields.get('shown', '')}")).id


async def _asked(visit: Visit, gateway: Gateway, seen: MessageSeen) -> Asked:
    act = _act(visit)
    if act == "cancel":
        waiting = [one for one in seen.deliveries if one.state in PENDING]
        against = "" if waiting else msgid("Nothing of it is waiting any more.")
        return Asked(act, seen, against, waiting=waiting)
    if act == "retry":
        return await _retry(gateway, seen)
    try:
        asked = await (_again(visit, gateway, seen) if act == "again" else _other(visit, gateway, seen))
        return asked._replace(shown=await _shown(gateway, asked))
    except Refused as refused:
        return Asked(act, seen, refusal_told(visit.words, refused))


async def _retry(gateway: Gateway, seen: MessageSeen) -> Asked:
    """The very same message, with its whole life and route before it."""
    why = await gateway.foresee_retry(seen.id)
    if why is None:
        return Asked("retry", seen)
    sentence, next_step = LEFT_ALONE[why]
    return Asked("retry", seen, sentence, next_step, overridable=why == _TWICE)


async def _again(visit: Visit, gateway: Gateway, seen: MessageSeen) -> Asked:
    told = await gateway.foresee_resend(seen.id)
    return Asked("again", seen, told.sentence, told.next_step, told.overridable, resend=told, ways=_ways(visit, told))


async def _other(visit: Visit, gateway: Gateway, seen: MessageSeen) -> Asked:
    """Each channel that was not tried and on which they have an address, with what would become of it there."""
    base = await gateway.foresee_resend(seen.id)
    used = {one.channel for one in seen.deliveries if one.attempts}
    names = [channel for channel in base.ways if channel not in used]
    others = [(name, await gateway.foresee_resend(seen.id, channel=name)) for name in names]
    usable = [one for _, one in others if one.refused is None]
    doubtful = [one for _, one in others if one.overridable]
    if usable or not others:
        against = "" if others else msgid("They have no address on another channel.")
        return Asked("other", seen, against, resend=base, others=others)
    told = (doubtful or [one for _, one in others])[0]
    return Asked("other", seen, told.sentence, told.next_step, told.overridable, resend=base, others=others)


async def _shown(gateway: Gateway, asked: Asked) -> str:
    has = [one.message for one in asked.resend.has] if asked.resend is not None else []
    copies = [one.id for one in await gateway.related(asked.seen.id) if one.how == "resent_as"]
    return sha256(" ".join([*sorted(has), "-", *sorted(copies)]).encode()).hexdigest()[:32]


def _ways(visit: Visit, told: ResendSeen) -> Sequence[tuple[str, Sequence[Way]]]:
    """What every rule says of the new message, by delivery."""
    explanation = told.explanation
    if explanation is None:
        return ()
    return [(one.verdict, ways(one.decision, visit.words)) for one in explanation.deliveries]


async def _page(visit: Visit, asked: Asked, problem: str = "") -> web.StreamResponse:
    fields = await visit.form()
    return visit.page("message/act.html", status=422 if problem else 200, asked=asked, problem=problem, fields=fields)


def _act(visit: Visit) -> Act:
    act: Act = visit.request.match_info["act"]  # type: ignore[assignment]  # the path allows no other
    return act


_PATH: Final = "/messages/{id}/{act:retry|again|other|cancel}"
PAGES = (Page("GET", _PATH, Permission.RESEND, ask), Page("POST", _PATH, Permission.RESEND, do))
