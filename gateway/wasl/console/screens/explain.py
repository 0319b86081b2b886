"""Explain: would they get it now, by which way, and what does every rule say? Nothing is sent. Also: why a message went as it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web

from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.console.asking import Asked, Whose, by_field, question, whose
from wasl.console.costs import cost_told
from wasl.console.judged import Way, ways
from wasl.console.page import Nav, Page
from wasl.console.permissions import Permission
from wasl.console.sentences import sentence
from wasl.console.telling import channel_told
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import NotFound, Refused
from wasl.explanations import Assumption, DeliveryExplained, Explanation

NAV = Nav("Explain", "/explain", order=60)
_UNNAMED = "anon_"  # begins the id of whoever has none of their own
_ASSUMED: Mapping[Assumption, str] = {
    "nothing_more_is_sent": msgid("Taken for granted: nothing more is sent to them until then."),
    "providers_as_now": msgid("Taken for granted: providers do as they do now."),
    "recipient_as_now": msgid("Taken for granted: their addresses, language and time zone are those known now."),
    "providers_well": msgid("Taken for granted: providers did well then."),
}


class Explained(NamedTuple):
    """The answer to a form: of each delivery what it comes to, with its ways."""

    found: Explanation
    deliveries: tuple[tuple[DeliveryExplained, list[Way]], ...]


@dataclass(frozen=True, slots=True)
class Past:
    """A message that was sent or not, and the decisions that led there."""

    seen: MessageSeen
    sentence: str
    decisions: tuple[list[Way], ...]


async def asked(visit: Visit) -> web.StreamResponse:
    """The form; with a person and a template in the query its answer, with a message in it what was decided then."""
    if message_id := visit.query.get("message", "").strip():
        return await _of_message(visit, message_id)
    form = Asked.of(visit.query)
    if not form.complete:
        return _page(visit, form, visit.gateway)
    return await _answered(visit, form)


async def answered(visit: Visit) -> web.StreamResponse:
    """What the form asks. Who is known gets a link of their own, in which no address stands."""
    fields = await visit.form()
    form = Asked.of(fields)
    if not form.complete:
        field = "person" if not form.person else "template"
        return _page(visit, form, visit.gateway, problems={field: [visit.t("is missing")]})
    if not form.body:
        try:
            _, found = await _whose(visit, form.person)
        except Refused:
            found = None  # told beside the form
        if found is not None and "id" in found.to:
            told = {name: value for name, value in form._replace(person=str(found.to["id"]))._asdict().items() if value}
            return visit.redirect(visit.url("/explain", **told, brand=visit.query.get("brand")).removeprefix("/console"))
    return await _answered(visit, form)


async def _answered(visit: Visit, form: Asked) -> web.Response:
    gateway = visit.gateway
    try:
        gateway, found = await _whose(visit, form.person)
        if len(found.known) > 1:
            return _page(visit, form, gateway, known=found.known)
        examples = await gateway.template_examples(form.template) if form.template else {}
        asked_for = question(form, found.to, ZoneInfo(visit.zone), examples)
        explanation = await gateway.answer(asked_for)
    except Refused as refused:
        return _page(visit, form, gateway, problems=by_field(refused, visit.words))
    deliveries = tuple((one, ways(one.decision, visit.words)) for one in explanation.deliveries)
    assumed = [visit.t(_ASSUMED[one]) for one in explanation.assumptions]
    if examples:
        assumed.append(visit.t("The template is filled with its examples."))
    told = {"explained": Explained(explanation, deliveries), "facts": _facts(visit, explanation), "assumed": assumed}
    return _page(visit, form, gateway, **told, person=found.to.get("id"))


async def _of_message(visit: Visit, message_id: str) -> web.Response:
    gateway, seen = await visit.anywhere(lambda gateway: gateway.get(message_id))
    person = "" if seen.to.id.startswith(_UNNAMED) else seen.to.id
    told = sentence(seen, visit.lang, at=visit.times.absolute)
    past = Past(seen, told, tuple(ways(one, visit.words) for one in seen.decisions))
    return _page(visit, Asked(person=person, template=seen.template or "", topic=seen.topic), gateway, past=past)


async def _whose(visit: Visit, text: str) -> tuple[Gateway, Whose]:
    """Whom it names, in the first of the user's brands that knows them."""

    async def known(gateway: Gateway) -> Whose:
        try:
            found = await whose(gateway, text)
        except Refused:
            raise NotFound("nobody") from None
        if not found.known:
            raise NotFound("nobody")
        return found

    try:
        return await visit.anywhere(known)
    except NotFound:
        return visit.gateway, await whose(visit.gateway, text)


def _facts(visit: Visit, found: Explanation) -> list[tuple[str, str]]:
    """What stands beside the verdict."""
    t, route = visit.t, found.route
    channels = t(" then " if route.mode == "first" else " and ").join(t(channel_told(one).name) for one in route.channels)
    told = [
        (t("Asked for"), visit.times.absolute(found.at)),
        (t("Goes"), visit.times.absolute(found.goes_at) if found.goes_at is not None else ""),
        (t("By"), f"{t(channel_told(found.channel).name)}, {found.provider}" if found.channel is not None else ""),
        (t("Topic"), f"{found.topic} ({found.category})"),
        (t("Route"), f"{channels} ({route.source})"),
        (t("Would expire"), visit.times.absolute(found.expires_at)),
        (t("Costs"), cost_told(found.cost, visit.words) if found.cost is not None else ""),
    ]
    return [(name, value) for name, value in told if value]


def _page(visit: Visit, form: Asked, gateway: Gateway, **told: object) -> web.Response:
    t = visit.t
    shown: dict[str, object] = {
        "form": form,
        "templates": [("", t("a text instead")), *((name, name) for name in gateway.template_names)],
        "topics": [("", t("the default one")), *((name, name) for name in sorted(gateway.config.topics))],
        "channels": [("", t("as the topic’s route says")), *((name, t(channel_told(name).name)) for name in gateway.config.channels)],
        "brand": gateway.seen_as,
        "problems": {},
        "known": (),
        "explained": None,
        "past": None,
        "person": None,
    }
    status = 422 if told.get("problems") else 200
    return visit.page("explain/form.html", status=status, **{**shown, **told})


PAGES = (
    Page("GET", "/explain", Permission.SEE, asked),
    Page("POST", "/explain", Permission.SEE, answered),
)
