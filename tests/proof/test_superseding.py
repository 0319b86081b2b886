"""What a newer message replaced never leaves, and a fact is told once: after any interleaving, and with any number of processes."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import pytest

from tests.gateway.scripted import Carrier, Desk, FakeClock, message, specs
from tests.proof.conftest import Proof
from tests.proof.superseding_walk import Walk
from wasl.deciding import Go, Stop, Wait
from wasl.ledger.intents import Intent
from wasl.ledger.settle import Ended
from wasl.registry import Specs
from wasl.verifying import Evidence, verify
from wasl_contracts import Reason, State

NO_TIME = timedelta(0)
STRICT = Evidence(apart=NO_TIME, lag=NO_TIME)
"""All clocks are one and stand still between two steps, so nothing is excused."""


def told(folder: Path, database: str) -> Specs:
    carriers = {"mail": Carrier("email"), "text": Carrier("sms")}
    topics = {"default": {"unknown": "until_expiry", "expires_in": "4h"}}
    return specs(folder, carriers, database=database, topics=topics)


@pytest.mark.parametrize("facts", [False, True])
async def test_nothing_that_was_replaced_leaves_whatever_happens_in_which_order(
    engine: str, new_database: Callable[[], str], tmp_path: Path, proof: Proof, figures: Callable[..., None], facts: bool
) -> None:
    found = {"calls": 0, "replaced": 0, "stopped before a call": 0}
    for seed in proof.seeds(full=60, sample=1):
        with proof.round(seed) as chance:
            given = told(tmp_path, new_database())
            desk = await Desk.open(given, FakeClock())
            try:
                walk = Walk(desk, chance, facts)
                for _ in range(250):
                    await walk.step()
                under_way = await verify(given, STRICT, desk.clock)
                await walk.to_the_end()
            finally:
                await desk.close()

            report = await verify(given, STRICT, desk.clock)

            assert [*under_way.findings, *report.findings] == []
            assert report.messages == len(walk.accepted)
            assert walk.replaced.items() <= dict(await _replaced(desk)).items()
            found = {"calls": found["calls"] + walk.calls, "replaced": found["replaced"] + len(walk.replaced),
                     "stopped before a call": found["stopped before a call"] + walk.stopped}  # fmt: skip
    assert min(found.values()) > 0
    figures(f"superseding {'and facts ' if facts else ''}on {engine}", **found)


async def _replaced(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.rows("SELECT id, superseded_by FROM messages WHERE superseded_by IS NOT NULL")


@pytest.fixture
async def desks(engine: str, new_database: Callable[[], str], tmp_path: Path) -> AsyncIterator[list[Desk]]:
    """Several processes on one ledger; on SQLite one alone may send."""
    async with AsyncExitStack() as stack:
        clock, given = FakeClock(), told(tmp_path, new_database())
        opened = []
        for _ in range(3 if engine == "postgres" else 1):
            opened.append(await Desk.open(given, clock))
            stack.push_async_callback(opened[-1].close)
        yield opened


async def test_no_intent_is_begun_after_a_newer_message_was_accepted(
    desks: list[Desk], engine: str, proof: Proof, figures: Callable[..., None]
) -> None:
    size = proof.of(full=1500, sample=100)
    asked: dict[str, float] = {}
    accepted: dict[str, float] = {}
    begun: defaultdict[str, list[float]] = defaultdict(list)
    accepting = [True]

    async def accept(desk: Desk, chance: Random) -> None:
        for _ in range(size):
            to = chance.randrange(4)
            given = message({"id": f"u_{to}", "email": f"p{to}@example.com"}, about="cart", supersedes=chance.random() < 0.05)
            draft = desk.drafting.draft(given, None, desk.clock.now())
            asked[str(draft.row["id"])] = perf_counter()
            stored = await desk.ledger.accept(draft)
            accepted[stored.id] = perf_counter()

    def again() -> int:
        return sum(len(times) > 1 for times in begun.values())

    async def work(desk: Desk, chance: Random) -> None:
        while accepting[0] or not again():
            intents = await _intents(desk, chance)
            began = perf_counter()
            for intent, went in zip(intents, await desk.ledger.commit_intents(intents), strict=True):
                if went:
                    begun[intent.claimed.message_id].append(began)
                    ended = Ended(intent.attempt, desk.now, "unavailable", Reason.PROVIDER_UNAVAILABLE)
                    retry = desk.settlement(intent.claimed, State.SCHEDULED, reason=Reason.RETRYING, due_at=desk.now, ended=ended)
                    await desk.ledger.settle(retry)
            await asyncio.sleep(0)

    (seed,) = proof.seeds()
    with proof.round(seed) as chance:
        workers = [asyncio.create_task(work(desk, Random(chance.random()))) for desk in desks]
        await asyncio.gather(*(accept(desk, Random(chance.random())) for desk in desks for _ in range(2)))
        accepting[0] = False
        await asyncio.wait_for(asyncio.gather(*workers), 30)

        replaced = dict(await _replaced(desks[0]))

        late = [one for one, by in replaced.items() for began in begun[one] if began > accepted[by]]
        assert late == []
        rows = desks[0].rows("SELECT id, recipient_id, supersedes FROM messages")
        superseding = defaultdict(list)
        for one, to, supersedes in rows:
            if supersedes:
                superseding[to].append(asked[one])
        missed = [one for one, to, _ in rows if one not in replaced and any(moment > accepted[one] for moment in superseding[to])]
        assert missed == []
    figures(f"superseding at once on {engine}", accepted=len(accepted), replaced=len(replaced), calls=sum(map(len, begun.values())), late=0)


async def test_workers_at_once_tell_a_fact_once(desks: list[Desk], engine: str, proof: Proof, figures: Callable[..., None]) -> None:
    facts = proof.of(full=1000, sample=40)
    ended = [State.SENT, State.FAILED, State.UNKNOWN]

    async def accept(desk: Desk, chance: Random) -> None:
        for fact in chance.sample(range(facts), facts):
            await desk.accept(message({"id": f"u_{fact % 7}", "email": f"p{fact % 7}@example.com"}, fact=f"fact {fact}"))

    async def work(desk: Desk, chance: Random) -> None:
        while desk.rows("SELECT 1 FROM deliveries WHERE due_at IS NOT NULL LIMIT 1"):
            intents = await _intents(desk, chance)
            going = [one for one, went in zip(intents, await desk.ledger.commit_intents(intents), strict=True) if went]
            for intent in going:
                state = chance.choice(ended)
                outcome, reason = {
                    State.SENT: ("receipt", None), State.FAILED: ("rejected", Reason.CONTENT_REJECTED),
                    State.UNKNOWN: ("unknown", Reason.OUTCOME_UNKNOWN),
                }[state]  # fmt: skip
                end = Ended(intent.attempt, desk.now, outcome, reason, provider_ref="ref" if reason is None else None)
                await desk.ledger.settle(desk.settlement(intent.claimed, state, reason=reason, provider_ref=end.provider_ref, ended=end))
            desk.clock.advance(seconds=2)
            await asyncio.sleep(0)

    (seed,) = proof.seeds()
    with proof.round(seed) as chance:
        await asyncio.gather(*(accept(desk, Random(chance.random())) for desk in desks for _ in range(2)))
        await asyncio.gather(*(work(desk, Random(chance.random())) for desk in desks))

        told = desks[0].rows("SELECT fact, d.state FROM messages m JOIN deliveries d ON d.message_id = m.id")

    states: defaultdict[str, list[str]] = defaultdict(list)
    for fact, state in told:
        states[fact].append(state)
    went = {fact: [one for one in those if one in ("sent", "unknown")] for fact, those in states.items()}
    assert len(states) == facts
    assert max(map(len, went.values())) == 1
    assert all(went[fact] or set(those) == {"failed"} for fact, those in states.items())
    assert sum("failed" in those and bool(went[fact]) for fact, those in states.items()) > 0
    figures(f"facts at once on {engine}", facts=facts, messages=len(told), told=sum(map(len, went.values())), twice=0)


async def _intents(desk: Desk, chance: Random) -> list[Intent]:
    """Claim, and settle what does not go."""
    intents = []
    for claimed in await desk.claim("email", room=chance.randrange(1, 20)):
        candidates = desk.deciding.candidates(claimed)
        decision = desk.deciding.decide(claimed, candidates, await desk.ledger.inputs(candidates), desk.clock.now())
        if isinstance(decision, Go):
            intents.append(Intent(claimed, decision.chosen, "mail", "[]"))
        elif isinstance(decision, Wait):
            due = int(decision.until.timestamp() * 1_000_000)
            await desk.ledger.settle(desk.settlement(claimed, State.SCHEDULED, reason=decision.reason, due_at=due))
        elif isinstance(decision, Stop):
            await desk.ledger.settle(desk.settlement(claimed, decision.state, reason=decision.reason))
    return intents
