"""Stored decisions under another configuration: what would have been otherwise, and nothing where nothing is other."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.databases import changed, rows
from tests.gateway.scripted import ANN, NOON, OFFERS, Carrier, FakeClock, message, specs
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.registry import Specs
from wasl.rehearsal import rehearse
from wasl.rehearsed import Outcome
from wasl_contracts import Address, Reason, State

Opened = Callable[..., Awaitable[Gateway]]
CARRIERS = {"mail": Carrier("email"), "text": Carrier("sms")}
CAPPED = {"topics": {"offers": OFFERS}, "caps": {"week": {"limit": 3, "per": "7d", "categories": ["promotional"], "over": "withhold"}}}
_OVER = {State.SENT, State.WITHHELD, State.SCHEDULED, State.EXPIRED, State.FAILED}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(folder: Path) -> str:
    return f"sqlite:///{folder}/wasl.db"  # PostgreSQL tells the time itself; below there is one test on both


@pytest.fixture
def configured(folder: Path, database: str) -> Callable[..., Specs]:
    def make(**config: Any) -> Specs:
        return specs(folder, CARRIERS, database=database, **config)

    return make


async def sent(gateway: Gateway, to: Any = None, **fields: Any) -> MessageSeen:
    accepted = await gateway.accept(message(to, **fields))
    async with asyncio.timeout(10):
        while (seen := await gateway.get(accepted.id)).state not in _OVER:  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.002)
    return seen


async def test_an_unchanged_configuration_changes_nothing(opened: Opened, clock: FakeClock, configured: Callable[..., Specs]) -> None:
    gateway = await opened(CARRIERS, clock=clock, **CAPPED)
    for _ in range(5):
        await sent(gateway, topic="offers")
        clock.advance(hours=7)

    found = await rehearse(configured(**CAPPED), configured(**CAPPED), NOON)

    assert (found.same, found.changed, found.changes, found.not_told) == (5, 0, (), 0)


async def test_what_a_budget_kept_back_it_keeps_back_again(opened: Opened, clock: FakeClock, configured: Callable[..., Specs]) -> None:
    money = {
        "topics": {"offers": OFFERS},
        "prices": [{"channel": "sms", "country": "SA", "price": "0.04", "currency": "SAR"}],
        "budgets": {"texts": {"amount": "0.10", "currency": "SAR", "per": "month"}},
    }
    gateway = await opened(CARRIERS, clock=clock, **money)
    for _ in range(4):
        await sent(gateway, {"id": "u_7", "phone": "+966501234567"}, topic="offers", channels=("sms",))
    raised = {**money, "budgets": {"texts": {"amount": "0.12", "currency": "SAR", "per": "month"}}}

    same = await rehearse(configured(**money), configured(**money), NOON)
    found = await rehearse(configured(**money), configured(**raised), NOON)

    assert (same.same, same.changed) == (4, 0)
    assert [(change.before.reason, change.after.fate, change.count) for change in found.changes] == [(Reason.BUDGET_EXCEEDED, "sent", 2)]


async def test_a_lower_cap_withholds_just_the_messages_that_a_count_predicts(
    opened: Opened, clock: FakeClock, configured: Callable[..., Specs]
) -> None:
    random, gateway = Random(11), await opened(CARRIERS, clock=clock, **CAPPED)
    seen: defaultdict[str, list[tuple[Any, MessageSeen]]] = defaultdict(list)
    for _ in range(60):
        clock.advance(minutes=random.randrange(60 * 20))
        who = f"u_{random.randrange(4)}"
        seen[who].append((clock.now(), await sent(gateway, {"id": who, "email": f"{who}@example.com"}, topic="offers")))
    lower = {**CAPPED, "caps": {"week": {**CAPPED["caps"]["week"], "limit": 2}}}  # type: ignore[dict-item]  # a table in a table

    found = await rehearse(configured(**CAPPED), configured(**lower), NOON)

    predicted = Counter[tuple[str, str]]()
    for story in seen.values():
        went: list[Any] = []
        for at, one in story:
            free = sum(at - timedelta(days=7) < before <= at for before in went) < 2
            went += [at] if free else []
            predicted[one.state, "sent" if free else "withheld"] += 1
    told = Counter({(change.before.fate, change.after.fate): change.count for change in found.changes})
    assert told == Counter({kind: many for kind, many in predicted.items() if kind[0] != kind[1]})
    assert told[("sent", "withheld")] > 3
    assert found.same == 60 - told.total()


async def test_a_higher_cap_lets_go_what_was_withheld(opened: Opened, clock: FakeClock, configured: Callable[..., Specs]) -> None:
    gateway = await opened(CARRIERS, clock=clock, **CAPPED)
    ids = [(await sent(gateway, topic="offers")).id for _ in range(5)]

    found = await rehearse(configured(**CAPPED), configured(topics=CAPPED["topics"]), NOON)

    (change,) = found.changes
    assert (change.topic, change.count, set(change.examples)) == ("offers", 2, set(ids[3:]))
    assert (change.before, change.after) == (
        Outcome(fate="withheld", reason=Reason.FREQUENCY_CAP), Outcome(fate="sent", channel="email"),
    )  # fmt: skip


async def test_another_route_moves_what_followed_the_old_one(opened: Opened, clock: FakeClock, configured: Callable[..., Specs]) -> None:
    gateway = await opened(CARRIERS, clock=clock)
    await sent(gateway)
    await sent(gateway, channels=["email"])
    draft = configured(routes={"default": {"channels": ["sms", "email"]}})

    found = await rehearse(configured(), draft, NOON)

    (change,) = found.changes
    assert (change.before.channel, change.after.channel, change.count) == ("email", "sms", 1)
    assert found.same == 1


async def test_new_quiet_hours_defer_by_the_zone_of_the_person(opened: Opened, clock: FakeClock, configured: Callable[..., Specs]) -> None:
    topics = {"offers": OFFERS}
    gateway = await opened(CARRIERS, clock=clock, topics=topics)
    clock.advance(hours=9)  # midnight in Riyadh, afternoon in New York
    await sent(gateway, {**ANN, "timezone": "Asia/Riyadh"}, topic="offers")
    await sent(gateway, {"id": "bob", "email": "bob@example.com", "timezone": "America/New_York"}, topic="offers")
    quiet = {
        "quiet_hours": {"calendars": False, "night": {"from": "22:00", "to": "08:00"}},
        "topics": {"offers": {**OFFERS, "quiet_hours": True}},
    }

    found = await rehearse(configured(topics=topics), configured(**quiet), NOON)

    (change,) = found.changes
    assert (change.before.fate, change.after, change.count) == ("sent", Outcome(fate="deferred", reason=Reason.QUIET_HOURS), 1)


async def test_a_stricter_consent_withholds_what_nobody_agreed_to(
    opened: Opened, clock: FakeClock, configured: Callable[..., Specs]
) -> None:
    gateway = await opened(CARRIERS, clock=clock, topics={"offers": OFFERS})
    await gateway.suppress(Address(channel="email", kind="email", value="ann@example.com"))
    await sent(gateway, topic="offers")

    found = await rehearse(configured(topics={"offers": OFFERS}), configured(topics={"offers": {**OFFERS, "consent": "opt_in"}}), NOON)

    (change,) = found.changes
    assert (change.before.channel, change.after.fate, change.after.reason) == ("sms", "withheld", Reason.SUPPRESSED_MANUAL)


async def test_records_of_an_older_wasl_are_counted_and_left_out(
    opened: Opened, clock: FakeClock, configured: Callable[..., Specs], database: str
) -> None:
    gateway = await opened(CARRIERS, clock=clock)
    await sent(gateway)
    old = [["email", "a•••@e•••.com", 1, [["expiry", "a", "message.expires_in", {"expires_at": "2026-03-04T12:00:00+00:00"}]]]]
    await changed(database, "UPDATE deliveries SET decision = ?", json.dumps(old))

    found = await rehearse(configured(), configured(), NOON)

    assert (found.same, found.changed, found.not_told) == (0, 0, 1)


async def test_a_channel_that_nothing_went_by_is_told_as_unknown(
    opened: Opened, clock: FakeClock, configured: Callable[..., Specs]
) -> None:
    route = {"routes": {"default": {"channels": ["email"]}}}
    gateway = await opened(CARRIERS, clock=clock, **route)
    await sent(gateway)

    found = await rehearse(configured(**route), configured(routes={"default": {"channels": ["sms", "email"]}}), NOON)

    assert (found.changed, found.new_channels) == (0, ("sms",))


async def test_it_runs_on_postgresql_too(
    opened: Opened, folder: Path, postgres: Any, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.fresh(migrated)
    gateway = await opened(CARRIERS, database=url, topics={"offers": OFFERS})
    await sent(gateway, topic="offers")
    now, strict = (
        specs(folder, CARRIERS, database=url),
        specs(folder, CARRIERS, database=url, topics={"offers": {"category": "promotional"}}),
    )
    begin = gateway._open.ledger.clock.now() - timedelta(hours=1)

    found = await rehearse(now, strict, begin)

    assert [(change.before.fate, change.after.fate, change.count) for change in found.changes] == [("sent", "withheld", 1)]
    assert rows(url, "SELECT count(*) FROM messages") == [(1,)]


async def test_a_message_to_all_channels_had_them_all_to_go_by(opened: Opened, clock: FakeClock, configured: Callable[..., Specs]) -> None:
    routes = {"default": {"mode": "all", "channels": ["email", "sms"]}}
    gateway = await opened(CARRIERS, clock=clock, routes=routes)
    seen = await sent(gateway, {"id": "u_3", "email": "ann@example.com", "phone": "+966501234567"})

    found = await rehearse(configured(routes=routes), configured(routes=routes), NOON)

    assert (len(seen.deliveries), found.same, found.changes, found.new_channels) == (2, 2, (), ())


async def test_decisions_about_erased_people_are_counted_as_such(
    opened: Opened, clock: FakeClock, configured: Callable[..., Specs]
) -> None:
    gateway = await opened(CARRIERS, clock=clock)
    await sent(gateway, {"id": "u_4", "email": "ann@example.com"})
    await sent(gateway)
    await gateway.erase_recipient("u_4")

    found = await rehearse(configured(), configured(), NOON)

    assert (found.same, found.not_told, found.erased) == (1, 0, 1)
