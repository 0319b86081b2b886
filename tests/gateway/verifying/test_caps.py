"""The checker counts every use of a frequency cap anew, and finds what is too much."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.databases import changed
from tests.gateway.scripted import OFFERS, Carrier, FakeClock, Script, message, outcome, specs
from tests.gateway.verifying.shop import named
from wasl.api import Gateway
from wasl.verifying import Report, verify
from wasl_contracts import Reason, Receipt, Rejected, State

Opened = Callable[..., Awaitable[Gateway]]
HOUR = 3_600_000_000  # microseconds
TOPICS = {"offers": OFFERS, "notices": {"category": "service"}, "orders": {"category": "transactional"}}
TOLD: dict[str, Any] = {
    "topics": TOPICS,
    "caps": {"day": {"limit": 3, "per": "1d", "reserve": {"service": 1}}, "hour": {"limit": 1, "per": "1h", "scope": "topic"}},
}
MISSED = ("P6", "no_cap_is_exceeded")


class Shop:
    """A gateway with caps whose messages are known by the order in which they were sent."""

    def __init__(self, gateway: Gateway, clock: FakeClock, database: str, folder: Path) -> None:
        self._gateway, self._clock, self.url = gateway, clock, database
        self._specs = specs(folder, {"mail": Carrier("email")}, database=database, **TOLD)
        self.ids: list[str] = []

    async def send(self, topic: str, *, hours: float = 0, until: State = State.SENT) -> None:
        self._clock.advance(hours=hours)
        seen = await outcome(self._gateway, message(topic=topic, expires_in="9d"), lambda seen: seen.state is until)
        self.ids.append(seen.id)

    async def found(self) -> Report:
        return await verify(self._specs, clock=self._clock)

    async def move(self, number: int, hours: int) -> None:
        """As if a call had been made at another time."""
        await self.update(f"attempts SET started_at = started_at + {hours * HOUR}, ended_at = ended_at + {hours * HOUR}", number)

    async def update(self, change: str, number: int) -> None:
        assert await changed(self.url, f"UPDATE {change} WHERE message_id = ? RETURNING 1", self.ids[number]) == [(1,)]


@pytest.fixture
async def shop(opened: Opened, clock: FakeClock, database: str, folder: Path) -> Shop:
    mail = Carrier("email", Script(Receipt(), Rejected(Reason.CONTENT_REJECTED, "content")))
    kept = Shop(await opened({"mail": mail}, clock=clock, **TOLD), clock, database, folder)
    await kept.send("orders")
    await kept.send("offers", hours=1, until=State.FAILED)
    await kept.send("offers", hours=1)
    await kept.send("notices", hours=1)
    await kept.send("orders", hours=1)
    await kept.send("offers", hours=24)
    await kept.send("offers", hours=2)
    await kept.send("notices", hours=2)
    return kept


async def test_a_ledger_that_keeps_its_caps_has_no_findings(shop: Shop) -> None:
    assert (await shop.found()).findings == []


async def test_a_call_that_came_too_early_is_found(shop: Shop) -> None:
    await shop.move(3, hours=10)

    assert [one for one in named(await shop.found()) if one[:2] == MISSED] == [(*MISSED, shop.ids[7])]


async def test_a_promotion_on_a_reserved_place_is_found(shop: Shop) -> None:
    await shop.move(4, hours=10)

    assert (*MISSED, shop.ids[6]) in named(await shop.found())


async def test_a_use_that_should_not_have_been_given_back_is_found(shop: Shop) -> None:
    await shop.update("attempts SET outcome = 'unknown'", 1)

    assert (*MISSED, shop.ids[2]) in named(await shop.found())


async def test_a_topic_that_gets_more_than_its_share_is_found(shop: Shop) -> None:
    await shop.move(5, hours=2)

    assert (*MISSED, shop.ids[6]) in named(await shop.found())


async def test_a_call_that_counts_for_somebody_else_is_found(shop: Shop) -> None:
    await shop.update("attempts SET recipient_id = 'u_2'", 2)

    assert ("P6", "its_calls_count_for_its_recipient", shop.ids[2]) in named(await shop.found())
