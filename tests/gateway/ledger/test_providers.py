"""The rows of providers on both engines: two workers that find the same thing, and rates that all of them share."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.gateway.scripted import NOON, Desk, FakeClock, message, specs
from wasl.ledger.providers import Providers
from wasl.rate import Limit
from wasl.standing import Standing
from wasl_contracts import Reason, State

SOON = NOON + timedelta(seconds=5)
OPEN = Standing("mail", "open", Reason.PROVIDER_FAILING, "503", NOON, SOON)
PAUSED = Standing("mail", "paused", Reason.PROVIDER_MISCONFIGURED, "401", NOON, NOON + timedelta(seconds=60))
TEN = Limit(10, "s")
CHANNELS = {"mail": "email", "spare": "email", "text": "sms"}


@pytest.fixture
async def rows(desk: Desk) -> Providers:
    made = Providers(desk.store, "default", desk.clock, CHANNELS)
    await made.add(["mail", "text"])
    return made


@pytest.fixture
async def others(desk: Desk, folder: Path, database: str, clock: FakeClock) -> AsyncIterator[Providers]:
    """The same rows, as another process has them."""
    other = await Desk.open(specs(folder, {}, database=database), clock)
    yield Providers(other.store, "default", clock, CHANNELS)
    await other.close()


async def mail(rows: Providers) -> Standing:
    found = {standing.name: standing for standing in await rows.seen()}
    return found["mail"]


async def test_a_new_provider_is_closed_and_adding_it_again_changes_nothing(rows: Providers) -> None:
    await rows.record([("open", OPEN)])

    await rows.add(["mail", "spare"])

    assert {standing.name: standing.state for standing in await rows.seen()} == {"mail": "open", "spare": "closed", "text": "closed"}


async def test_what_one_worker_finds_the_other_reads(rows: Providers, others: Providers) -> None:
    await rows.record([("open", OPEN)])

    assert replace(await mail(others), next_call_at=OPEN.next_call_at) == OPEN


async def test_of_two_workers_that_open_it_the_first_is_told(rows: Providers, others: Providers) -> None:
    await rows.record([("open", OPEN)])

    await others.record([("open", replace(OPEN, code="500", since=SOON))])

    assert (await mail(rows)).since == NOON


async def test_a_pause_is_told_from_its_beginning_and_follows_on_anything(rows: Providers) -> None:
    later = NOON + timedelta(seconds=90)
    await rows.record([("open", OPEN), ("pause", PAUSED), ("pause", replace(PAUSED, since=SOON, until=later))])

    found = await mail(rows)

    assert (found.state, found.reason, found.since, found.until) == ("paused", Reason.PROVIDER_MISCONFIGURED, NOON, later)


async def test_closing_forgets_why(rows: Providers) -> None:
    await rows.record([("pause", PAUSED), ("close", Standing("mail", since=SOON))])

    found = await mail(rows)

    assert (found.state, found.reason, found.code, found.since, found.until) == ("closed", None, None, SOON, None)


async def test_an_operator_resumes_a_provider_whatever_it_waits_for(rows: Providers, others: Providers) -> None:
    for change, standing in (("pause", PAUSED), ("slow", replace(OPEN, state="closed"))):
        await rows.record([(change, standing)])  # type: ignore[list-item]  # a literal

        await others.resume("mail")

        found = await mail(rows)
        assert (found.state, found.until) == ("closed", None)


WAITS_FOR_IT = (
    Reason.PROVIDER_PAUSED, Reason.PROVIDER_FAILING, Reason.RATE_LIMITED, Reason.PROVIDER_MISCONFIGURED, Reason.PROVIDER_FAULT,
    Reason.OUTCOME_UNKNOWN,
)  # fmt: skip


async def waiting(desk: Desk, reason: Reason, *, channel: str | None = None, lane: str = "email") -> str:
    """A message that waits for a day; where a channel is named, it has settled on it."""
    given = message(channels=(lane, "sms" if lane == "email" else "email"))
    if channel is None:
        await desk.accept(given)
        (claimed,) = await desk.claim()
    else:
        claimed = await desk.sending(given, "mail" if channel == "email" else "text")
    assert await desk.ledger.settle(desk.settlement(claimed, State.SCHEDULED, reason=reason, due_at=desk.now + 86_400_000_000, lane=lane))
    return claimed.message_id


def due(desk: Desk) -> set[str]:
    return {str(row[0]) for row in desk.rows("SELECT message_id FROM deliveries WHERE due_at <= ?", desk.now)}


@pytest.mark.parametrize("reason", WAITS_FOR_IT)
async def test_what_waits_for_a_provider_is_due_when_it_is_resumed(rows: Providers, desk: Desk, reason: Reason) -> None:
    settled, still_open = await waiting(desk, reason, channel="email"), await waiting(desk, reason)
    by_a_later_channel = await waiting(desk, reason, lane="sms")
    before = due(desk)

    await rows.resume("mail")

    assert before == set()
    assert due(desk) == {settled, still_open, by_a_later_channel}


async def test_what_waits_for_something_else_or_is_claimed_stays_when_a_provider_is_resumed(
    rows: Providers, desk: Desk, clock: FakeClock
) -> None:
    for reason in (Reason.QUIET_HOURS, Reason.FREQUENCY_CAP, Reason.RETRYING, Reason.IN_ORDER):
        await waiting(desk, reason, channel="email")
    await waiting(desk, Reason.PROVIDER_PAUSED, channel="sms", lane="sms")
    claimed = await waiting(desk, Reason.PROVIDER_PAUSED, channel="email")
    clock.advance(days=1)
    held = {one.message_id for one in await desk.claim("email")}
    clock.advance(days=-1)

    await rows.resume("mail")

    assert claimed in held
    assert due(desk) == set()


async def test_what_waits_for_another_brands_provider_stays(rows: Providers, desk: Desk) -> None:
    await waiting(desk, Reason.PROVIDER_PAUSED)
    other = Providers(desk.store, "other", desk.clock, CHANNELS)
    await other.add(["mail"])

    await other.resume("mail")

    assert due(desk) == set()


async def test_asking_us_to_slow_down_is_a_floor_that_only_grows_and_never_hides_a_failure(rows: Providers) -> None:
    slow = Standing("mail", "closed", Reason.RATE_LIMITED, "429", NOON, SOON)

    await rows.record([("slow", slow), ("slow", replace(slow, until=NOON))])
    floor = await mail(rows)
    await rows.record([("open", OPEN), ("slow", replace(slow, until=PAUSED.until))])

    assert (floor.state, floor.reason, floor.until) == ("closed", Reason.RATE_LIMITED, SOON)
    assert replace(await mail(rows), next_call_at=OPEN.next_call_at) == replace(OPEN, until=PAUSED.until)


async def test_one_worker_at_a_time_may_try_a_provider_that_fails(rows: Providers, others: Providers, clock: FakeClock) -> None:
    await rows.record([("open", OPEN)])
    tries = {"mail": SOON + timedelta(seconds=5)}

    too_early = await rows.admit({}, tries)
    clock.advance(seconds=5)
    both = await asyncio.gather(rows.admit({}, tries), others.admit({}, tries))

    assert too_early == ({}, set())
    assert sorted((tried for _, tried in both), key=len) == [set(), {"mail"}]


async def test_a_sound_provider_is_not_tried(rows: Providers) -> None:
    assert await rows.admit({}, {"mail": SOON}) == ({}, set())


async def test_a_provider_with_a_rate_is_tried_only_by_a_call_that_its_rate_leaves(rows: Providers, clock: FakeClock) -> None:
    await rows.record([("open", replace(OPEN, until=NOON))])
    hourly = Limit(1, "h")

    first = await rows.admit({"mail": (hourly, 1)}, {"mail": NOON})
    clock.advance(minutes=5)
    second = await rows.admit({"mail": (hourly, 1)}, {"mail": SOON})

    assert first == ({"mail": NOON + timedelta(hours=1) - timedelta(milliseconds=50)}, {"mail"})
    assert second == ({}, set())


async def test_many_workers_together_never_call_faster_than_the_rate(rows: Providers, others: Providers, clock: FakeClock) -> None:
    random, calls = Random(5), []

    for _ in range(300):
        count = random.randint(1, TEN.chunk)
        given, _ = await random.choice([rows, others]).admit({"mail": (TEN, count)}, {})
        calls += [clock.now()] * (count if given else 0)
        clock.advance(milliseconds=random.choice([1, 5, 20, 60]))

    seconds = (calls[-1] - calls[0]).total_seconds()
    assert busiest(calls, timedelta(seconds=1)) <= 10 + TEN.chunk + 1
    assert busiest(calls, timedelta(seconds=10)) <= 100 + TEN.chunk + 1
    assert len(calls) >= 0.85 * 10 * seconds


def busiest(calls: list[datetime], window: timedelta) -> int:
    """The most calls in any window."""
    return max(sum(1 for call in calls if begin <= call < begin + window) for begin in calls)


async def test_rates_of_several_providers_are_asked_for_together(rows: Providers, clock: FakeClock) -> None:
    await rows.admit({"text": (TEN, 1)}, {})

    given, _ = await rows.admit({"mail": (TEN, 2), "text": (TEN, 2)}, {})

    assert given == {"mail": NOON + timedelta(milliseconds=150)}
