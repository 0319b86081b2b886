"""From a decision to what is done: a call that may be made, a settlement, or back into the queue."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from wasl.clock import Clock, micros
from wasl.content.rendering import RenderingFailed, render
from wasl.content.templates import Templates
from wasl.deciding import Decision, Go, Wait
from wasl.decisions import encode
from wasl.ids import attempt_id, delivery_id
from wasl.ledger.claims import Claimed, Release
from wasl.ledger.intents import Intent
from wasl.ledger.settle import Settlement
from wasl.policies.verdict import Candidate
from wasl.registry import Specs
from wasl.slots import Slots
from wasl.unknown import settled
from wasl_contracts import Delivery, Mark, Provider, Reason, State

_log = structlog.get_logger("wasl.planning")
PAUSE = timedelta(seconds=60)
"""How long a provider rests after a fault of its settings or code, before it is tried again."""
_FULL = timedelta(milliseconds=100)  # until a delivery that found no free place at its provider is claimed again


@dataclass(frozen=True, slots=True)
class Carriers:
    """The open providers: what they are, and how many calls each may have."""

    providers: Mapping[str, Provider]
    specs: Specs
    slots: Slots

    def key_life(self, provider: str | None) -> int | None:
        """For how many seconds a provider recognises a repeated delivery id; None where it does not, or is not there any more."""
        return self.specs[provider].capabilities.idempotency_seconds if provider is not None and provider in self.providers else None


@dataclass(frozen=True, slots=True)
class Plan:
    """A call that may be made: the intent, what the provider gets, and what could follow a refusal."""

    intent: Intent
    delivery: Delivery
    others: tuple[Candidate, ...]


class Planning:
    """Chooses the provider, takes a place there and renders the chosen candidate, and it alone."""

    def __init__(self, carriers: Carriers, templates: Templates, clock: Clock) -> None:
        self._carriers = carriers
        self._slots = carriers.slots
        self._templates = templates
        self._clock = clock

    def step(self, claimed: Claimed, decision: Decision) -> "Plan | Settlement | Release":
        """What a decision leads to; a plan has its place at the provider already."""
        if isinstance(decision, Go):
            try:
                return self._doubtful(claimed, decision) or self._plan(claimed, decision)
            except Exception as error:
                # A fault of ours in one message must not stop the others; it is tried again until it expires.
                _log.error("delivery.planning_failed", message=claimed.message_id, delivery=claimed.number, error=type(error).__name__)
                return Release(claimed, claimed.lane, micros(self._clock.now() + PAUSE))
        if isinstance(decision, Wait):
            return self._settlement(claimed, State.SCHEDULED, decision.reason, decision, due_at=micros(decision.until))
        stopped = self._settlement(claimed, decision.state, decision.reason, decision)
        if decision.others and claimed.channel is not None and claimed.envelope.mode == "first":
            return replace(stopped, successor=(decision.others[0].channel, (*claimed.tried, claimed.channel)))
        return stopped

    def _plan(self, claimed: Claimed, go: Go) -> "Plan | Settlement | Release":
        now = self._clock.now()
        candidate = self._awake(claimed, go, now)
        usable = self._usable(candidate, claimed)
        if not usable:
            return self._settlement(claimed, State.FAILED, Reason.PROVIDER_REJECTED, go)
        ready = [name for name in usable if not self._slots.paused(name, now)]
        if not ready:
            return self._parked(claimed, go, micros(self._slots.resumes_at(usable) or now + PAUSE))
        provider = ready[0]
        spec = self._carriers.specs[provider]
        try:
            content = render(claimed.envelope, spec.format, self._templates)
        except RenderingFailed as failed:
            return self._settlement(claimed, State.FAILED, failed.reason, go)
        if not self._slots.take(provider):
            return Release(claimed, candidate.channel, micros(now + _FULL))
        timeout = timedelta(seconds=self._carriers.specs.timeout_seconds(provider))
        stepping_in = tuple(other for other in go.others if other.channel == candidate.channel and other is not candidate)
        siblings = go.siblings if candidate is go.chosen else stepping_in
        intent = Intent(claimed, candidate, provider, encode(go.judged, candidate), siblings, timeout)
        delivery = Delivery(
            id=delivery_id(claimed.message_id, claimed.number),
            attempt_id=attempt_id(claimed.message_id, claimed.number, intent.attempt),
            message_id=claimed.message_id,
            brand=claimed.brand,
            channel=candidate.channel,
            address=candidate.address,
            content=content,
            topic=claimed.envelope.topic,
            category=claimed.envelope.category,
            created_at=claimed.envelope.created_at,
            expires_at=claimed.envelope.expires_at,
        )
        return Plan(intent, delivery, tuple(other for other in go.others if other.channel != candidate.channel))

    def _parked(self, claimed: Claimed, go: Go, due_at: int) -> "Settlement | Release":
        """Waits until its providers may be called again. Told once is enough: they may rest for days."""
        if claimed.reason is Reason.PROVIDER_PAUSED:
            return Release(claimed, go.chosen.channel, due_at)
        return self._settlement(claimed, State.SCHEDULED, Reason.PROVIDER_PAUSED, go, due_at=due_at)

    def _doubtful(self, claimed: Claimed, go: Go) -> Settlement | None:
        """What may have been sent goes again unmarked only while the provider recognises it; that may have ended while it waited."""
        if not claimed.unproven or Mark.POSSIBLE_DUPLICATE in claimed.marks:
            return None
        step = settled(claimed, self._clock.now(), self._carriers.key_life(claimed.provider))
        if step is None:
            return self._settlement(claimed, State.FAILED, Reason.OUTCOME_UNKNOWN, go)
        return step if Mark.POSSIBLE_DUPLICATE in step.marks else None

    def _awake(self, claimed: Claimed, go: Go, now: datetime) -> Candidate:
        """The chosen candidate, or while its providers rest the next one of an open delivery that has one awake."""
        ways = (go.chosen, *go.others) if claimed.channel is None else (go.chosen,)
        return next((way for way in ways if any(not self._slots.paused(name, now) for name in self._usable(way, claimed))), go.chosen)

    def _usable(self, candidate: Candidate, claimed: Claimed) -> list[str]:
        """The providers that may still be asked: none that refused, after a failover those that come next, without proof the same."""
        names = [name for name in candidate.providers if name not in claimed.refused]
        if claimed.unproven:
            return [name for name in names if name == claimed.provider]
        if claimed.reason is Reason.FAILOVER and claimed.provider in candidate.providers:
            following = candidate.providers[candidate.providers.index(claimed.provider) + 1 :]
            return [name for name in names if name in following] or names
        return names

    def _settlement(self, claimed: Claimed, state: State, reason: Reason, decision: Decision, due_at: int | None = None) -> Settlement:
        return Settlement(
            claimed=claimed,
            state=state,
            at=micros(self._clock.now()),
            reason=reason,
            due_at=due_at,
            marks=claimed.marks,
            refused=claimed.refused,
            decision=encode(decision.judged, None),
        )
