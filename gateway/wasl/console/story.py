"""The life of a message as steps for people: acceptance, route, skipped ways, renderings, calls, reports, and the waits between them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from pydantic import JsonValue

from wasl.answers import AttemptSeen, DeliverySeen, MessageSeen, TimelineEntry
from wasl.decision_seen import CandidateSeen, DecisionSeen
from wasl.related_seen import RelatedSeen
from wasl_contracts import Reason

Kind = Literal["accepted", "routed", "skipped", "decided", "rendered", "called", "happened", "resent"]
Waited = Literal["queue", "report", "person", "operator"]
"""For what it waited where no rule held it: its turn, the provider's report, what the person did, somebody's decision."""
_LONG: Final = timedelta(seconds=1)  # from which on a wait is told
_REPORTS: Final = frozenset({"delivered", "bounced", "failed", "receipt_overdue", "unknown", "left_unknown"})
_BY_PERSON: Final = frozenset({"opened", "seen", "read", "clicked", "replied", "complained", "unsubscribed"})
_BY_OPERATOR: Final = frozenset({"replayed", "cancelled"})
_TOLD_BY_CALL: Final = ("sending", "answer.")
_ORDER: Final[Mapping[Kind, int]] = {
    "accepted": 0, "routed": 1, "skipped": 2, "decided": 3, "rendered": 4, "called": 5, "happened": 6, "resent": 7,
}  # fmt: skip


class Wait(NamedTuple):
    """How long nothing happened before a step, and why: a reason of the closed list, or else for what."""

    seconds: float
    reason: Reason | None
    waited: Waited


class Step(NamedTuple):
    """One step; what its kind has to tell is filled in. `name` is the type of what happened."""

    at: datetime
    kind: Kind
    name: str = ""
    delivery: DeliverySeen | None = None
    attempt: AttemptSeen | None = None
    candidate: CandidateSeen | None = None
    decision: DecisionSeen | None = None
    reason: Reason | None = None
    until: datetime | None = None
    facts: Mapping[str, JsonValue] = {}
    message: str = ""
    wait: Wait | None = None

    @property
    def seconds(self) -> float | None:
        """How long a call took; None where its end was never seen."""
        call = self.attempt
        return (call.ended_at - call.started_at).total_seconds() if call is not None and call.ended_at is not None else None


def steps(seen: MessageSeen, related: Sequence[RelatedSeen] = ()) -> list[Step]:
    """All steps, oldest first, each with the wait before it where that was longer than a second."""
    found = [Step(seen.created_at, "accepted"), Step(seen.created_at, "routed")]
    deliveries = {one.id: one for one in seen.deliveries}
    for decision in seen.decisions:
        found += _decided(decision, deliveries[decision.delivery])
    for delivery in seen.deliveries:
        found += _called(delivery)
    found += [_happened(entry, deliveries.get(entry.delivery or "")) for entry in seen.timeline if _of_its_own(entry)]
    found += [Step(one.created_at, "resent", message=one.id) for one in related if one.how == "resent_as"]
    found.sort(key=lambda step: (step.at, _ORDER[step.kind]))
    return list(_with_waits(found))


def _decided(decision: DecisionSeen, delivery: DeliverySeen) -> Iterator[Step]:
    for candidate in decision.candidates:
        if candidate.chosen:
            yield Step(decision.at, "decided", delivery=delivery, candidate=candidate, decision=decision)
        elif candidate.reason is not None:
            yield Step(decision.at, "skipped", delivery=delivery, candidate=candidate, decision=decision, reason=candidate.reason)


def _called(delivery: DeliverySeen) -> Iterator[Step]:
    for place, attempt in enumerate(delivery.attempts):
        if place == 0:
            yield Step(attempt.started_at, "rendered", delivery=delivery, attempt=attempt)
        yield Step(attempt.started_at, "called", delivery=delivery, attempt=attempt, reason=attempt.reason)


def _of_its_own(entry: TimelineEntry) -> bool:
    """Whether it is told by no other step."""
    return entry.type != "accepted" and not entry.type.startswith(_TOLD_BY_CALL)


def _happened(entry: TimelineEntry, delivery: DeliverySeen | None) -> Step:
    reason, until = entry.facts.get("reason"), entry.facts.get("until")
    return Step(
        entry.at,
        "happened",
        name=entry.type,
        delivery=delivery,
        reason=Reason(reason) if isinstance(reason, str) else None,
        until=datetime.fromisoformat(until) if isinstance(until, str) else None,
        facts={name: value for name, value in entry.facts.items() if name not in ("reason", "until")},
    )


def _with_waits(found: Sequence[Step]) -> Iterator[Step]:
    """Each step with the wait before it; a call takes its own time, which is no wait."""
    quiet_since, held = found[0].at, None
    for step in found:
        gap = step.at - quiet_since
        if gap > _LONG:
            step = step._replace(wait=Wait(gap.total_seconds(), held, _for_what(step)))  # noqa: PLW2901 - the same step with its wait
        yield step
        ended = step.attempt.ended_at if step.kind == "called" and step.attempt is not None else None
        quiet_since = max(quiet_since, step.at, ended or step.at)
        held = step.reason if step.name == "scheduled" else None


def _for_what(step: Step) -> Waited:
    if step.name in _BY_PERSON:
        return "person"
    if step.name in _BY_OPERATOR or step.kind == "resent":
        return "operator"
    return "report" if step.name in _REPORTS else "queue"
