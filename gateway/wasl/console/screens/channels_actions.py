"""Pausing a provider, letting it be called again, and sending a test by it: each shows first what it will do."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

from wasl.answers import ProvidersSeen
from wasl.api import Gateway
from wasl.audited import Action
from wasl.console.diagnoses import problem_told
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.screens.channels import Sayings
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import Conflict, NotFound, Refused
from wasl.problems import validated
from wasl.provider_seen import ProviderHealth
from wasl_contracts import Message, Reason

_SHARED = msgid("This provider serves other brands too. Ask somebody who operates all brands.")
_LONGEST_REASON = 500


class Asked(NamedTuple):
    """A form of this screen: the provider that it is about, what was wrong with it, and what was written into it."""

    health: ProviderHealth
    problem: str
    fields: Mapping[str, str]


async def ask_pause(visit: Visit) -> web.StreamResponse:
    """What waits for the provider, and which other one would take over."""
    return await _asked(visit, "pause")


async def pause(visit: Visit) -> web.StreamResponse:
    """Pause it."""
    done = visit.t("{provider} is paused: no call begins any more.", provider=_name(visit))
    return await _done(visit, "pause", lambda gateway: gateway.pause_provider(_name(visit)), done)


async def ask_resume(visit: Visit) -> web.StreamResponse:
    """What would go as soon as it is called again."""
    return await _asked(visit, "resume")


async def resume(visit: Visit) -> web.StreamResponse:
    """Let it be called again."""
    done = visit.t("{provider} is called again.", provider=_name(visit))
    return await _done(visit, "resume", lambda gateway: gateway.resume_provider(_name(visit)), done)


async def ask_test(visit: Visit) -> web.StreamResponse:
    """Where a test goes, and by whom."""
    return await _test_form(visit)


async def test(visit: Visit) -> web.StreamResponse:
    """Send it as a message like any other, by the channel of the provider."""
    name, fields = _name(visit), await visit.form()
    reason, spec = fields.get("reason", "").strip(), visit.gateway.provider_spec(name)
    kind = spec.kind(fields.get("kind", "")) or spec.addresses[0]
    if not reason:
        return await _test_form(visit, visit.t("Say why."))
    brand = _brand(visit, name)
    gateway = visit.of(brand, reason)
    content = {"title": visit.t("Test message"), "body": visit.t("This is a test message from wasl.")}
    to = {"audience": kind.audience, "addresses": [{"channel": spec.channel, "kind": kind.kind, "value": fields.get("to", "").strip()}]}
    try:
        message = validated(Message, {"to": to, "content": content, "channels": [spec.channel], "brand": brand})
        await gateway.audit(Action.PROVIDER_TESTED, name, channel=spec.channel)
        accepted = await gateway.accept(message, f"console-test-{fields['once']}" if "once" in fields else None)
    except Refused as refused:
        return await _test_form(visit, visit.t("This is not an address that {channel} can use.", channel=spec.channel), refused)
    return visit.redirect(f"/messages/{accepted.id}", visit.t("The test is on its way. What becomes of it is told here."))


async def _test_form(visit: Visit, problem: str = "", refused: Refused | None = None) -> web.StreamResponse:
    name, fields = _name(visit), await visit.form()
    health, healths = await _healths(visit)
    kinds = [(kind.kind, kind.kind) for kind in visit.gateway.provider_spec(name).addresses]
    first = next((one for one in healths if one.provider.channel == health.provider.channel and _takes(one)), None)
    problems = [problem_told(visit.words, one) for one in refused.errors] if refused is not None else []
    told = Asked(health, problem, fields)
    status = 422 if problem else 200
    return visit.page("channels/test.html", status=status, asked=told, kinds=kinds, first=first, problems=problems, say=Sayings(visit))


async def _asked(visit: Visit, verb: str, problem: str = "") -> web.StreamResponse:
    health, healths = await _healths(visit)
    if visit.gateway.shared(health.provider.name) and (verb == "pause" or _by_operator(health)):
        return visit.refused(visit.t(_SHARED), status=409)
    others = [one for one in healths if one.provider.name in health.others and _takes(one)]
    told = Asked(health, problem, await visit.form())
    return visit.page(f"channels/{verb}.html", status=422 if problem else 200, asked=told, others=others, say=Sayings(visit))


async def _done(visit: Visit, verb: str, act: Callable[[Gateway], Awaitable[ProvidersSeen]], said: str) -> web.StreamResponse:
    reason = (await visit.form()).get("reason", "").strip()
    if not reason or len(reason) > _LONGEST_REASON:
        return await _asked(visit, verb, visit.t("Say why, in at most {most} characters.", most=_LONGEST_REASON))
    try:
        await act(visit.gateway.by(visit.actor, reason))
    except Conflict:
        return visit.refused(visit.t(_SHARED), status=409)
    return visit.redirect(f"/channels/{_name(visit)}", said)


def _name(visit: Visit) -> str:
    return visit.request.match_info["provider"]


async def _healths(visit: Visit) -> tuple[ProviderHealth, Sequence[ProviderHealth]]:
    """How the provider of the path does, and all of them; raises NotFound."""
    healths = await visit.gateway.provider_healths()
    found = next((one for one in healths if one.provider.name == _name(visit)), None)
    if found is None:
        raise NotFound("There is no such provider.")
    return found, healths


def _by_operator(health: ProviderHealth) -> bool:
    return health.provider.reason is not None and health.provider.reason.code is Reason.OPERATOR_PAUSED


def _brand(visit: Visit, provider: str) -> str:
    """The first of the user's brands that the provider serves; the gateway's own, where that is one of them."""
    own, only = visit.gateway.brand, visit.gateway.config.providers[provider].brands
    served = [brand for brand in visit.brands if brand in (only or visit.brands)]
    return own if own in served else next(iter(served), own)


def _takes(health: ProviderHealth) -> bool:
    """Whether it is called now."""
    return health.word in ("healthy", "degraded")


PAGES = (
    Page("GET", "/channels/{provider}/pause", Permission.PROVIDERS, ask_pause),
    Page("POST", "/channels/{provider}/pause", Permission.PROVIDERS, pause),
    Page("GET", "/channels/{provider}/resume", Permission.PROVIDERS, ask_resume),
    Page("POST", "/channels/{provider}/resume", Permission.PROVIDERS, resume),
    Page("GET", "/channels/{provider}/test", Permission.PROVIDERS, ask_test),
    Page("POST", "/channels/{provider}/test", Permission.PROVIDERS, test),
)
