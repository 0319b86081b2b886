"""One envelope from claim to receipt, on one page.

    claim ─ read inputs ─ judge ─ render ─ commit the intent ─ call ─ settle

A batch goes through the steps together. Nothing between claim and intent holds a transaction, and nothing waits between intent and
call: a place at the provider is taken first. Judging is pure (`deciding.py`) and is what explaining calls too.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from wasl.carriage import Carried
from wasl.clock import Clock, micros
from wasl.deciding import Deciding, Decision, Go
from wasl.errors import LedgerUnavailable, StorageLow, WaslError
from wasl.escalation import Escalating
from wasl.files.carrying import NONE, Carrying
from wasl.finding import Finding
from wasl.imprint import Imprint
from wasl.ledger.claims import LEASE, Claimed, Release
from wasl.ledger.leaving import Left
from wasl.ledger.ledger import Ledger
from wasl.ledger.settle import Settlement
from wasl.planning import Carriers, Plan, Planning
from wasl.poison import Trials, dead_letter, poisoned
from wasl.policies.verdict import Inputs
from wasl.retry import Aftermath, Alternatives, Answered
from wasl.standing import PAUSE
from wasl.states import PENDING
from wasl.unknown import again, lost, settled
from wasl.writing import Writing
from wasl_contracts import State, Unavailable

_log = structlog.get_logger("wasl.pipeline")
_DATABASE_AWAY = 0.5  # seconds between two tries to write an answer
_TURN = timedelta(milliseconds=20)  # between two suspects
_OWN_TURN = 0.02  # seconds that planning may hold up everything else in this process
_ROOM = timedelta(milliseconds=50)  # until files that had no room are looked at again


class Pipeline:
    """Moves claimed deliveries on, in batches."""

    def __init__(  # noqa: PLR0913 - one part for each step
        self,
        *,
        ledger: Ledger,
        deciding: Deciding,
        writing: Writing,
        carriers: Carriers,
        aftermath: Aftermath,
        clock: Clock,
        version: str,
        imprint: Imprint,
        escalating: Escalating,
    ) -> None:
        self._ledger = ledger
        self._deciding = deciding
        self._writing = writing
        self._planning = Planning(carriers, writing, deciding, clock, version)
        self._carriers = carriers
        self._slots = carriers.slots
        self._watch = carriers.watch
        self._aftermath = aftermath
        self._imprint = imprint
        self._escalating = escalating
        self._clock = clock
        self._carrying = Carrying(ledger.files)
        self._finding = Finding(carriers, aftermath, clock)
        self._calls: dict[asyncio.Task[None], Claimed] = {}
        self._trials = Trials()
        self._interrupted: list[Claimed] = []

    @property
    def held(self) -> Sequence[Claimed]:
        """What calls are out for."""
        return tuple(self._calls.values())

    async def run(self, batch: Sequence[Claimed]) -> None:
        """Take a claimed batch up to its calls; these go on by themselves until `finish`.

        The innocent go together. Those that may bring down the process (poison.py) go after them and few at a time; the rest of these is
        given back first, so that it is not struck.
        """
        await self._give_back()
        going = [claimed for claimed in batch if _may_go(claimed)]
        on_trial, others = self._trials.choose([claimed for claimed in going if claimed.strikes])
        try:
            await self._put_off(others)
            await self._write([step for claimed in batch if not _may_go(claimed) for step in self._recovered(claimed)])
            await self._together([claimed for claimed in going if not claimed.strikes])
            await self._try(on_trial)
        except WaslError:
            self._interrupted += batch
            raise

    async def _give_back(self) -> None:
        """What an outage of the database interrupted is due again; its worker lives, so nothing is held against it."""
        if self._interrupted:
            now = micros(self._clock.now())
            await self._ledger.release([Release(claimed, claimed.lane, now) for claimed in self._interrupted])
            self._interrupted = []

    async def _together(self, batch: Sequence[Claimed]) -> None:
        """A fault of ours in one of them must not stop the others: then each goes by itself."""
        try:
            await self._advance(batch)
        except WaslError:
            raise
        except Exception:
            _log.exception("batch.failed", deliveries=len(batch))
            for claimed in batch:
                await self._by_itself(claimed)

    async def _put_off(self, suspects: Sequence[Claimed]) -> None:
        now = self._clock.now()
        await self._write([Release(suspect, suspect.lane, micros(now + turn * _TURN)) for turn, suspect in enumerate(suspects, 1)])

    async def _try(self, suspects: Sequence[Claimed]) -> None:
        if suspects:
            await self._ledger.strike(suspects)
            others = set(self._calls)
            await self._together(suspects)
            self._trials.began(self._calls.keys() - others)

    async def _by_itself(self, claimed: Claimed) -> None:
        try:
            await self._advance([claimed])
        except WaslError:
            raise
        except Exception as error:
            _log.error("delivery.failed", message=claimed.message_id, delivery=claimed.number, error=type(error).__name__)
            await self._ledger.release([Release(claimed, claimed.lane, micros(self._clock.now() + PAUSE), struck=True)])

    async def _advance(self, waiting: Sequence[Claimed]) -> None:
        if not waiting:
            return
        candidates = [self._deciding.candidates(claimed) for claimed in waiting]
        inputs = await self._ledger.inputs([candidate for listed in candidates for candidate in listed])
        now = self._clock.now()
        decisions = [self._deciding.decide(claimed, listed, inputs, now) for claimed, listed in zip(waiting, candidates, strict=True)]
        await self._writing.pinned.fetch(claimed.envelope for claimed in waiting)
        if wanted := self._planning.wanted(waiting, decisions):
            await self._watch.admit(wanted)
        going = (claimed.envelope for claimed, decision in zip(waiting, decisions, strict=True) if isinstance(decision, Go))
        self._writing.contents = await self._carrying.contents(going, (held.envelope for held in self.held))
        steps = await self._planned(zip(waiting, decisions, strict=True), inputs)
        self._writing.contents = NONE

        await self._begin([step for step in steps if isinstance(step, Plan)])
        await self._write([step for step in steps if not isinstance(step, Plan)])

    async def _planned(self, decided: Iterable[tuple[Claimed, Decision]], inputs: Inputs) -> "list[Plan | Settlement | Release]":
        """What each decision leads to. Long texts take their time: others have their turn between them."""
        steps: list[Plan | Settlement | Release] = []
        turn = asyncio.get_running_loop().time()
        try:
            for claimed, decision in decided:
                steps.append(self._step(claimed, decision, inputs))
                if asyncio.get_running_loop().time() - turn > _OWN_TURN:
                    await asyncio.sleep(0)
                    turn = asyncio.get_running_loop().time()
        except BaseException:
            self._give_places_back(steps)
            raise
        return steps

    def _give_places_back(self, steps: "Iterable[Plan | Settlement | Release]") -> None:
        for step in steps:
            if isinstance(step, Plan):
                self._slots.give_back(step.place)

    def _step(self, claimed: Claimed, decision: Decision, inputs: Inputs) -> "Plan | Settlement | Release":
        if self._writing.contents.waits(claimed.envelope):
            return Release(claimed, claimed.lane, micros(self._clock.now() + _ROOM))
        return self._planning.step(claimed, decision, inputs)

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
        lease_ends = self._clock.now() + timedelta(microseconds=LEASE)
        try:
            committed = await self._ledger.commit_intents([plan.intent for plan in plans])
        except BaseException:
            self._give_places_back(plans)
            raise
        for plan, going in zip(plans, committed, strict=True):
            if going:
                call = asyncio.create_task(self._call(plan, lease_ends))
                self._calls[call] = plan.intent.claimed
                call.add_done_callback(self._calls.pop)
            else:
                self._slots.give_back(plan.place)
        await self._write(
            [Release(p.intent.claimed, p.intent.candidate.channel, 0) for p, going in zip(plans, committed, strict=True) if not going]
        )

    async def _call(self, plan: Plan, lease_ends: datetime) -> None:
        """Call, and write what came of it before the place is given back."""
        try:
            answer, handed = await self._answer(plan, lease_ends)
            answered = Answered(plan.intent, answer, self._clock.now(), self._imprint.of(plan.delivery, handed))
            provider, keyed = plan.intent.provider, self._carriers.key_life(plan.intent.provider) is not None
            step = self._aftermath.settle(answered, self._left(plan), receipts=self._carriers.reports(provider), keyed=keyed)
            if self._carriers.specs[provider].capabilities.found_by_ref:
                step = replace(step, indexed=provider)
            await self._settle(self._escalating.awaiting(step, plan.intent.candidate.channel))
        except Exception:
            # A fault of ours: the intent stands, and is found as unknown when its lease ends.
            _log.exception("call.failed", message=plan.intent.claimed.message_id)
        finally:
            self._slots.give_back(plan.place)

    async def _answer(self, plan: Plan, lease_ends: datetime) -> Carried:
        provider = plan.intent.provider
        if self._clock.now() >= lease_ends:
            return Carried(Unavailable())  # this process stood still so long that another one may have taken it for lost
        carried = await self._carriers.call(provider, plan.delivery)
        self._watch.ended(plan.place, carried.answer, self._clock.now())
        return carried

    def _left(self, plan: Plan) -> Alternatives:
        """What could follow if this provider did not take it."""
        candidate, now = plan.intent.candidate, self._clock.now()
        if plan.intent.claimed.unproven:
            return Alternatives((), ())
        following = candidate.providers[candidate.providers.index(plan.intent.provider) + 1 :]
        free = tuple(p for p in following if p not in plan.intent.claimed.refused and not self._slots.standings.waits(p, now))
        return Alternatives(free, plan.others)

    async def _settle(self, settlement: Settlement) -> None:
        """Write it, however long the database is away: the provider has answered, and that must not be forgotten."""
        while True:
            try:
                if await self._ledger.settle(settlement):
                    self._carriers.count(settlement)
                else:
                    _log.warning("delivery.late_completion", message=settlement.claimed.message_id, delivery=settlement.claimed.number)
                return
            except (LedgerUnavailable, StorageLow) as error:
                _log.error("ledger.unavailable", code=error.code, message=settlement.claimed.message_id)
                await asyncio.sleep(_DATABASE_AWAY)

    async def _write(self, steps: "Sequence[Settlement | Release | Left]") -> None:
        releases = [step for step in steps if isinstance(step, Release)]
        if releases:
            await self._ledger.release(releases)
        lefts = [step for step in steps if isinstance(step, Left)]
        if lefts:
            await self._ledger.leave(lefts)
        await asyncio.gather(*(self._settle(step) for step in steps if isinstance(step, Settlement)))

    def _recovered(self, claimed: Claimed) -> "Iterator[Settlement | Release | Left]":
        """What is not to be sent now: a call whose worker died, an unknown outcome that has waited long enough, a dead letter."""
        now, key_life = self._clock.now(), self._carriers.key_life(claimed.provider)
        channel = claimed.channel or claimed.lane
        if claimed.state in PENDING:
            yield dead_letter(claimed, now)
        elif claimed.state is State.SENDING:
            gone = lost(claimed, now, self._aftermath.patience(channel, claimed.tries, keyed=key_life is not None))
            yield self._escalating.awaiting(gone, channel)
        elif not self._finding.may_ask(claimed):
            spent = self._aftermath.spent(claimed.envelope, channel, claimed.tries, now)
            yield settled(claimed, now, key_life, again(self._carriers.specs.config, claimed.envelope), spent=spent)
        elif full := self._finding.take(claimed):
            yield full
        else:
            asking = asyncio.create_task(self._ask(claimed))
            self._calls[asking] = claimed
            asking.add_done_callback(self._calls.pop)

    async def _ask(self, claimed: Claimed) -> None:
        """Look an unknown outcome up, and write what came of it."""
        try:
            await self._write([await self._finding.ask(claimed)])
        except Exception:
            # A fault of ours: it stays unknown, and is claimed again when its lease ends.
            _log.exception("lookup.failed", message=claimed.message_id)
        finally:
            self._finding.give_back(claimed)


def _may_go(claimed: Claimed) -> bool:
    """Whether it waits for a call and may have one."""
    return claimed.state in PENDING and not poisoned(claimed)
