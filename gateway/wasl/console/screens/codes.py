"""A provider's own code: what it means, whether to try again, who can fix it, and what to do next."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from aiohttp import web

from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.provider_seen import ErrorGroup
from wasl_contracts import Reason
from wasl_contracts.errors import Scope
from wasl_contracts.provider import Refusal

Outcome = Literal["rejected", "unavailable", "unknown"]
_BY_STATUS: Final[Sequence[tuple[tuple[str, ...], tuple[Outcome, Reason, Scope | None]]]] = (  # DESIGN.md section 5
    (("401", "403"), ("rejected", Reason.PROVIDER_MISCONFIGURED, "provider")),
    (("408", "500", "502", "504"), ("unknown", Reason.OUTCOME_UNKNOWN, None)),
    (("429",), ("unavailable", Reason.RATE_LIMITED, None)),
    (("503",), ("unavailable", Reason.PROVIDER_UNAVAILABLE, None)),
)


class Meaning(NamedTuple):
    """What a code means: as the plugin lists it, as the calls of the last day were judged that ended with it, or by its status alone."""

    outcome: Outcome
    reason: Reason
    scope: Scope | None
    known_from: Literal["plugin", "calls", "status"]


async def show(visit: Visit) -> web.StreamResponse:
    """The page of a code. Raises NotFound for a provider that is not there."""
    provider, code = visit.request.match_info["provider"], visit.request.match_info["code"]
    spec, story = visit.gateway.provider_spec(provider), await visit.gateway.provider_story(provider)
    same = [group for group in story.errors if group.why.provider_code == code]
    return visit.page(
        "codes/show.html",
        provider=provider,
        code=code,
        spec=spec,
        meaning=_meaning(spec.errors.get(code), same, code),
        count=sum(group.count for group in same),
        messages=[message for group in same for message in group.messages],
        query=f'provider:{provider} error:"{code}" after:24h',
    )


def _meaning(listed: Refusal | None, same: Sequence[ErrorGroup], code: str) -> Meaning | None:
    if listed is not None:
        return Meaning(listed.outcome, listed.reason, listed.scope if listed.outcome == "rejected" else None, "plugin")
    if same and same[0].outcome in ("rejected", "unavailable", "unknown"):
        return Meaning(same[0].outcome, same[0].why.code, None, "calls")  # type: ignore[arg-type]  # it is one of them
    found = next((meaning for codes, meaning in _BY_STATUS if code in codes), None)
    return Meaning(*found, "status") if found is not None else None


PAGES = (Page("GET", "/codes/{provider}/{code:.+}", Permission.SEE, show),)
