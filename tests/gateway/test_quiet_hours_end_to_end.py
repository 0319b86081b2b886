"""Quiet hours through the whole gateway: deferred, then sent at the first legal moment; on each engine."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.gateway.scripted import ANN, Carrier, Desk, FakeClock, Script, message, outcome, types
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.verifying import verify
from wasl_contracts import Reason, State, Unavailable

Opening = Callable[..., Awaitable[Gateway]]
NIGHT = datetime(2026, 3, 1, 20, 10, tzinfo=UTC)
"""Ten past eleven in Riyadh."""
NINE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
TOPICS: dict[str, Any] = {
    "offers": {"category": "promotional", "consent": "implied"},
    "flash": {"category": "promotional", "consent": "implied", "expires_in": "2h"},
}


def shop(text: Carrier | None = None, **carriers: Carrier) -> dict[str, Carrier]:
    return {"text": text or Carrier("sms"), **carriers}


def why(seen: MessageSeen) -> Reason | None:
    return seen.reason.code if seen.reason is not None else None


def held(seen: MessageSeen) -> bool:
    return seen.state is State.SCHEDULED and why(seen) is Reason.QUIET_HOURS


def quiet(seen: MessageSeen, channel: str = "sms") -> Any:
    """What quiet hours said of a channel."""
    candidates = [one for decision in seen.decisions for one in decision.candidates if one.channel == channel]
    return next(verdict for verdict in candidates[-1].verdicts if verdict.policy == "quiet_hours")


async def test_a_message_at_night_waits_until_morning_and_goes_then(opened: Opening) -> None:
    clock, carriers = FakeClock(NIGHT), shop()
    gateway = await opened(carriers, clock=clock, topics=TOPICS)

    waiting = await outcome(gateway, message(topic="offers", channels=["sms"]), held)
    due = waiting.deliveries[0].due_at
    assert due is not None
    assert NINE <= due < NINE + timedelta(minutes=10)
    assert quiet(waiting).until == due
    assert waiting.timeline[-1].facts == {"reason": "quiet_hours", "until": due.isoformat()}
    clock.advance(seconds=(due - NIGHT).total_seconds() - 1)
    assert held(await gateway.get(waiting.id))
    assert carriers["text"].script.calls == []
    clock.advance(seconds=1)
    sent = await gateway.wait(waiting.id, until="sent", timeout=5)

    assert sent.state is State.SENT
    assert types(sent)[:2] == ["accepted", "scheduled"]
    assert len(carriers["text"].script.calls) == 1
    assert quiet(sent).verdict == "allow"


async def test_what_would_be_late_expires_at_once(opened: Opening) -> None:
    carriers = shop()
    gateway = await opened(carriers, clock=FakeClock(NIGHT), topics=TOPICS)

    seen = await outcome(gateway, message(topic="flash", channels=["sms"]))

    assert (seen.state, why(seen)) == (State.EXPIRED, Reason.EXPIRED)
    assert quiet(seen).verdict == "withhold"
    assert quiet(seen).inputs["opens"] == NINE.isoformat()
    assert carriers["text"].script.calls == []


async def test_with_first_a_channel_that_may_be_used_now_goes_before_one_that_must_wait(opened: Opening) -> None:
    mail = Carrier("email")
    carriers = shop(mail=mail)
    gateway = await opened(carriers, clock=FakeClock(NIGHT), topics=TOPICS)

    seen = await outcome(gateway, message(topic="offers", channels=["sms", "email"]))

    assert (seen.state, seen.deliveries[0].channel) == (State.SENT, "email")
    assert (quiet(seen, "sms").verdict, quiet(seen, "email").verdict) == ("defer", "allow")
    assert carriers["text"].script.calls == []


async def test_with_all_each_channel_has_its_own_hours(opened: Opening) -> None:
    gateway = await opened(shop(mail=Carrier("email")), clock=FakeClock(NIGHT), topics=TOPICS)

    seen = await outcome(
        gateway,
        message(topic="offers", channels=["sms", "email"], mode="all"),
        lambda seen: {d.state for d in seen.deliveries} == {State.SCHEDULED, State.SENT},
    )

    assert {d.channel or "sms": d.state for d in seen.deliveries} == {"sms": State.SCHEDULED, "email": State.SENT}


async def test_a_retry_that_comes_due_at_night_waits_for_the_morning(opened: Opening) -> None:
    evening = datetime(2026, 3, 1, 15, 59, 59, 900_000, tzinfo=UTC)  # a tenth of a second before 19:00 in Riyadh
    clock, carriers = FakeClock(evening), shop(Carrier("sms", Script(Unavailable(retry_after=60))))
    gateway = await opened(carriers, clock=clock, topics=TOPICS)
    tried = await outcome(gateway, message(topic="offers", channels=["sms"]), lambda seen: why(seen) is Reason.RETRYING)

    clock.advance(minutes=3)
    async with asyncio.timeout(5):
        while not held(await gateway.get(tried.id)):  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.005)

    assert len(carriers["text"].script.calls) == 1


async def test_somebody_without_a_number_or_a_zone_has_the_hours_of_the_brand(opened: Opening) -> None:
    gateway = await opened(
        {"device": Carrier("push")},
        clock=FakeClock(NIGHT),
        topics=TOPICS,
        timezone="Asia/Dubai",
        quiet_hours={"calendars": False, "all": {"from": "22:00", "to": "08:00"}},
    )
    token = {"channel": "push", "kind": "fcm_token", "value": "token"}

    seen = await outcome(gateway, message({"id": "u_2", "addresses": [token]}, topic="offers", channels=["push"]), held)

    assert (quiet(seen, "push").inputs["zone"], quiet(seen, "push").inputs["zone_of"]) == ("Asia/Dubai", "brand")
    assert quiet(seen, "push").inputs["opens"] == "2026-03-02T04:00:00+00:00"


async def test_what_quiet_hours_deferred_and_let_go_is_in_order(opened: Opening, database: str, folder: Any) -> None:
    clock, carriers = FakeClock(NIGHT), shop()
    gateway = await opened(carriers, clock=clock, topics=TOPICS)
    seen = [await outcome(gateway, message({**ANN, "id": f"u_{n}"}, topic="offers", channels=["sms"]), held) for n in range(3)]
    clock.advance(hours=10)
    for one in seen:
        await gateway.wait(one.id, until="sent", timeout=5)

    report = await verify(gateway._specs, clock=clock)

    assert (report.deliveries, report.findings) == (3, [])


@pytest.mark.parametrize("category", ["otp", "transactional"])
async def test_codes_go_at_night(opened: Opening, category: str) -> None:
    gateway = await opened(shop(), clock=FakeClock(NIGHT), topics={"now": {"category": category}})

    seen = await outcome(gateway, message(topic="now", channels=["sms"]))

    assert seen.state is State.SENT


@pytest.fixture
def config() -> dict[str, Any]:
    """Of the desk."""
    return {"topics": TOPICS}


@pytest.mark.parametrize(("seconds", "committed"), [(0.999, True), (1, False)])
async def test_no_intent_commits_in_the_second_in_which_quiet_hours_begin(
    desk: Desk, clock: FakeClock, seconds: float, committed: bool
) -> None:
    clock.advance(hours=3, minutes=59, seconds=59)  # a second before 19:00 in Riyadh
    await desk.accept(message(topic="offers", channels=["sms"]))
    (claimed,) = await desk.claim("sms")
    intent = await desk.plan(claimed, "text")

    clock.advance(seconds=seconds)

    assert await desk.ledger.commit_intents([intent]) == [committed]
