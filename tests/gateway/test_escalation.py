"""Escalation through the whole pipeline: the next channel goes where no proof comes in time, and only then."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.gateway.escalated import BEN, ROUTE, TOKEN, reported, seen_when, ways, whole_minutes
from tests.gateway.scripted import Carrier, FakeClock, Script, calls, message, outcome, specs, types, world
from wasl.api import Gateway
from wasl.errors import Refused
from wasl.person_life import LifeMessage
from wasl.terminal import timeline
from wasl.verifying import verify
from wasl_contracts import Capabilities, Delivery, Mark, Reason, Receipt, Recipient, Rejected, State, Unknown

Opened = Callable[..., Awaitable[Gateway]]
PROVING = Capabilities(receipts=True, confirms_in_seconds=60)
REFUSED = Rejected(Reason.CONTENT_REJECTED, "content", "554")
WAITS, CAME = Reason.AWAITING_PROOF.value, Reason.PROOF_CAME.value


def carriers(**scripts: Script) -> dict[str, Carrier]:
    names = {"device": "push", "text": "sms", "mail": "email"}
    return {name: Carrier(channel, scripts.get(name, Script()), PROVING) for name, channel in names.items()}


async def begun(
    opened: Opened, given: dict[str, Carrier], route: dict[str, Any] | None = None, **config: Any
) -> tuple[Gateway, FakeClock, str]:
    """A message that was sent by push, and waits for proof."""
    clock, message_fields = FakeClock(), config.pop("message", {})
    gateway = await opened(given, clock=clock, routes={"default": {**ROUTE, **(route or {})}}, **config)
    seen = await outcome(gateway, message(BEN, **message_fields), lambda seen: seen.state in (State.SENT, State.DELIVERED, State.UNKNOWN))
    return gateway, clock, seen.id


async def in_order(gateway: Gateway, clock: FakeClock) -> bool:
    report = await verify(gateway._specs, clock=clock)
    return report.findings == []


async def test_without_proof_in_time_the_next_channel_goes_and_it_is_told(opened: Opened) -> None:
    given = carriers()
    gateway, clock, message_id = await begun(opened, given)
    waiting = await gateway.get(message_id)
    clock.advance(minutes=9, seconds=59)
    await asyncio.sleep(0.05)
    before = calls(*given.values())

    clock.advance(seconds=1)
    seen = await seen_when(gateway, message_id, lambda seen: len(seen.deliveries) == 3)

    assert ways(waiting) == [("push", "sent", None), (None, "scheduled", WAITS)]
    assert (before, calls(*given.values())) == ([1, 0, 0], [1, 1, 0])
    assert ways(seen) == [("push", "sent", None), ("sms", "sent", None), (None, "scheduled", WAITS)]
    assert [one.marks for one in seen.deliveries] == [(), (Mark.ESCALATED,), ()]
    told = [(entry.type, entry.facts.get("before"), entry.facts.get("proof")) for entry in seen.timeline if "before" in entry.facts]
    assert told == [("scheduled", "push", "delivered"), ("escalated", "push", "delivered"), ("scheduled", "sms", "delivered")]
    shown = Console(width=200, record=True, file=StringIO())
    shown.print(timeline(seen))
    words = shown.export_text()
    assert "Goes 10 min later, unless push is delivered by then." in words
    assert "No proof came in time that push was delivered, so the next channel goes." in words
    (life,) = [one for one in (await gateway.life("ben")).data if isinstance(one, LifeMessage)]
    assert [one.tried for one in life.deliveries] == [(), ("push",), ("push", "sms")]
    assert types(seen).index("escalated") < [entry.facts.get("channel") for entry in seen.timeline].index("sms")
    assert await in_order(gateway, clock)


async def test_the_proof_in_time_cancels_what_waits(opened: Opened) -> None:
    given = carriers()
    gateway, clock, message_id = await begun(opened, given)

    await reported(gateway, message_id, "delivered")
    await reported(gateway, message_id, "delivered", provider="device")
    clock.advance(hours=1)
    await asyncio.sleep(0.05)

    seen = await gateway.get(message_id)
    assert ways(seen) == [("push", "delivered", None), (None, "cancelled", CAME)]
    assert (calls(*given.values()), seen.marks, seen.state) == ([1, 0, 0], (), State.DELIVERED)
    assert seen.reached("delivered")
    assert await in_order(gateway, clock)


async def test_a_proof_that_comes_late_changes_nothing_of_what_was_sent(opened: Opened) -> None:
    given = carriers()
    gateway, clock, message_id = await begun(opened, given)
    clock.advance(minutes=10)
    await seen_when(gateway, message_id, lambda seen: len(seen.deliveries) == 3)

    await reported(gateway, message_id, "delivered")

    seen = await gateway.get(message_id)
    assert ways(seen) == [("push", "delivered", None), ("sms", "sent", None), (None, "cancelled", CAME)]
    assert seen.marks == (Mark.ESCALATED,)
    await reported(gateway, message_id, "delivered", number=2, provider="text")
    assert ways(await gateway.get(message_id))[1] == ("sms", "delivered", None)
    assert await in_order(gateway, clock)


async def test_what_is_to_be_read_waits_on_when_it_only_arrived(opened: Opened) -> None:
    given = carriers()
    gateway, clock, message_id = await begun(opened, given, {"until": "read"})
    await reported(gateway, message_id, "delivered")
    arrived = await gateway.get(message_id)

    clock.advance(minutes=10)
    await seen_when(gateway, message_id, lambda seen: len(seen.deliveries) == 3)
    await reported(gateway, message_id, "read", number=2, provider="text")

    seen = await gateway.get(message_id)
    assert ways(arrived) == [("push", "delivered", None), (None, "scheduled", WAITS)]
    assert [one.state for one in seen.deliveries] == [State.DELIVERED, State.DELIVERED, State.CANCELLED]
    assert calls(*given.values()) == [1, 1, 0]
    assert await in_order(gateway, clock)


async def test_a_machine_that_opened_it_has_not_read_it(opened: Opened) -> None:
    gateway, _, message_id = await begun(opened, carriers(), {"until": "read"})

    await reported(gateway, message_id, "clicked", machine=True)
    await reported(gateway, message_id, "opened")

    assert ways(await gateway.get(message_id))[1] == (None, "scheduled", WAITS)


@pytest.mark.parametrize("kind", ["bounced", "failed"])
async def test_proof_that_it_did_not_arrive_lets_the_next_one_go_at_once(opened: Opened, kind: Any) -> None:
    given = carriers()
    gateway, clock, message_id = await begun(opened, given)
    clock.advance(seconds=5)

    await reported(gateway, message_id, kind)

    seen = await seen_when(gateway, message_id, lambda seen: len(seen.deliveries) == 3)
    assert [one.state.value for one in seen.deliveries] == [kind, "sent", "scheduled"]
    assert (calls(*given.values()), seen.marks) == ([1, 1, 0], ())  # it failed over, and did not escalate
    assert await in_order(gateway, clock)


async def test_when_the_next_channel_fails_the_one_after_it_goes_at_once(opened: Opened) -> None:
    given = carriers(text=Script(REFUSED))
    gateway, clock, message_id = await begun(opened, given)

    clock.advance(minutes=10)
    seen = await seen_when(gateway, message_id, lambda seen: len(seen.deliveries) == 3 and seen.deliveries[2].state is State.SENT)

    assert [(one.channel, one.state) for one in seen.deliveries] == [
        ("push", State.SENT), ("sms", State.FAILED), ("email", State.SENT),
    ]  # fmt: skip
    assert await in_order(gateway, clock)


async def test_a_call_without_proof_escalates_too(opened: Opened) -> None:
    """Nobody knows whether it was sent: then no proof that it arrived comes either."""
    given = carriers(device=Script(Unknown("reset")))
    gateway, clock, message_id = await begun(opened, given, topics={"default": {"unknown": "never"}})
    await seen_when(gateway, message_id, lambda seen: len(seen.deliveries) == 2)

    clock.advance(minutes=10)
    seen = await seen_when(gateway, message_id, lambda seen: len(seen.deliveries) == 3)

    assert [one.state for one in seen.deliveries[:2]] == [State.UNKNOWN, State.SENT]
    assert calls(*given.values()) == [1, 1, 0]
    assert await in_order(gateway, clock)


async def test_a_protocol_that_proves_delivery_leaves_nothing_to_wait_for(opened: Opened) -> None:
    gateway, _, message_id = await begun(opened, carriers(device=Script(Receipt(state="delivered"))))

    seen = await gateway.wait(message_id, until="delivered", timeout=5)

    assert ways(seen) == [("push", "delivered", None)]


async def test_several_devices_have_one_that_waits_and_one_proof_is_enough(opened: Opened) -> None:
    given, clock = carriers(), FakeClock()
    gateway = await opened(given, clock=clock, routes={"default": ROUTE})
    phones = {**BEN, "addresses": [TOKEN, {**TOKEN, "value": "another"}]}
    sent = await outcome(gateway, message(phones), lambda seen: len(calls_out(seen)) == 2)

    await reported(gateway, sent.id, "bounced")
    kept = ways(await gateway.get(sent.id))
    await reported(gateway, sent.id, "delivered", number=101)

    seen = await gateway.get(sent.id)
    assert [state for _, state, _ in kept] == ["bounced", "sent", "scheduled"]
    assert [one.state for one in seen.deliveries] == [State.BOUNCED, State.DELIVERED, State.CANCELLED]
    assert await in_order(gateway, clock)


def calls_out(seen: Any) -> list[State]:
    return [one.state for one in seen.deliveries if one.channel == "push" and one.state is State.SENT]


async def test_a_cancel_ends_what_waits(opened: Opened) -> None:
    given = carriers()
    gateway, clock, message_id = await begun(opened, given)

    await gateway.cancel(message_id)
    clock.advance(hours=1)
    await asyncio.sleep(0.05)

    assert ways(await gateway.get(message_id))[1] == (None, "cancelled", "cancelled")
    assert calls(*given.values()) == [1, 0, 0]
    assert await in_order(gateway, clock)


async def test_a_newer_message_ends_what_waits(opened: Opened) -> None:
    given = carriers()
    gateway, clock, message_id = await begun(opened, given, message={"about": "order-1042"})

    await outcome(gateway, message(BEN, about="order-1042", supersedes=True, escalate={"until": "sent"}))

    assert ways(await gateway.get(message_id))[1] == (None, "superseded", "superseded")
    assert await in_order(gateway, clock)


async def test_the_worker_dies_during_the_call_and_the_next_channel_still_goes(opened: Opened, folder: Path, database: str) -> None:
    hangs = asyncio.Event()

    async def dies(_: Delivery) -> Receipt:
        hangs.set()
        await asyncio.Event().wait()
        raise AssertionError

    given, clock = carriers(device=Script(dies)), FakeClock()
    config = {"routes": {"default": ROUTE}, "topics": {"default": {"unknown": "never"}}}
    async with Gateway(specs(folder, given, database=database, **config), world=world(clock)) as first:
        accepted = await first.accept(message(BEN))
        await hangs.wait()
        assert first._open.worker is not None
        await first._open.worker.stop(seconds=0)
    second = await opened(given, clock=clock, **config)
    clock.advance(minutes=2)
    waiting = await seen_when(second, accepted.id, lambda seen: len(seen.deliveries) == 2)

    clock.advance(minutes=10)
    seen = await seen_when(second, accepted.id, lambda seen: len(seen.deliveries) == 3)

    assert ways(waiting)[0][1:] == ("unknown", "worker_lost")
    assert [one.state for one in seen.deliveries[:2]] == [State.UNKNOWN, State.SENT]
    assert await in_order(second, clock)


async def test_another_worker_goes_on_with_what_waits(opened: Opened, folder: Path, database: str) -> None:
    given, clock = carriers(), FakeClock()
    async with Gateway(specs(folder, given, database=database, routes={"default": ROUTE}), world=world(clock)) as gateway:
        message_id = (await outcome(gateway, message(BEN))).id

    clock.advance(minutes=10)
    again = await opened(given, clock=clock, routes={"default": {"channels": ["email"]}})  # the message keeps what it was accepted with
    seen = await seen_when(again, message_id, lambda seen: len(seen.deliveries) == 3)

    assert [one.channel for one in seen.deliveries[:2]] == ["push", "sms"]


async def test_nothing_escalates_beyond_its_life(opened: Opened) -> None:
    gateway, _, message_id = await begun(opened, carriers(), topics={"default": {"category": "otp"}})

    assert ways(await gateway.get(message_id)) == [("push", "sent", None)]


async def test_a_smart_interval_shares_the_life_out_over_the_channels_left(opened: Opened) -> None:
    clock, given = FakeClock(), carriers()
    gateway = await opened(given, clock=clock, routes={"default": {**ROUTE, "escalate_after": "smart"}})

    code = await outcome(gateway, message(BEN, expires_in="6m"), lambda seen: len(seen.deliveries) == 2)
    news = await outcome(gateway, message(BEN, expires_in="30d"), lambda seen: len(seen.deliveries) == 2)
    short = await outcome(gateway, message(BEN, expires_in="90s"), lambda seen: len(seen.deliveries) == 2)

    assert [whole_minutes(clock, one, 2) for one in (code, news, short)] == [2, 360, 1]
    clock.advance(minutes=2)
    third = await seen_when(gateway, code.id, lambda seen: len(seen.deliveries) == 3)
    assert whole_minutes(clock, third, 3) == 2


async def test_a_message_says_for_itself_whether_it_escalates(opened: Opened) -> None:
    clock, given = FakeClock(), carriers()
    gateway = await opened(given, clock=clock)

    own = await outcome(gateway, message(BEN, channels=["push", "sms"], escalate={"until": "read", "after": "3m"}))
    none = await outcome(gateway, message(BEN, channels=["push", "sms"], escalate={"until": "sent"}))

    assert (whole_minutes(clock, own, 2), ways(none)) == (3, [("push", "sent", None)])


@pytest.mark.parametrize(("mode", "fields"), [("first", {"mode": "all"}), ("all", {})])
async def test_a_message_by_all_channels_has_nothing_to_escalate_to(opened: Opened, mode: str, fields: Any) -> None:
    gateway = await opened(carriers(), worker=False, routes={"default": {"channels": ["push", "sms"], "mode": mode}})

    with pytest.raises(Refused) as refused:
        await gateway.send(to=BEN, content={"body": "Hello"}, escalate={"until": "read"}, **fields)

    assert [problem.code for problem in refused.value.errors] == ["nothing_to_escalate"]


async def test_the_next_message_of_an_ordering_key_waits_until_the_proof_came(opened: Opened) -> None:
    given = carriers()
    gateway, clock, first = await begun(opened, given, message={"ordering_key": "order-1042"})
    second = await gateway.accept(message(BEN, ordering_key="order-1042"))
    held = (await gateway.get(second.id)).reason

    await reported(gateway, first, "delivered")

    assert held is not None
    assert held.code is Reason.IN_ORDER
    assert (await gateway.wait(second.id, timeout=5)).state is State.SENT
    assert await in_order(gateway, clock)


async def test_a_channel_in_quiet_hours_is_passed_over_for_one_that_is_free(opened: Opened) -> None:
    hours = {"calendars": False, "silent": {"windows": ["20:00-21:00"], "channels": ["sms"], "categories": ["service"]}}
    given = carriers()
    gateway, clock, message_id = await begun(
        opened, given, topics={"default": {"category": "service", "quiet_hours": True}}, quiet_hours=hours, timezone="UTC"
    )

    clock.advance(minutes=10)
    seen = await seen_when(gateway, message_id, lambda seen: len(seen.deliveries) == 3)

    told = {one.channel: (one.chosen, one.reason) for one in seen.decisions[1].candidates}
    assert told == {"sms": (False, Reason.QUIET_HOURS), "email": (True, None)}
    assert await in_order(gateway, clock)


async def test_a_group_is_not_escalated(opened: Opened) -> None:
    given = {"room": Carrier("chat"), "mail": Carrier("email")}
    gateway = await opened(given, clock=FakeClock(), routes={"default": {**ROUTE, "channels": ["chat", "email"]}})
    group = {"id": "team", "audience": "group", "email": "t@example.com", "addresses": [
        {"channel": "chat", "kind": "slack_channel", "value": "C1"},
    ]}  # fmt: skip

    seen = await outcome(gateway, message(group))

    assert ways(seen) == [("chat", "sent", "no_receipts")]


async def test_the_channels_that_somebody_prefers_come_first(opened: Opened) -> None:
    given = carriers()
    gateway = await opened(given, routes={"default": {"channels": ["push", "sms", "email"]}, "fixed": {"channels": ["push", "sms"],
        "preferred": False}}, topics={"alarms": {"route": "fixed"}})  # fmt: skip
    stored = await gateway.put_recipient(Recipient.model_validate({**BEN, "preferred": ["email", "sms"]}))

    known = [await outcome(gateway, message({"id": "ben"})), await outcome(gateway, message(BEN)), await outcome(gateway, message(BEN))]
    fixed = await outcome(gateway, message(BEN, topic="alarms"))
    named = await outcome(gateway, message(BEN, channels=["push", "sms"]))
    changed = await outcome(gateway, message({**BEN, "preferred": ["sms"]}))

    assert stored.preferred == ("email", "sms")
    assert [one.deliveries[0].channel for one in known] == ["email"] * 3
    assert [one.deliveries[0].channel for one in (fixed, named, changed)] == ["push", "push", "sms"]
    assert (await gateway.recipient("ben")).preferred == ("sms",)


async def test_who_prefers_a_channel_that_there_is_not_is_told(opened: Opened) -> None:
    gateway = await opened(carriers(), worker=False)

    with pytest.raises(Refused) as sent:
        await gateway.accept(message({**BEN, "preferred": ["sms", "pigeon"]}))
    with pytest.raises(Refused) as put:
        await gateway.put_recipient(Recipient.model_validate({**BEN, "preferred": ["pigeon"]}))

    assert [(one.pointer, one.code) for one in (*sent.value.errors, *put.value.errors)] == [
        ("/to/preferred/1", "unknown_channel"), ("/preferred/0", "unknown_channel"),
    ]  # fmt: skip


async def test_explaining_tells_what_would_go_when(opened: Opened) -> None:
    clock = FakeClock()
    gateway = await opened(carriers(), worker=False, clock=clock, routes={"default": ROUTE})

    found = await gateway.explain(to=BEN, content={"body": "Hello"})

    assert (found.route.until, found.route.escalate_after) == ("delivered", "10m")
    assert [(one.channel, one.at - clock.now()) for one in found.deliveries[0].escalations] == [
        ("sms", timedelta(minutes=10)), ("email", timedelta(minutes=20)),
    ]  # fmt: skip
