"""Random caps, messages, answers and times on a real ledger: every verdict and every intent is what the oracle says."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from tests.gateway.scripted import Carrier, Desk, FakeClock, message, specs
from tests.proof.cap_oracle import HELD, TOPICS, Call, Oracle, random_caps
from tests.proof.conftest import Proof
from wasl.config.caps import Cap
from wasl.deciding import Go
from wasl.decisions import Judged
from wasl.ledger.claims import Claimed
from wasl.ledger.intents import Intent
from wasl.ledger.settle import Ended
from wasl.policies.verdict import Allow, Defer, Verdict
from wasl_contracts import State

PEOPLE = [{"id": f"u_{n}", "email": f"p{n}@example.com", "phone": f"+9665012345{n:02}"} for n in range(3)]
STATES = {"receipt": State.SENT, "unknown": State.UNKNOWN, "rejected": State.FAILED, "unavailable": State.FAILED}


class Walk:
    """Sends, judges, calls and answers at random, and tells the oracle all of it."""

    def __init__(self, desk: Desk, oracle: Oracle, chance: Random) -> None:
        self._desk, self._oracle, self._chance = desk, oracle, chance
        self._out: dict[str, tuple[Claimed, Call]] = {}
        self.said: Counter[str] = Counter()

    async def step(self) -> None:
        """A batch of new messages, up to their intents; and answers to some of the calls that are out."""
        chance = self._chance.choice
        self._desk.clock.advance(minutes=chance([0, 0, 1, 7, 29, 31, 170, 600]))
        routes = [["email", "sms"], ["sms", "email"], ["sms"]]
        await asyncio.gather(
            *(
                self._desk.accept(message(chance(PEOPLE), topic=chance([*TOPICS, *HELD]), channels=chance(routes)))
                for _ in range(self._chance.randint(4, 16))
            )
        )
        claimed = {one.message_id: one for one in await self._desk.claim(room=1000)}
        for message_id in claimed.keys() & self._out.keys():  # calls whose lease has ended
            self._out[message_id] = claimed.pop(message_id), self._out[message_id][1]
        await self._go([intent for one in claimed.values() if (intent := await self._judged(one)) is not None])
        for message_id in self._chance.sample([*self._out], max(0, len(self._out) - 3)):
            await self._answer(*self._out.pop(message_id))

    async def _judged(self, claimed: Claimed) -> Intent | None:
        candidates, now = self._desk.deciding.candidates(claimed), self._desk.clock.now()
        decision = self._desk.deciding.decide(claimed, candidates, await self._desk.ledger.inputs(candidates), now)
        for judged in decision.judged:
            call = _call(claimed, judged, now)
            said = {v.inputs["cap"]: _free_at(v, now) for v in judged.verdicts if v.policy == "frequency_cap"}
            assert said == {name: self._foretold(name, call) for name in self._oracle.caps}
            self.said.update(type(v).__name__ for v in judged.verdicts if v.policy == "frequency_cap" and "limit" in v.inputs)
        if isinstance(decision, Go):
            return Intent(claimed, decision.chosen, "mail" if decision.chosen.channel == "email" else "text", "[]")
        assert await self._desk.ledger.settle(self._desk.settlement(claimed, State.WITHHELD))
        return None

    def _foretold(self, name: str, call: Call) -> datetime | str | None:
        free_at = self._oracle.free_at(name, call)
        late = free_at is not None and free_at > call.at
        return "over" if late and self._oracle.caps[name].over != "defer" else free_at

    async def _go(self, intents: list[Intent]) -> None:
        committed = await self._desk.ledger.commit_intents(intents) if intents else []
        for intent, went in zip(intents, committed, strict=True):
            claimed, candidate = intent.claimed, intent.candidate
            call = Call(
                claimed.envelope.recipient_id, claimed.message_id, claimed.envelope.topic, candidate.channel, self._desk.clock.now()
            )
            assert went is self._oracle.allows(call)
            if went:
                self._oracle.calls.append(call)
                self._out[claimed.message_id] = claimed, call
            else:
                self.said["refused intent"] += 1
                assert await self._desk.ledger.settle(self._desk.settlement(claimed, State.WITHHELD))

    async def _answer(self, claimed: Claimed, call: Call) -> None:
        outcome = self._chance.choice([*STATES])
        call.refused = outcome in ("rejected", "unavailable")
        ended = Ended(1, self._desk.now, outcome)
        assert await self._desk.ledger.settle(self._desk.settlement(claimed, STATES[outcome], ended=ended))


def _call(claimed: Claimed, judged: Judged, now: datetime) -> Call:
    envelope = claimed.envelope
    return Call(envelope.recipient_id, envelope.message_id, envelope.topic, judged.candidate.channel, now)


def _free_at(verdict: Verdict, now: datetime) -> datetime | str | None:
    """When the verdict says that there is a place: now, later (without its jitter), or that it says nothing."""
    if "limit" not in verdict.inputs:
        assert isinstance(verdict, Allow)
        return None
    if isinstance(verdict, Allow):
        return now
    if isinstance(verdict, Defer):
        free_at = datetime.fromisoformat(str(verdict.inputs["free_at"]))
        assert timedelta(0) <= verdict.until - free_at < timedelta(minutes=1)
        return free_at
    return "over"


async def walked(folder: Path, database: str, steps: int, chance: Random) -> Counter[str]:
    caps = random_caps(chance)
    carriers = {"mail": Carrier("email"), "text": Carrier("sms")}
    desk = await Desk.open(specs(folder, carriers, database=database, topics=TOPICS, caps=caps), FakeClock())
    walk = Walk(desk, Oracle({name: Cap.model_validate(told) for name, told in caps.items()}), chance)
    try:
        for _ in range(steps):
            await walk.step()
    finally:
        await desk.close()
    return walk.said


def test_every_verdict_and_every_intent_is_what_the_oracle_says(
    proof: Proof, figures: Callable[..., None], engine: str, new_database: Callable[[], str], tmp_path: Path
) -> None:
    said: Counter[str] = Counter()
    for seed in proof.seeds(full=100, sample=4):
        with proof.round(seed) as chance:
            said += asyncio.run(walked(tmp_path, new_database(), proof.of(full=40, sample=15), chance))

    assert {"Allow", "Defer", "Withhold", "refused intent"} <= said.keys()
    figures(f"caps against the oracle on {engine}", **{name.lower(): count for name, count in sorted(said.items())})
