"""A use of a cap is the attempt's row: taken when the intent commits, given back on a proven no, and never more than there are places."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.scripted import OFFERS, Carrier, Desk, FakeClock, message, specs
from wasl.deciding import Wait
from wasl.ledger.claims import LEASE, Claimed
from wasl.ledger.hot import Hot
from wasl.ledger.inputs import read_inputs
from wasl.ledger.intents import Intent, commit
from wasl.ledger.port import Transaction
from wasl.ledger.settle import Ended
from wasl.ledger.uses import read_uses
from wasl_contracts import Reason, State

LIMIT = 2
_OF_USES = "fetch SELECT attempts.brand, attempts.recipient_id"


@pytest.fixture
def config() -> dict[str, Any]:
    topics = {"offers": OFFERS, "orders": {"category": "transactional"}}
    return {"routes": {"default": {"channels": ["email", "sms"]}}, "topics": topics, "caps": {"few": {"limit": LIMIT, "per": "1d"}}}


async def planned(desk: Desk, count: int, **fields: Any) -> list[Intent]:
    for _ in range(count):
        await desk.accept(message(**{"topic": "offers", "expires_in": "9d", **fields}))
    return [await desk.plan(claimed) for claimed in await desk.claim()]


async def sent(desk: Desk, **fields: Any) -> Claimed:
    (intent,) = await planned(desk, 1, **fields)
    assert await desk.ledger.commit_intents([intent]) == [True]
    return intent.claimed


async def waits_until(desk: Desk, **fields: Any) -> timedelta | None:
    """For how long one more message would have to wait, less its jitter."""
    await desk.accept(message(**{"topic": "offers", "expires_in": "9d", **fields}))
    (claimed,) = await desk.claim()
    candidates = desk.deciding.candidates(claimed)
    decision = desk.deciding.decide(claimed, candidates, await desk.ledger.inputs(candidates), desk.clock.now())
    if not isinstance(decision, Wait):
        return None
    assert decision.reason is Reason.FREQUENCY_CAP
    waits = decision.until - desk.clock.now()
    return waits - waits % timedelta(minutes=1)


async def end(desk: Desk, claimed: Claimed, outcome: str) -> None:
    state = {"receipt": State.SENT, "unknown": State.UNKNOWN}.get(outcome, State.FAILED)
    assert await desk.ledger.settle(desk.settlement(claimed, state, ended=Ended(claimed.attempts + 1, desk.now, outcome)))


async def test_in_a_batch_each_takes_its_place_before_the_next_one_is_judged(desk: Desk) -> None:
    intents = await planned(desk, 5)

    assert await desk.ledger.commit_intents(intents) == [True, True, False, False, False]

    assert desk.rows("SELECT count(*) FROM attempts") == [(LIMIT,)]
    assert desk.rows("SELECT state, count(*) FROM deliveries GROUP BY state ORDER BY 1") == [("accepted", 3), ("sending", 2)]


async def test_transactional_ones_in_a_batch_take_places_and_are_never_kept_back(desk: Desk) -> None:
    orders = await planned(desk, 3, topic="orders")
    offers = await planned(desk, 1)

    assert await desk.ledger.commit_intents([*orders[:2], *offers, orders[2]]) == [True, True, False, True]


async def test_the_window_rolls(desk: Desk) -> None:
    for hours in (0, 20):
        desk.clock.advance(hours=hours)
        await end(desk, await sent(desk), "receipt")

    assert await waits_until(desk) == timedelta(hours=4)

    desk.clock.advance(hours=4)
    (claimed,) = await desk.claim()
    assert await desk.ledger.commit_intents([await desk.plan(claimed)]) == [True]
    assert await waits_until(desk) == timedelta(hours=20)


@pytest.mark.parametrize(("outcome", "left"), [("rejected", LIMIT), ("unavailable", LIMIT), ("unknown", 1), ("receipt", 1), (None, 1)])
async def test_only_a_proven_no_gives_a_use_back(desk: Desk, outcome: str | None, left: int) -> None:
    claimed = await sent(desk)
    if outcome is not None:
        await end(desk, claimed, outcome)

    assert sum(await desk.ledger.commit_intents(await planned(desk, 4))) == left


async def test_an_unknown_outcome_that_turns_out_as_a_no_gives_its_use_back(desk: Desk) -> None:
    claimed = await sent(desk)
    await end(desk, claimed, "unknown")
    assert sum(await desk.ledger.commit_intents(await planned(desk, 3))) == 1

    await desk.ledger.settle(desk.settlement(claimed, State.FAILED, disproved=(1,)))

    assert sum(await desk.ledger.commit_intents(await planned(desk, 3))) == 1


async def test_a_crash_between_intent_and_answer_keeps_the_use(
    desk: Desk, folder: Path, carriers: dict[str, Carrier], config: dict[str, Any]
) -> None:
    await sent(desk)
    desk.clock.advance(microseconds=LEASE)
    after = await Desk.open(specs(folder, carriers, database=desk.url, **config), desk.clock)

    try:
        assert sum(await after.ledger.commit_intents(await planned_elsewhere(after, 3))) == 1
    finally:
        await after.close()


async def planned_elsewhere(desk: Desk, count: int) -> list[Intent]:
    """Intents of new messages, beside one whose worker died."""
    for _ in range(count):
        await desk.accept(message(topic="offers"))
    return [await desk.plan(claimed) for claimed in await desk.claim() if claimed.state is State.ACCEPTED]


async def test_people_without_an_id_have_their_places_by_address(desk: Desk) -> None:
    ann, ben = ({"email": f"{name}@example.com"} for name in ("ann", "ben"))
    intents = [*await planned(desk, 3, to=ann), *await planned(desk, 3, to=ben)]

    assert await desk.ledger.commit_intents(intents) == [True, True, False] * 2


async def test_another_message_of_the_same_person_on_another_channel_counts_too(desk: Desk) -> None:
    for channel in ("email", "sms"):
        await sent(desk, channels=[channel])

    assert await waits_until(desk) == timedelta(hours=24)


async def test_retries_of_a_message_are_one_use(desk: Desk) -> None:
    claimed = await sent(desk)
    await end(desk, claimed, "unknown")
    desk.clock.advance(hours=1)
    await desk.ledger.settle(desk.settlement(claimed, State.SCHEDULED, due_at=desk.now, reason=Reason.OUTCOME_UNKNOWN))
    (again,) = await desk.claim()

    assert await desk.ledger.commit_intents([await desk.plan(again)]) == [True]
    await sent(desk)

    assert await waits_until(desk) == timedelta(hours=24)


@pytest.fixture
async def desks(
    folder: Path, database: str, carriers: dict[str, Carrier], config: dict[str, Any], clock: FakeClock
) -> AsyncIterator[list[Desk]]:
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(4):
            opened.append(await Desk.open(specs(folder, carriers, database=database, **config), clock))
            stack.push_async_callback(opened[-1].close)
        yield opened


async def test_workers_at_once_never_take_more_places_than_there_are(desks: list[Desk]) -> None:
    people = [{"id": f"u_{n}", "email": f"p{n}@example.com"} for n in range(10)]
    first, shares = desks[0], []
    for desk in desks:
        await asyncio.gather(*(first.accept(message(ann, topic="offers")) for ann in people for _ in range(3)))
        shares.append([await desk.plan(claimed) for claimed in await desk.claim()])

    await asyncio.gather(*(desk.ledger.commit_intents(share) for desk, share in zip(desks, shares, strict=True)))

    taken = first.rows("SELECT recipient_id, count(*) FROM attempts GROUP BY recipient_id ORDER BY 1")
    assert taken == [(f"u_{n}", LIMIT) for n in range(10)]


class Counting:
    """A reader or a transaction that counts what it is asked."""

    def __init__(self, inner: object) -> None:
        self._inner = inner
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def ask(*given: Any, **how: Any) -> Any:
            self.asked.append(f"{name} {given[0].lite.sql if isinstance(given[0], Hot) else ''}")
            return method(*given, **how)

        return ask

    def of_uses(self) -> int:
        return sum(_OF_USES in one for one in self.asked)


async def offered(desk: Desk, people: int) -> list[Claimed]:
    """So many messages to as many people."""
    wanted = [message({"id": f"u_{n}", "email": f"p{n}@example.com", "phone": f"+96650{n:07}"}, topic="offers") for n in range(people)]
    await asyncio.gather(*map(desk.accept, wanted))
    return await desk.claim(room=1000)


async def test_deciding_for_five_hundred_asks_no_more_than_for_one(desk: Desk) -> None:
    asked = []
    for people in (1, 500):
        batch = await offered(desk, people)
        candidates = [c for claimed in batch for c in desk.deciding.candidates(claimed)]
        reading = Counting(desk.store.reader)
        inputs = await read_inputs(reading, candidates, desk.policies, desk.clock.now())
        intents = [Intent(claimed, desk.deciding.candidates(claimed)[0], "mail", "[]") for claimed in batch]
        writing: list[Counting] = []

        async def work(tx: Transaction, intents: list[Intent] = intents, writing: list[Counting] = writing) -> list[bool]:
            writing.append(Counting(tx))
            return await commit(writing[0], intents, desk.policies, desk.clock)

        assert all(await desk.store.working.run(work))
        assert len(inputs.uses) == people
        asked.append((reading.asked, writing[0].asked))

    assert [len(part) for part in asked[0]] == [len(part) for part in asked[1]]
    assert [sum(_OF_USES in one for one in part) for part in asked[1]] == [1, 1]


async def test_uses_are_not_asked_where_no_cap_could_bind(desk: Desk) -> None:
    for topic in ("offers", "orders"):
        await desk.accept(message(topic=topic))
    candidates = [c for claimed in await desk.claim() for c in desk.deciding.candidates(claimed)]
    orders = [c for c in candidates if c.envelope.topic == "orders"]

    both, exempt = Counting(desk.store.reader), Counting(desk.store.reader)
    await read_inputs(both, candidates, desk.policies, desk.clock.now())
    await read_inputs(exempt, orders, desk.policies, desk.clock.now())

    assert (both.of_uses(), exempt.of_uses()) == (1, 0)


async def test_only_the_uses_of_those_who_are_asked_for_are_read(desk: Desk) -> None:
    for person in ("ann", "bob"):
        await end(desk, await sent(desk, to={"id": person, "email": f"{person}@example.com"}), "receipt")

    found = await read_uses(desk.store.reader, [("default", "ann")], desk.clock.now() - timedelta(days=1))

    assert {person: len(uses) for person, uses in found.items()} == {("default", "ann"): 1}
