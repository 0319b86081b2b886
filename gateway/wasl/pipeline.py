"""One envelope from claim to receipt, on one page.

    claim ─ read inputs ─ judge ─ render ─ commit the intent ─ call ─ settle

A batch goes through the steps together. Nothing between claim and intent holds a transaction, and nothing waits between intent and
call: a place at the provider is taken first. Judging is pure (`deciding.py`) and is what explaining calls too.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from wasl.carriage import carry
from wasl.clock import Clock, micros
from wasl.content.rendering import RenderingFailed, render
from wasl.deciding import Deciding, Decision, Go, Wait
from wasl.decisions import encode
from wasl.errors import LedgerUnavailable, StorageLow
from wasl.ids import attempt_id, delivery_id
from wasl.ledger.claims import Claimed, Release
from wasl.ledger.intents import Intent
from wasl.ledger.ledger import Ledger
from wasl.ledger.settle import Settlement
from wasl.pinned import Pinned
from wasl.policies.verdict import Candidate
from wasl.registry import Specs
from wasl.retry import Aftermath, Alternatives, Answered
from wasl.slots import Slots
from wasl.states import PENDING
from wasl.unknown import lost, settled
from wasl_contracts import Delivery, Provider, Reason, Rejected, State

_log = structlog.get_logger("wasl.pipeline")
PAUSE = timedelta(seconds=60)
"""How long a provider rests after a fault of its settings or code, before it is tried again."""
_FULL = timedelta(milliseconds=100)  # until a delivery that found no free place at its provider is claimed again
_DATABASE_AWAY = 0.5  # seconds between two tries to write an answer


@dataclass(frozen=True, slots=True)
class Carriers:
    """The open providers: what they are, and how many calls each may have."""

    providers: Mapping[str, Provider]
    specs: Specs
    slots: Slots


@dataclass(frozen=True, slots=True)
class Plan:
    """A call that may be made: the intent, what the provider gets, and what could follow a refusal."""

    intent: Intent
    delivery: Delivery
    others: tuple[Candidate, ...]


class Pipeline:
    """Moves claimed deliveries on, in batches."""

    def __init__(  # noqa: PLR0913 - one part for each step
        self, *, ledger: Ledger, deciding: Deciding, pinned: Pinned, carriers: Carriers, aftermath: Aftermath, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._deciding = deciding
        self._pinned = pinned
        self._carriers = carriers
        self._slots = carriers.slots
        self._aftermath = aftermath
        self._clock = clock
        self._calls: set[asyncio.Task[None]] = set()

    async def run(self, batch: Sequence[Claimed]) -> None:
        """Take a claimed batch up to its calls; these go on by themselves until `finish`."""
        waiting = [claimed for claimed in batch if claimed.state in PENDING]
        recovered = [self._recovered(claimed) for claimed in batch if claimed.state not in PENDING]

        candidates = [self._deciding.candidates(claimed) for claimed in waiting]
        inputs = await self._ledger.inputs([candidate for listed in candidates for candidate in listed])
        now = self._clock.now()
        decisions = [self._deciding.decide(claimed, listed, inputs, now) for claimed, listed in zip(waiting, candidates, strict=True)]
        await self._pinned.fetch(claimed.envelope for claimed in waiting)
        steps = [self._step(claimed, decision) for claimed, decision in zip(waiting, decisions, strict=True)]

        await self._begin([step for step in steps if isinstance(step, Plan)])
        await self._write([step for step in (*recovered, *steps) if not isinstance(step, Plan)])

    async def finish(self, seconds: float) -> None:
        """Let the calls that are out end, for so long; what is cut off then is found as unknown at the next start."""
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=seconds)
            for call in late:
                call.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _step(self, claimed: Claimed, decision: Decision) -> "Plan | Settlement | Release":
        """What a decision leads to; a plan has its place at the provider already."""
        if isinstance(decision, Go):
            try:
                return self._plan(claimed, decision)
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
        candidate, now = go.chosen, self._clock.now()
        usable = self._usable(candidate, claimed)
        if not usable:
            return self._settlement(claimed, State.FAILED, Reason.PROVIDER_REJECTED, go)
        ready = [name for name in usable if not self._slots.paused(name, now)]
        if not ready:
            resumes = self._slots.resumes_at(usable) or now + PAUSE
            return self._settlement(claimed, State.SCHEDULED, Reason.PROVIDER_PAUSED, go, due_at=micros(resumes))
        provider = ready[0]
        spec = self._carriers.specs[provider]
        try:
            content = render(claimed.envelope, spec.format, self._pinned.templates)
        except RenderingFailed as failed:
            return self._settlement(claimed, State.FAILED, failed.reason, go)
        if not self._slots.take(provider):
            return Release(claimed, candidate.channel, micros(now + _FULL))
        timeout = timedelta(seconds=self._carriers.specs.timeout_seconds(provider))
        intent = Intent(claimed, candidate, provider, encode(go.judged, candidate), go.siblings, timeout)
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
        return Plan(intent, delivery, go.others)

    def _usable(self, candidate: Candidate, claimed: Claimed) -> list[str]:
        """The providers that may still be asked: none that refused, after a failover those that come next, without proof the same."""
        names = [name for name in candidate.providers if name not in claimed.refused]
        if claimed.unproven:
            return [name for name in names if name == claimed.provider]
        if claimed.reason is Reason.FAILOVER and claimed.provider in candidate.providers:
            following = candidate.providers[candidate.providers.index(claimed.provider) + 1 :]
            return [name for name in names if name in following] or names
        return names

    async def _begin(self, plans: Sequence[Plan]) -> None:
        """Commit the intents and start the calls. A place whose intent could not be committed is given back."""
        if not plans:
            return
        try:
            committed = await self._ledger.commit_intents([plan.intent for plan in plans])
        except BaseException:
            for plan in plans:
                self._slots.give_back(plan.intent.provider)
            raise
        for plan, going in zip(plans, committed, strict=True):
            if going:
                call = asyncio.create_task(self._call(plan))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
            else:
                self._slots.give_back(plan.intent.provider)
        await self._write(
            [Release(p.intent.claimed, p.intent.candidate.channel, 0) for p, going in zip(plans, committed, strict=True) if not going]
        )

    async def _call(self, plan: Plan) -> None:
        """Call, and write what came of it before the place is given back."""
        provider = plan.intent.provider
        try:
            answer = await carry(self._carriers.providers[provider], plan.delivery, self._carriers.specs.timeout_seconds(provider))
            answered = Answered(plan.intent, answer, self._clock.now())
            if isinstance(answer, Rejected) and answer.scope == "provider":
                self._slots.pause(provider, answered.at + PAUSE)
                _log.error("provider.paused", provider=provider, reason=answer.reason, code=answer.code, seconds=PAUSE.total_seconds())
            capabilities = self._carriers.specs[provider].capabilities
            await self._settle(
                self._aftermath.settle(
                    answered, self._left(plan), receipts=capabilities.receipts, keyed=capabilities.idempotency_seconds is not None
                )
            )
        except Exception:
            # A fault of ours: the intent stands, and is found as unknown when its lease ends.
            _log.exception("call.failed", message=plan.intent.claimed.message_id)
        finally:
            self._slots.give_back(provider)

    def _left(self, plan: Plan) -> Alternatives:
        """What could follow if this provider did not take it."""
        candidate, now = plan.intent.candidate, self._clock.now()
        if plan.intent.claimed.unproven:
            return Alternatives((), ())
        following = candidate.providers[candidate.providers.index(plan.intent.provider) + 1 :]
        free = tuple(p for p in following if p not in plan.intent.claimed.refused and not self._slots.paused(p, now))
        return Alternatives(free, plan.others)

    async def _settle(self, settlement: Settlement) -> None:
        """Write it, however long the database is away: the provider has answered, and that must not be forgotten."""
        while True:
            try:
                if not await self._ledger.settle(settlement):
                    _log.warning("delivery.late_completion", message=settlement.claimed.message_id, delivery=settlement.claimed.number)
                return
            except (LedgerUnavailable, StorageLow) as error:
                _log.error("ledger.unavailable", code=error.code, message=settlement.claimed.message_id)
                await asyncio.sleep(_DATABASE_AWAY)

    async def _write(self, steps: Sequence[Settlement | Release]) -> None:
        releases = [step for step in steps if isinstance(step, Release)]
        if releases:
            await self._ledger.release(releases)
        await asyncio.gather(*(self._settle(step) for step in steps if isinstance(step, Settlement)))

    def _recovered(self, claimed: Claimed) -> "Settlement | Release":
        """A call whose worker died, or an unknown outcome that has waited long enough."""
        now, keyed = self._clock.now(), self._key_life(claimed)
        if claimed.state is State.SENDING:
            return lost(claimed, now, self._aftermath.patience(keyed is not None))
        return settled(claimed, now, keyed) or Release(claimed, claimed.lane, None)

    def _key_life(self, claimed: Claimed) -> int | None:
        known = claimed.provider is not None and claimed.provider in self._carriers.providers
        return self._carriers.specs[claimed.provider or ""].capabilities.idempotency_seconds if known else None

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
