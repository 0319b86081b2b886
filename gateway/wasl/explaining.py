"""Explaining: what would become of a message, decided by the very code that sends, with nothing written and nothing sent.

draft ─ foresee ─ read inputs ─ judge ─ choose the provider ─ render        (pipeline.py does the same, and goes on)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from wasl.acceptance import Caller, Drafting
from wasl.answers import WhyNot
from wasl.choosing import Choice, choose, stood, why_resting
from wasl.content.rendering import RenderingFailed
from wasl.costing import FREE, Costing
from wasl.counterfactuals import sentences
from wasl.deciding import Deciding, Decision, Go, Wait
from wasl.decision_reading import Decided, decode
from wasl.decisions import Record
from wasl.escalation import Escalating
from wasl.explanations import Assumption, DeliveryExplained, Escalates, Explanation, RouteSeen, Would
from wasl.files.enclosing import Enclosing
from wasl.ids import delivery_id
from wasl.ledger.claims import Claimed
from wasl.ledger.ledger import Ledger
from wasl.ledger.people import recipient_seen
from wasl.ledger.providers import Providers
from wasl.policies.prices import cost_seen
from wasl.policies.verdict import Cost, Inputs, Withhold
from wasl.registry import Specs
from wasl.slots import AGAIN
from wasl.standing import Standing, Standings
from wasl.states import rank
from wasl.writing import Writing
from wasl_contracts import Envelope, Message, Reason, State
from wasl_contracts.duration import written

_ROUNDS = 20  # deferrals, one after the other, that are followed to tell when it goes
_VERDICTS: dict[State, Would] = {State.EXPIRED: "expire", State.WITHHELD: "withhold", State.FAILED: "fail"}
_FURTHEST: tuple[Would, ...] = ("send", "defer", *(_VERDICTS[state] for state in sorted(_VERDICTS, key=rank)))


@dataclass(frozen=True, slots=True)
class Scene:
    """The parts of a gateway that decide, and the version of its configuration."""

    specs: Specs
    ledger: Ledger
    drafting: Drafting
    deciding: Deciding
    providers: Providers
    writing: Writing
    enclosing: Enclosing
    escalating: Escalating
    version: str


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What would become of a delivery at a moment; `again` is when it would be decided anew."""

    verdict: Would
    record: Record
    reason: Reason | None = None
    again: datetime | None = None
    cost: Cost = FREE


