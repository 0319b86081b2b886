"""What a budget counts is written with the intents, given back on a proven no, and never more than the amount."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.gateway.scripted import NOON, OFFERS, Carrier, Desk, FakeClock, message, specs
from wasl.ledger.claims import Claimed
from wasl.ledger.intents import Intent
from wasl.ledger.settle import Ended
from wasl.policies.verdict import Cost
from wasl_contracts import State

UNIT = 40_000  # micro units of a riyal
ROOM = 5  # units that the budget has room for
MARCH = "2026-03-01"


@pytest.fixture
def config() -> dict[str, Any]:
    return {
        "routes": {"default": {"channels": ["sms", "email"]}},
        "topics": {"offers": OFFERS, "codes": {"category": "otp"}},
        "prices": [{"channel": "sms", "price": "0.04", "currency": "SAR"}],
        "budgets": {"texts": {"amount": "0.20", "currency": "SAR", "per": "month", "channels": ["sms"]}},
    }


def costing(units: int = 1) -> Cost:
    return Cost(units, "gsm7", units * UNIT, "SAR")


async def planned(desk: Desk, count: int, units: int = 1, **fields: Any) -> list[Intent]:
    for _ in range(count):
        await desk.accept(message(**{"topic": "offers", "expires_in": "9d", **fields}))
    intents = [await desk.plan(claimed, "text") for claimed in await desk.claim()]
    return [replace(intent, candidate=replace(intent.candidate, cost=costing(units))) for intent in intents]


async def sent(desk: Desk, units: int = 1, **fields: Any) -> Claimed:
    (intent,) = await planned(desk, 1, units, **fields)
    assert await desk.ledger.commit_intents([intent]) == [True]
    return intent.claimed


async def end(desk: Desk, claimed: Claimed, outcome: str, **how: Any) -> bool:
    state = {"receipt": State.SENT, "unknown": State.UNKNOWN}.get(outcome, State.FAILED)
    return await desk.ledger.settle(desk.settlement(claimed, state, ended=Ended(1, desk.now, outcome), **how))


def spent(desk: Desk) -> list[tuple[str, str, str, str, int]]:
    return desk.rows("SELECT day, brand, channel, currency, spent FROM spending WHERE category = 'promotional' ORDER BY 1, 2, 3")


async def test_what_an_attempt_costs_is_kept_with_it_and_counted(desk: Desk) -> None:
    await sent(desk, 2)

    assert desk.rows("SELECT cost_units, encoding, cost, currency, spent_on FROM attempts") == [(2, "gsm7", 2 * UNIT, "SAR", MARCH)]
    assert spent(desk) == [(MARCH, "default", "sms", "SAR", 2 * UNIT)]


async def test_in_a_batch_each_is_counted_before_the_next_one_is_judged(desk: Desk) -> None:
    intents = await planned(desk, 4, 2)

    assert await desk.ledger.commit_intents(intents) == [True, True, False, False]

    assert spent(desk) == [(MARCH, "default", "sms", "SAR", 4 * UNIT)]
    assert await desk.ledger.commit_intents(await planned(desk, 1, 1)) == [True]
    assert spent(desk)[0][-1] == ROOM * UNIT


async def test_what_no_budget_counts_costs_no_row(desk: Desk) -> None:
    await desk.accept(message(topic="offers", channels=["email"]))
    (intent,) = [await desk.plan(claimed) for claimed in await desk.claim()]

    assert await desk.ledger.commit_intents([intent]) == [True]

    assert desk.rows("SELECT cost_units, cost, spent_on FROM attempts") == [(None, None, None)]
    assert spent(desk) == []


async def test_codes_are_counted_and_go_also_when_all_is_spent(desk: Desk) -> None:
    await desk.ledger.commit_intents(await planned(desk, 1, ROOM))

    assert await desk.ledger.commit_intents(await planned(desk, 2, 1, topic="codes", expires_in="5m")) == [True, True]

    assert desk.rows("SELECT spent FROM spending WHERE category = 'otp'") == [(2 * UNIT,)]


@pytest.mark.parametrize(("outcome", "left"), [("receipt", 2), ("unknown", 2), ("rejected", 0), ("unavailable", 0)])
async def test_only_a_proven_no_gives_it_back(desk: Desk, outcome: str, left: int) -> None:
    claimed = await sent(desk, 2)

    await end(desk, claimed, outcome)

    assert spent(desk)[0][-1] == left * UNIT


async def test_it_is_given_back_once(desk: Desk) -> None:
    claimed, _ = await sent(desk, 2), await sent(desk, 1)
    await end(desk, claimed, "unknown")

    await end(desk, claimed, "rejected", disproved=(1,))
    assert spent(desk)[0][-1] == UNIT

    again = replace(claimed, fence=claimed.fence)
    await end(desk, again, "rejected", disproved=(1,))
    late = replace(claimed, fence=claimed.fence - 1)
    assert not await end(desk, late, "rejected")
    assert spent(desk)[0][-1] == UNIT


async def test_a_budget_begins_anew_with_its_period(desk: Desk) -> None:
    await end(desk, await sent(desk, ROOM), "receipt")
    desk.clock.advance(days=31)

    assert await desk.ledger.commit_intents(await planned(desk, 1, ROOM)) == [True]

    assert [row[0] for row in spent(desk)] == [MARCH, "2026-04-01"]


async def test_one_lock_and_one_query_serve_a_batch_and_none_what_no_budget_counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    reader = type(desk.store.reader)
    fetch = reader.fetch

    async def counted(self: Any, statement: Any, values: Any) -> Any:
        seen.append(statement.single.sql)
        return await fetch(self, statement, values)

    monkeypatch.setattr(reader, "fetch", counted)
    candidates = [intent.candidate for intent in await planned(desk, 3)]
    seen.clear()

    await desk.ledger.inputs(candidates)
    assert len([sql for sql in seen if "FROM spending" in sql]) == 1
    seen.clear()
    await desk.ledger.inputs([replace(one, channel="email", providers=("mail",)) for one in candidates])
    assert not [sql for sql in seen if "FROM spending" in sql]


@pytest.fixture
async def desks(folder: Path, database: str, carriers: dict[str, Carrier], config: dict[str, Any]) -> AsyncIterator[list[Desk]]:
    """Three workers on one ledger."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(3):
            opened.append(await Desk.open(specs(folder, carriers, database=database, **config), FakeClock(NOON)))
            stack.push_async_callback(opened[-1].close)
        yield opened


