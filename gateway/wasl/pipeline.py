"""One envelope from claim to receipt, on one page.

    claim ─ read inputs ─ judge ─ render ─ commit the intent ─ call ─ settle

A batch goes through the steps together. Nothing between claim and intent holds a transaction, and nothing waits between intent and
call: a place at the provider is taken first. Judging is pure (`deciding.py`) and is what explaining calls too.
"""

import asyncio
from collections.abc import Sequence

import structlog

from wasl.carriage import carry
from wasl.clock import Clock
from wasl.deciding import Deciding
from wasl.errors import LedgerUnavailable, StorageLow
from wasl.ledger.claims import Claimed, Release
from wasl.ledger.ledger import Ledger
from wasl.ledger.settle import Settlement
from wasl.pinned import Pinned
from wasl.planning import PAUSE, Carriers, Plan, Planning
from wasl.retry import Aftermath, Alternatives, Answered
from wasl.states import PENDING
from wasl.unknown import lost, settled
from wasl_contracts import Rejected, State

_log = structlog.get_logger("wasl.pipeline")
_DATABASE_AWAY = 0.5  # seconds between two tries to write an answer


class Pipeline:
    """Moves claimed deliveries on, in batches."""

    def __init__(  # noqa: PLR0913 - one part for each step
        self, *, ledger: Ledger, deciding: Deciding, pinned: Pinned, carriers: Carriers, aftermath: Aftermath, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._deciding = deciding
        self._pinned = pinned
        self._planning = Planning(carriers, pinned.templates, clock)
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
        steps = [self._planning.step(claimed, decision) for claimed, decision in zip(waiting, decisions, strict=True)]

        await self._begin([step for step in steps if isinstance(step, Plan)])
        await self._write([step for step in (*recovered, *steps) if not isinstance(step, Plan)])

    async def finish(self, seconds: float) -> None:
        """Let the calls that are out end, for so long; what is cut off then is found as unknown at the next start."""
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=seconds)
            for call in late:
                call.cancel()
            await asyncio.gather(*late, return_exceptions=True)

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
        now, keyed = self._clock.now(), self._carriers.key_life(claimed.provider)
        channel = claimed.channel or claimed.lane
        if claimed.state is State.SENDING:
            return lost(claimed, now, self._aftermath.patience(channel, claimed.attempts, keyed=keyed is not None))
        spent = self._aftermath.spent(claimed.envelope, channel, claimed.attempts, now)
        return settled(claimed, now, keyed, spent=spent) or Release(claimed, claimed.lane, None)
