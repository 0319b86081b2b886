"""Sending a message by hand to a person who is known: what fills it, what it will be and what they have already, then the sending."""

from aiohttp import web

from wasl.api import Gateway
from wasl.audited import Action
from wasl.console.by_hand import AS_JSON, ByHand, by_hand, by_variable
from wasl.console.judged import ways
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.errors import Refused
from wasl.explanations import Question
from wasl.ledger.reads import Filters
from wasl.problems import validated
from wasl.showing.parts import parts
from wasl.showing.seen import Glimpse
from wasl_contracts import Message

_LAST = 5  # messages of the template that they have already


async def filled(visit: Visit) -> web.StreamResponse:
    """The form for what fills the template."""
    return _fill(visit, await by_hand(visit, visit.query))


async def looked(visit: Visit) -> web.StreamResponse:
    """What would be sent, what the rules say, what they have already; and the form that sends it."""
    asked = await by_hand(visit, await visit.form())
    gateway = visit.of(asked.brand)
    try:
        message = asked.message()
        preview = await gateway.show(validated(Glimpse, message))
        explanation = await gateway.answer(validated(Question, message))
    except Refused as refused:
        return _fill(visit, asked, refused)
    if explanation.category == "otp":
        return visit.refused(visit.t("Only your application makes one-time codes."))
    already = await gateway.list(Filters(recipient=asked.person, template=asked.template), limit=_LAST)
    judged = [way for one in explanation.deliveries for way in ways(one.decision, visit.words)]
    shown = [(one, list(parts(one.content)) if one.content is not None else []) for one in preview.channels]
    return visit.page(
        "explain/look.html", asked=asked, preview=preview, shown=shown, explanation=explanation, judged=judged, already=already.data
    )


async def sent(visit: Visit) -> web.StreamResponse:
    """Send it, with a reason, by the rules that hold for every message."""
    fields = await visit.form()
    asked, reason = await by_hand(visit, fields), fields.get("reason", "").strip()
    if not reason:
        return visit.refused(visit.t("Say why you do it."))
    gateway = visit.of(asked.brand, reason)
    try:
        message = validated(Message, asked.message())
        if await _is_code(gateway, message):
            return visit.refused(visit.t("Only your application makes one-time codes."))
        await gateway.audit(Action.MESSAGE_SENT, asked.person, template=asked.template)
        accepted = await gateway.accept(message, f"console-{fields.get('once', '')}")
    except Refused as refused:
        return _fill(visit, asked, refused)
    return visit.redirect(f"/messages/{accepted.id}", said=visit.t("It was accepted, and goes as the rules allow."))


async def _is_code(gateway: Gateway, message: Message) -> bool:
    return (await gateway.answer(validated(Question, message.model_dump(exclude_unset=True)))).category == "otp"


def _fill(visit: Visit, asked: ByHand, refused: Refused | None = None) -> web.Response:
    problems = by_variable(refused, visit.words) if refused is not None else {}
    return visit.page("explain/fill.html", status=422 if problems else 200, asked=asked, as_json=AS_JSON, problems=problems)


PAGES = (
    Page("GET", "/explain/send", Permission.RESEND, filled),
    Page("POST", "/explain/send/look", Permission.RESEND, looked),
    Page("POST", "/explain/send", Permission.RESEND, sent),
)