async def test_workers_at_once_never_spend_more_than_the_amount(desks: list[Desk]) -> None:
    random = Random(5)
    first = desks[0]
    for number in range(36):
        await first.accept(
            message({"id": f"u_{number}", "phone": "+966501234567", "email": "ann@example.com"}, topic="offers", expires_in="9d")
        )
    claimed = await first.claim()
    made = [await first.plan(one, "text") for one in claimed]
    intents = [replace(one, candidate=replace(one.candidate, cost=costing(random.choice([1, 1, 2, 3])))) for one in made]
    most = 0

    async def work(desk: Desk, own: list[Intent]) -> None:
        nonlocal most
        for start in range(0, len(own), 3):
            batch = own[start : start + 3]
            going = await desk.ledger.commit_intents(batch)
            rows = spent(first)
            most = max(most, rows[0][-1] if rows else 0)
            for intent in (one for one, goes in zip(batch, going, strict=True) if goes and random.random() < 0.5):
                await end(desk, intent.claimed, random.choice(["rejected", "unavailable"]))

    await asyncio.gather(*(work(desk, intents[place::3]) for place, desk in enumerate(desks)))

    kept = first.rows("SELECT sum(cost) FROM attempts WHERE outcome IS NULL")[0][0]
    assert spent(first)[0][-1] == kept <= most <= ROOM * UNIT
    assert kept > 0
