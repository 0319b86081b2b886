"""From a decision to what is done: a call that may be made, a settlement, or back into the queue."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from wasl.breaker import RetryBudget
from wasl.carriage import Carried, carry
from wasl.choosing import choose, stood, usable, ways, why_resting
from wasl.clock import Clock, micros
from wasl.content.rendering import RenderingFailed
from wasl.costing import Costing
from wasl.counters import Counters
from wasl.deciding import Deciding, Decision, Go, Wait
from wasl.decisions import Record
from wasl.ledger.claims import Claimed, Release
from wasl.ledger.intents import Intent
from wasl.ledger.leaving import Left
from wasl.ledger.settle import Settlement
from wasl.policies.verdict import Candidate, Inputs
from wasl.registry import Specs
from wasl.slots import AGAIN, Place, Slots
from wasl.standing import PAUSE, Queue
from wasl.unknown import again, settled, undenied
from wasl.watch import Watch
from wasl.writing import Writing
from wasl_contracts import Delivery, Mark, Provider, Reason, State

_log = structlog.get_logger("wasl.planning")
_LOOKS = timedelta(milliseconds=10)  # between two deliveries that waited for a provider and come back


@dataclass(frozen=True, slots=True)
class Carriers:
    """The open providers: what they are, how many calls each may have, who watches how they do, and what is counted of it."""

    providers: Mapping[str, Provider]
    specs: Specs
    slots: Slots
    watch: Watch
    counters: Counters

    def key_life(self, provider: str | None) -> int | None:
        """For how many seconds a provider recognises a repeated delivery id; None where it does not, or is not there any more."""
        return self.specs[provider].capabilities.idempotency_seconds if provider is not None and provider in self.providers else None

    def reports(self, provider: str) -> bool:
        """Whether it tells later what became of a delivery, as it is set up."""
        return self.specs[provider].capabilities.receipts and getattr(self.providers[provider], "reports", True) is not False

    async def call(self, provider: str, delivery: Delivery) -> Carried:
        """What one call to a provider ended in, within its time."""
        began = time.perf_counter()
        carried = await carry(self.providers[provider], delivery, self.specs.timeout_seconds(provider))
        self.counters.called(provider, carried.answer, time.perf_counter() - began)
        return carried

    def count(self, settled: Settlement) -> None:
        """A settlement was written."""
        claimed = settled.claimed
        self.counters.settle(claimed.brand, settled.lane or claimed.channel or claimed.lane, settled.state, settled.reason)


@dataclass(frozen=True, slots=True)
class Plan:
    """A call that may be made: the intent, what the provider gets, and what could follow a refusal."""

    intent: Intent
    delivery: Delivery
    others: tuple[Candidate, ...]
    place: Place


class Planning:
    """Chooses the provider, takes a place there and renders the chosen candidate, and it alone."""

    def __init__(self, carriers: Carriers, writing: Writing, deciding: Deciding, clock: Clock, version: str) -> None:
        """`version` is that of the configuration, which each decision keeps."""
        self._version = version
        self._carriers = carriers
        self._slots = carriers.slots
        self._standings = carriers.slots.standings
        self._writing = writing
        self._deciding = deciding
        self._costing = Costing(carriers.specs.config, deciding.prices)
        self._clock = clock
        retry = carriers.specs.config.retry
        self._budgets = {name: RetryBudget(retry.budget, retry.budget_floor) for name in self._standings}
        # Postponed retries come back as fast as the budget's floor lets them go.
        self._postponed = {name: Queue(timedelta(seconds=60 / max(1, retry.budget_floor))) for name in self._standings}
        self._waiting = {channel: Queue(_LOOKS) for channel in carriers.specs.config.channels}

    def wanted(self, waiting: Sequence[Claimed], decisions: Sequence[Decision]) -> Counter[str]:
        """How many calls providers would get that must be asked for: by a limited rate, or to try what fails. Mostly there are none."""
        now = self._clock.now()
        # A try without a place for it would only keep the channel from going another way.
        asked = {name for name in self._standings.untried(now) if self._slots.free(name)}
        asked |= {name for name in self._slots.limits if not self._standings.waits(name, now)}
        if not asked:
            return Counter()
        going = ((claimed, decision) for claimed, decision in zip(waiting, decisions, strict=True) if isinstance(decision, Go))
        firsts = (next(self._callable(claimed, go, asked, now), None) for claimed, go in going)
        return Counter(name for name in firsts if name in asked)

    def _callable(self, claimed: Claimed, go: Go, asked: set[str], now: datetime) -> Iterator[str]:
        for way in ways(claimed, go):
            yield from (name for name in usable(way, claimed) if name in asked or not self._standings.waits(name, now))

    def step(self, claimed: Claimed, decision: Decision, inputs: Inputs) -> "Plan | Settlement | Release":
        """What a decision leads to; a plan has its place at the provider already."""
        if isinstance(decision, Go):
            try:
                return self._doubtful(claimed, decision) or self._plan(claimed, decision, inputs)
            except RenderingFailed as failed:
                return self._settlement(claimed, State.FAILED, failed.reason, decision)
            except Exception as error:
                # A fault of ours in one message must not stop the others; after some tries it is set aside (poison.py).
                _log.error("delivery.planning_failed", message=claimed.message_id, delivery=claimed.number, error=type(error).__name__)
                return Release(claimed, claimed.lane, micros(self._clock.now() + PAUSE), struck=True)
        if isinstance(decision, Wait):
            return self._settlement(claimed, State.SCHEDULED, decision.reason, decision, due_at=micros(decision.until))
        stopped = self._settlement(claimed, decision.state, decision.reason, decision)
        if decision.others and claimed.channel is not None and claimed.envelope.mode == "first":
            return replace(stopped, successor=(decision.others[0].channel, (*claimed.tried, claimed.channel)))
        return stopped

    def _plan(self, claimed: Claimed, go: Go, inputs: Inputs) -> "Plan | Settlement | Release":
        now = self._clock.now()
        candidate, names, provider = choose(claimed, go, self._standings, now)
        if not names:
            return self._settlement(claimed, State.FAILED, Reason.PROVIDER_REJECTED, go)
        if provider is None:
            return self._parked(claimed, go, names, now)
        # What was cut off with its worker (it has strikes) or refused by another provider says nothing about this one.
        retry = claimed.attempts > 0 and not claimed.strikes and claimed.reason is not Reason.FAILOVER
        if retry and not self._standings.tried(provider, now) and not self._budgets[provider].allows(now):
            return self._later(claimed, candidate.channel, self._postponed[provider].place(now))
        intent = self._intent(claimed, go, candidate, provider)
        delivery = self._writing.delivery(intent, self._carriers.specs[provider], go.at)
        content, cost = self._costing.weighed(delivery.content, candidate, provider)
        priced = replace(candidate, cost=cost)
        if cost != candidate.cost and self._deciding.bound(candidate):
            decision = self._deciding.at_cost(claimed, go, priced, inputs)
            if not (isinstance(decision, Go) and decision.chosen is priced):
                return self.step(claimed, decision, inputs)
            go, intent = decision, self._intent(claimed, decision, priced, provider)
        delivery = delivery if content is delivery.content else delivery.model_copy(update={"content": content})
        told, tracked = self._writing.marked(delivery, claimed.envelope)
        place = self._slots.take(provider)  # the last step: what fails before it holds none
        if place is None:
            return self._later(claimed, candidate.channel, self._slots.frees_at(provider, now))
        self._budgets[provider].spend(now, retry=retry)
        others = tuple(other for other in (*go.others, *go.later) if other.channel != candidate.channel)
        return Plan(replace(intent, candidate=priced, tracked=tracked), told, others, place)

    def _intent(self, claimed: Claimed, go: Go, candidate: Candidate, provider: str) -> Intent:
        stepping_in = tuple(other for other in go.others if other.channel == candidate.channel and other is not candidate)
        siblings = go.siblings if candidate is go.chosen else stepping_in
        return Intent(claimed, candidate, provider, self._record(claimed, go, candidate, provider), siblings)

    def _later(self, claimed: Claimed, lane: str, at: datetime) -> Release:
        """Back into the queue as it is; not beyond its life, so that its end is told in time."""
        return Release(claimed, lane, micros(min(at, claimed.envelope.expires_at)))

    def _parked(self, claimed: Claimed, go: Go, names: Sequence[str], now: datetime) -> "Settlement | Release":
        """Waits until its providers may be called again. Told once is enough: they may rest for days."""
        reason = why_resting(names, self._standings)
        channel = go.chosen.channel
        again = max(self._standings.resumes_at(names, now), now + AGAIN)
        if claimed.envelope.category != "otp":  # those are few, and have no time
            again = self._waiting[channel].place(again)
        if claimed.reason is (Reason.OUTCOME_UNKNOWN if claimed.unproven else reason):
            return self._later(claimed, channel, again)
        due_at = min(again, claimed.envelope.expires_at)
        return self._settlement(claimed, State.SCHEDULED, reason, go, due_at=micros(due_at))

    def _doubtful(self, claimed: Claimed, go: Go) -> Settlement | None:
        """What may have been sent goes again unmarked only while the provider recognises it; that may have ended while it waited."""
        if not claimed.unproven or Mark.POSSIBLE_DUPLICATE in claimed.marks:
            return None
        rule = again(self._carriers.specs.config, claimed.envelope)
        step = settled(claimed, self._clock.now(), self._carriers.key_life(claimed.provider), rule)
        if isinstance(step, Left):
            return replace(self._settlement(claimed, State.FAILED, Reason.OUTCOME_UNKNOWN, go), rule=step.rule)
        return step if Mark.POSSIBLE_DUPLICATE in step.marks else None

    def _record(self, claimed: Claimed, decision: Decision, chosen: Candidate | None = None, provider: str | None = None) -> str:
        """The decision as it is stored."""
        at, judged = decision.at, decision.judged
        return Record(self._version, at, judged, decision.missed, stood(claimed, judged, self._standings, at), chosen, provider).stored()

    def _settlement(self, claimed: Claimed, state: State, reason: Reason, decision: Decision, due_at: int | None = None) -> Settlement:
        step = Settlement(
            claimed=claimed,
            state=state,
            at=micros(self._clock.now()),
            reason=reason,
            due_at=due_at,
            marks=claimed.marks,
            refused=claimed.refused,
            decision=self._record(claimed, decision),
        )
        return undenied(step)