class Explaining:
    """Explains messages of one gateway."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._ledger = scene.ledger
        self._costing = Costing(scene.specs.config, scene.deciding.prices)

    async def explain(self, message: Message, at: datetime | None = None, *, seen_as: str | None = None) -> Explanation:
        """What would become of a message that is accepted at that moment; `seen_as` is as in `Drafting.draft`.

        Raises:
            Refused: it would not be accepted.
        """
        now = self._ledger.clock.now()
        at = at.astimezone(UTC) if at is not None else now
        draft = self._scene.drafting.draft(message, None, at, caller=Caller(seen_as))
        if message.attachments:
            draft = await self._scene.enclosing.foreseen(draft, message)
        claims = await self._ledger.foreseeing.claims(draft)
        seen = _Seen(at, now, tuple(self._scene.specs.plugins), await self._standings(past=at < now))
        deliveries = tuple([await self._delivery(claimed, seen) for claimed in claims])
        envelope = claims[0].envelope
        best = min(deliveries, key=lambda one: _FURTHEST.index(one.verdict))
        return Explanation(
            **{name: getattr(best, name) for name in ("verdict", "reason", "goes_at", "channel", "provider", "cost")},
            sentences=_said(best, at, envelope.timezone),
            at=at,
            expires_at=envelope.expires_at,
            to=recipient_seen(envelope.recipient_id, envelope.audience, envelope.locale, envelope.timezone, envelope.addresses),
            topic=envelope.topic,
            category=envelope.category,
            route=self._route(message, envelope),
            deliveries=deliveries,
            assumptions=_assumed(at, now),
        )

    async def _delivery(self, claimed: Claimed, seen: "_Seen") -> DeliveryExplained:
        """What becomes of a delivery, and by following its deferrals, when and how it goes."""
        envelope = claimed.envelope
        first = found = await self._outcome(claimed, max(seen.at, envelope.send_at or seen.at), seen)
        goes_at = first.record.at
        verdict, reason = first.verdict, first.reason
        if claimed.reason in (Reason.SEND_AT, Reason.IN_ORDER) and verdict in ("send", "defer"):
            verdict, reason = "defer", claimed.reason
        for _ in range(_ROUNDS):
            if found.again is None:
                break
            goes_at = found.again
            found = await self._outcome(claimed, goes_at, seen)
        goes = found.verdict == "send" and claimed.reason is not Reason.IN_ORDER
        chosen = found.record.chosen
        of = Decided(delivery_id(claimed.message_id, claimed.number), first.record.at, envelope.topic, self._scene.version)
        return DeliveryExplained(
            verdict=verdict,
            reason=WhyNot.of(reason) if reason is not None else None,
            goes_at=goes_at if goes else None,
            channel=chosen.channel if goes and chosen is not None else None,
            provider=found.record.provider if goes else None,
            cost=cost_seen(found.cost) if goes and found.cost != FREE else None,
            escalations=tuple(self._escalations(envelope, found.record, goes_at)) if goes else (),
            decision=decode(first.record.stored(), of),
        )

    async def _outcome(self, claimed: Claimed, at: datetime, seen: "_Seen") -> _Outcome:
        candidates = self._scene.deciding.candidates(claimed)
        inputs = await self._ledger.foreseeing.inputs(candidates, at, seen.now)
        decision = self._scene.deciding.decide(claimed, candidates, inputs, at)
        standings = seen.standings_at(at)
        return self._outcome_of(claimed, decision, standings, inputs)

    def _outcome_of(self, claimed: Claimed, decision: Decision, standings: Standings, inputs: Inputs) -> _Outcome:
        if isinstance(decision, Go):
            return self._going(claimed, decision, standings, inputs)
        record = self._record(claimed, decision, standings, None)
        if isinstance(decision, Wait):
            return _Outcome("defer", record, decision.reason, decision.until)
        return _Outcome(_VERDICTS[decision.state], record, decision.reason)

    def _going(self, claimed: Claimed, go: Go, standings: Standings, inputs: Inputs) -> _Outcome:
        choice = choose(claimed, go, standings, go.at)
        candidate = choice.candidate
        if choice.provider is None:
            record = self._record(claimed, go, standings, None)
            again = max(standings.resumes_at(choice.usable, go.at), go.at + AGAIN)
            return _Outcome("defer", record, why_resting(choice.usable, standings), min(again, claimed.envelope.expires_at))
        try:
            content = self._scene.writing.content(claimed.envelope, candidate, self._scene.specs[choice.provider])
        except RenderingFailed as failed:
            return _Outcome("fail", self._record(claimed, go, standings, None), failed.reason)
        _, cost = self._costing.weighed(content, candidate, choice.provider)
        if cost != candidate.cost and self._scene.deciding.bound(candidate):
            decision = self._scene.deciding.at_cost(claimed, go, replace(candidate, cost=cost), inputs)
            return self._outcome_of(claimed, decision, standings, inputs)
        return _Outcome("send", self._record(claimed, go, standings, choice), cost=cost)

    def _record(self, claimed: Claimed, decision: Decision, standings: Standings, choice: Choice | None) -> Record:
        told = stood(claimed, decision.judged, standings, decision.at)
        chosen, provider = (choice.candidate, choice.provider) if choice is not None else (None, None)
        return Record(self._scene.version, decision.at, decision.judged, decision.missed, told, chosen, provider)

    async def _standings(self, *, past: bool) -> tuple[Standing, ...]:
        """How the providers do now; of the past that is not known, and they are taken to do well."""
        return () if past else tuple(await self._scene.providers.seen())

    def _escalations(self, envelope: Envelope, record: Record, at: datetime) -> Iterator[Escalates]:
        """What goes after it, one after the other; not by a channel from which a policy withholds it now."""
        closed = [j.candidate.channel for j in record.judged if isinstance(j.against, Withhold)]
        tried = (*closed, record.chosen.channel) if record.chosen is not None else ()
        while tried and (step := self._scene.escalating.next(envelope, tried, at)) is not None:
            yield Escalates(channel=step.channel, at=step.at)
            tried, at = (*tried, step.channel), step.at

    def _route(self, message: Message, envelope: Envelope) -> RouteSeen:
        config, escalation = self._scene.specs.config, envelope.escalation
        name = config.topics[envelope.topic].route
        source = "message.channels" if message.channels is not None else config.line("routes", name) or f"routes.{name}"
        seen = RouteSeen(mode=envelope.mode, channels=envelope.channels, source=source)
        if escalation is None:
            return seen
        after = escalation.after if isinstance(escalation.after, str) else written(escalation.after)
        return seen.model_copy(update={"until": escalation.until, "escalate_after": after})


@dataclass(frozen=True, slots=True)
class _Seen:
    """The moment that is asked about, the present, and what is known of the providers."""

    at: datetime
    now: datetime
    names: tuple[str, ...]
    known: tuple[Standing, ...]

    def standings_at(self, at: datetime) -> Standings:
        """As a worker knows them that may try those whose time to be tried has come."""
        standings = Standings(self.names)
        for standing in self.known:
            if standing.name in self.names:
                standings.learn(standing)
        for name in standings.untried(at):
            standings.try_by_one_call(name, at + AGAIN)
        return standings


def _assumed(at: datetime, now: datetime) -> tuple[Assumption, ...]:
    if at > now:
        return ("nothing_more_is_sent", "providers_as_now", "recipient_as_now")
    return ("providers_well", "recipient_as_now") if at < now else ()


def _said(best: DeliveryExplained, at: datetime, zone: str | None) -> dict[str, str]:
    around = {"channel": best.channel, "provider": best.provider, "zone": zone, "reason": best.reason and best.reason.code}
    told = {name: str(value) for name, value in around.items() if value}
    if best.reason is not None:
        told["why"] = best.reason.sentence
    if best.goes_at is not None:
        told["until"] = best.goes_at.isoformat()
    if best.verdict == "send":
        return sentences("goes_now", told, at)
    if best.verdict == "defer":
        return sentences("goes_later" if best.goes_at is not None else "waits", told, at)
    return sentences("not_sent", told, at)
