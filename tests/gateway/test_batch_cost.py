"""Deciding costs the same few statements for a batch of any size."""

import asyncio
from collections import Counter
from typing import Any, cast

import pytest

from tests.gateway.scripted import Desk, message
from wasl.deciding import Go
from wasl.ledger.inputs import read_inputs
from wasl.ledger.intents import Intent, commit
from wasl.ledger.port import Reader, Transaction


class Counting:
    """A reader or a transaction that counts how often it asks the database."""

    def __init__(self, inner: Reader | Transaction) -> None:
        self._inner = inner
        self.calls = Counter[str]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)

        def counted(*given: Any, **how: Any) -> Any:
            self.calls[name] += 1
            return found(*given, **how)

        return counted


@pytest.fixture
def config() -> dict[str, Any]:
    return {
        "topics": {"offers": {"category": "promotional", "consent": "implied", "quiet_hours": False}},
        "caps": {"day": {"limit": 5, "per": "1d"}, "week": {"limit": 20, "per": "7d", "over": "withhold"}},
        "quiet_hours": {"night": {"from": "22:00", "to": "08:00"}},
    }


async def asked(desk: Desk, size: int) -> tuple[Counter[str], Counter[str]]:
    """What reading the inputs of so many messages takes, and what committing their intents takes."""
    people = ({"id": f"u_{size}_{number}", "email": f"u{number}@example.com", "phone": "+966501234567"} for number in range(size))
    await asyncio.gather(*(desk.accept(message(to, topic="offers", about="sale", fact="sale")) for to in people))
    claimed = await desk.claim("email", room=size)
    listed = [desk.deciding.candidates(one) for one in claimed]
    reader = Counting(desk.store.reader)
    inputs = await read_inputs(reader, [one for some in listed for one in some], desk.policies, desk.clock.now())
    decisions = [desk.deciding.decide(one, some, inputs, desk.clock.now()) for one, some in zip(claimed, listed, strict=True)]
    intents = [Intent(one, go.chosen, "mail", "[]") for one, go in zip(claimed, decisions, strict=True) if isinstance(go, Go)]
    assert len(intents) == size
    inside: Counter[str] = Counter()

    async def work(tx: Transaction) -> list[bool]:
        counting = Counting(tx)
        done = await commit(cast("Transaction", counting), intents, desk.policies, desk.clock)
        inside.update(counting.calls)
        return done

    assert all(await desk.store.working.run(work))
    return reader.calls, inside


async def test_deciding_and_committing_a_batch_takes_a_constant_number_of_statements(desk: Desk) -> None:
    one, many = await asked(desk, 1), await asked(desk, 500)

    assert one == many
    assert 0 < many[0]["fetch"] <= 6
