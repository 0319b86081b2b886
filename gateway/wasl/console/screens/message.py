"""One message: what became of it in a sentence, why, its life step by step, what it says, and what belongs to it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web

from wasl.answers import AttemptSeen, DeliverySeen, MessageSeen
from wasl.api import Gateway
from wasl.config import Config
from wasl.console.consent_grid import topic_title
from wasl.console.judged import Way, ways
from wasl.console.live_rows import look_of
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.revealing import revealed
from wasl.console.sentences import sentence
from wasl.console.story import Step, steps
from wasl.console.visit import Visit
from wasl.ledger.kin import Details
from wasl.related_seen import Alike, RelatedSeen
from wasl.seeking import Key
from wasl.showing.parts import Part, parts
from wasl.showing.seen import CallShown
from wasl.states import LIVE, PENDING
from wasl_contracts import Reason, State

TABS: Final = ("preview", "text", "source", "data", "calls", "related")
_ALIKE: Final = frozenset({State.FAILED, State.BOUNCED, State.EXPIRED, State.UNKNOWN, State.WITHHELD, State.SCHEDULED})
_RETRIED: Final = frozenset({State.FAILED, State.BOUNCED, State.EXPIRED, State.UNKNOWN})
UNDER_WAY: Final = LIVE | {State.SENT}
"""What may become something else by itself."""
_LONGEST_SOURCE: Final = 60_000  # characters that are shown


@dataclass(frozen=True, slots=True)
class Whole:
    """All that the page tells. `calls` are what was handed over, where it is revealed to this user; `newest` is the last call made."""

    seen: MessageSeen
    sentence: str
    steps: Sequence[Step]
    details: Details
    related: Sequence[RelatedSeen]
    alike: Alike | None
    alike_query: str
    route_source: str
    revealed: bool
    calls: Sequence[CallShown]

    @property
    def leading(self) -> DeliverySeen:
        """The delivery whose state is the message's."""
        return next(one for one in self.seen.deliveries if one.state is self.seen.state)

    @property
    def attempts(self) -> Sequence[tuple[DeliverySeen, AttemptSeen]]:
        """All calls, with their deliveries."""
        return [(delivery, attempt) for delivery in self.seen.deliveries for attempt in delivery.attempts]

    def handed(self, attempt: str) -> CallShown | None:
        """What a call handed over, where it is revealed."""
        return next((call for call in self.calls if call.id == attempt), None)


async def show(visit: Visit) -> web.StreamResponse:
    """The page."""
    gateway, seen = await found(visit)
    tab = visit.query.get("tab", TABS[0])
    whole = await _whole(visit, gateway, seen)
    return visit.page(
        "message/show.html",
        message=whole,
        tab=tab if tab in TABS else TABS[0],
        judged=lambda step: _judged(visit, step),
        read=_read,
        source=_source,
        told=lambda facts: json.dumps(facts, ensure_ascii=False, indent=2),
        curl=_curl(gateway.config, seen.id),
        can_retry=any(one.state in _RETRIED or one.reason is Reason.AFTER_RESTORE for one in seen.deliveries),
        can_cancel=any(one.state in PENDING for one in seen.deliveries),
        live=await _live(visit, seen),
    )


async def _live(visit: Visit, seen: MessageSeen) -> str | None:
    """Where the page is told how it goes on, below /console; None where nothing more happens to it by itself."""
    rows = await visit.house.gateway.messages_found([Key(seen.brand, seen.id)]) if seen.state in UNDER_WAY else ()
    if not rows:
        return None
    the_same = (rows[0].state, rows[0].marks) == (seen.state, seen.marks)  # it may have gone on between the two looks
    return f"/messages/{seen.id}/live?look={look_of(rows[0]) if the_same else ''}"


async def found(visit: Visit) -> tuple[Gateway, MessageSeen]:
    """The message of the path, and the gateway seen as its brand. Raises NotFound."""
    message_id = visit.request.match_info["id"]
    return await visit.anywhere(lambda gateway: gateway.get(message_id))


async def _whole(visit: Visit, gateway: Gateway, seen: MessageSeen) -> Whole:
    related, details, is_open = await gateway.related(seen.id), await gateway.details(seen.id), await revealed(visit, gateway, seen)
    return Whole(
        seen=seen,
        sentence=told_in_a_sentence(visit, gateway, seen),
        steps=steps(seen, related),
        details=details,
        related=related,
        alike=await gateway.alike(seen) if seen.state in _ALIKE and seen.reason is not None else None,
        alike_query=alike_query(gateway, seen),
        route_source=_route_source(gateway.config, seen.topic, details),
        revealed=is_open,
        calls=await gateway.shown(seen.id) if is_open else (),
    )


def told_in_a_sentence(visit: Visit, gateway: Gateway, seen: MessageSeen) -> str:
    """What became of it, in the viewer's language."""
    return sentence(seen, visit.lang, topic=_title(visit, gateway, seen), at=visit.times.absolute)


def _title(visit: Visit, gateway: Gateway, seen: MessageSeen) -> str | None:
    """What people call its topic; None of the one that messages have which name none."""
    return topic_title(gateway.config, seen.topic, visit.lang) if seen.topic != "default" else None


def alike_query(gateway: Gateway, seen: MessageSeen) -> str:
    """The search that lists those of the last hour which ended in the same way."""
    leading = next(one for one in seen.deliveries if one.state is seen.state)
    told = [f"status:{seen.state}"]
    if seen.reason is not None:
        told.append(f"reason:{seen.reason.code.value}")
        if seen.reason.provider_code:
            told.append(f'error:"{seen.reason.provider_code}"')
    if leading.provider is not None:
        told.append(f"provider:{leading.provider}")
    return " ".join([*told, "after:1h"])


def _route_source(config: Config, topic: str, details: Details) -> str:
    """The place in wasl.toml of the route that chose these channels; empty where the message named its own."""
    found = config.topics.get(topic)
    if found is None or found.route not in config.routes or set(config.routes[found.route].channels) != set(details.channels):
        return ""
    return config.line("routes", found.route) or f"routes.{found.route}"


def _judged(visit: Visit, step: Step) -> list[Way]:
    """What every rule said when the delivery of a step was decided on."""
    return ways(step.decision, visit.words) if step.decision is not None else []


def _read(call: CallShown) -> list[Part]:
    return list(parts(call.content)) if call.content is not None else []


def _source(call: CallShown) -> str:
    """The bytes that were handed over, as text; what is long is cut."""
    return call.wire.decode(errors="replace")[:_LONGEST_SOURCE] if call.wire is not None else ""


def _curl(config: Config, message_id: str) -> str:
    base = config.server.public_url or f"http://{config.server.host}:{config.server.port}"
    return f'curl -H "Authorization: Bearer $WASL_API_KEY" {base}/v1/messages/{quote(message_id, safe="")}'


PAGES = (Page("GET", "/messages/{id}", Permission.SEE, show),)
