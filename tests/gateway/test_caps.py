"""Frequency caps from the message to the provider, on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.scripted import NOON, OFFERS, Carrier, FakeClock, Script, calls, message
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl_contracts import Reason, Receipt, Rejected, State, Unavailable, Unknown

Opened = Callable[..., Awaitable[Gateway]]
DAY = timedelta(days=1)
TOPICS = {"offers": OFFERS, "notices": {"category": "service"}, "orders": {"category": "transactional"}}


def told(**cap: Any) -> dict[str, Any]:
    routes = {"default": {"channels": ["email", "sms"]}}
    return {"topics": TOPICS, "routes": routes, "caps": {"few": {"limit": 1, "per": "1d", **cap}}}


async def send(gateway: Gateway, topic: str = "offers", **fields: Any) -> MessageSeen:
    """A message when something has become of it: it was sent, waits, or never goes."""
    accepted = await gateway.accept(message(topic=topic, **{"expires_in": "9d", **fields}))
    return await until(gateway, accepted.id, State.SENT, State.SCHEDULED, State.WITHHELD)


async def until(gateway: Gateway, message_id: str, *states: State) -> MessageSeen:
    async with asyncio.timeout(5):
        while (seen := await gateway.get(message_id)).state not in states:  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.005)
    return seen


def reason(seen: MessageSeen) -> str | None:
    return seen.deliveries[-1].reason


async def test_over_the_cap_it_waits_until_a_place_is_free_and_then_goes(opened: Opened, clock: FakeClock) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail, "text": Carrier("sms")}, clock=clock, **told())
    first = await send(gateway)
    clock.advance(hours=3)

    second = await send(gateway)

    assert (first.state, second.state, reason(second)) == (State.SENT, State.SCHEDULED, Reason.FREQUENCY_CAP)
    due_at = second.deliveries[0].due_at
    assert due_at is not None
    assert NOON + DAY <= due_at < NOON + DAY + timedelta(minutes=1)
    assert calls(mail) == [1]
    clock.advance(hours=21, minutes=1)
    assert (await until(gateway, second.id, State.SENT)).state is State.SENT
    assert calls(mail) == [2]


async def test_before_and_after_midnight_do_not_both_pass(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email")}, clock=clock, topics=TOPICS, caps={"few": {"limit": 1, "per": "1d"}})
    clock.advance(hours=11)
    evening = await send(gateway)
    clock.advance(hours=1)

    midnight = await send(gateway)

    assert (evening.state, midnight.state) == (State.SENT, State.SCHEDULED)


async def test_the_record_tells_of_the_cap_and_what_it_counted(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email"), "text": Carrier("sms")}, clock=clock, **told(per="7d"))
    await send(gateway)

    seen = await send(gateway)

    verdict = next(one for one in seen.decisions[-1].candidates[0].verdicts if one.policy == "frequency_cap")
    assert (verdict.verdict, verdict.reason, verdict.source) == ("defer", Reason.FREQUENCY_CAP, "caps.few")
    assert {name: verdict.inputs[name] for name in ("cap", "limit", "per", "counted", "reserved", "over")} == {
        "cap": "few", "limit": 1, "per": "7d", "counted": 1, "reserved": 0, "over": "defer",
    }  # fmt: skip


async def test_a_cap_that_defers_keeps_the_message_though_another_channel_is_free(opened: Opened, clock: FakeClock) -> None:
    text = Carrier("sms")
    gateway = await opened({"mail": Carrier("email"), "text": text}, clock=clock, **told(channels=["email"]))
    await send(gateway)

    second = await send(gateway)

    assert (second.state, calls(text)) == (State.SCHEDULED, [0])


async def test_the_next_channel_takes_what_a_cap_passes_on(opened: Opened, clock: FakeClock) -> None:
    mail, text = Carrier("email"), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text}, clock=clock, **told(scope="channel", over="next_channel"))

    seen = [await send(gateway) for _ in range(3)]

    assert [one.state for one in seen] == [State.SENT, State.SENT, State.WITHHELD]
    assert calls(mail, text) == [1, 1]
    assert reason(seen[2]) == Reason.FREQUENCY_CAP


async def test_a_cap_that_withholds_ends_the_message(opened: Opened, clock: FakeClock) -> None:
    mail, text = Carrier("email"), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text}, clock=clock, **told(channels=["email"], over="withhold"))

    seen = [await send(gateway) for _ in range(2)]

    assert [one.state for one in seen] == [State.SENT, State.WITHHELD]
    assert calls(mail, text) == [1, 0]


async def test_with_all_channels_each_is_kept_back_by_itself_and_the_message_is_one_use(opened: Opened, clock: FakeClock) -> None:
    mail, text = Carrier("email"), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text}, clock=clock, **told(limit=2))

    for _ in range(2):
        await send(gateway, mode="all")
    async with asyncio.timeout(5):
        while calls(mail, text) != [2, 2]:  # noqa: ASYNC110 - they are called by the worker
            await asyncio.sleep(0.005)

    assert (await send(gateway)).state is State.SCHEDULED


async def test_transactional_messages_count_and_always_go(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email"), "text": Carrier("sms")}, clock=clock, **told())

    orders = [await send(gateway, "orders") for _ in range(3)]

    assert [one.state for one in orders] == [State.SENT] * 3
    assert (await send(gateway)).state is State.SCHEDULED


async def test_promotions_never_take_the_place_of_a_notice(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email"), "text": Carrier("sms")}, clock=clock, **told(limit=3, reserve={"service": 1}))

    offers = [await send(gateway) for _ in range(4)]
    notices = [await send(gateway, "notices") for _ in range(2)]

    assert [one.state for one in offers] == [State.SENT] * 2 + [State.SCHEDULED] * 2
    assert [one.state for one in notices] == [State.SENT, State.SCHEDULED]


async def test_what_is_refused_gives_its_place_back(opened: Opened, clock: FakeClock) -> None:
    mail = Carrier("email", Script(Rejected(Reason.CONTENT_REJECTED, "content")))
    gateway = await opened({"mail": mail}, clock=clock, topics=TOPICS, caps={"few": {"limit": 1, "per": "1d"}})

    refused = await gateway.accept(message(topic="offers"))
    await until(gateway, refused.id, State.FAILED)

    assert (await send(gateway)).state is State.SENT
    assert (await send(gateway)).state is State.SCHEDULED


async def test_what_may_have_arrived_keeps_its_place(opened: Opened, clock: FakeClock) -> None:
    mail = Carrier("email", Script(Unknown("reset")))
    gateway = await opened({"mail": mail}, clock=clock, topics=TOPICS, caps={"few": {"limit": 1, "per": "1d"}})

    doubtful = await gateway.accept(message(topic="offers"))
    await until(gateway, doubtful.id, State.UNKNOWN)

    assert (await send(gateway)).state is State.SCHEDULED


async def test_retries_and_failover_are_one_use(opened: Opened) -> None:
    mail, spare = Carrier("email", Script(Unavailable(), Unavailable())), Carrier("email", Script(Unavailable()))
    caps = {"few": {"limit": 2, "per": "1d"}}
    gateway = await opened({"mail": mail, "spare": spare}, topics=TOPICS, caps=caps)

    first = await gateway.accept(message(topic="offers"))
    assert (await until(gateway, first.id, State.SENT)).state is State.SENT

    assert sum(calls(mail, spare)) == 4
    assert (await send(gateway)).state is State.SENT
    assert (await send(gateway)).state is State.SCHEDULED


async def test_many_at_once_are_sent_up_to_the_limit_and_the_others_are_decided_a_few_times(
    opened: Opened, clock: FakeClock, database: str
) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail}, clock=clock, topics=TOPICS, caps={"few": {"limit": 3, "per": "1d"}})

    accepted = await asyncio.gather(*(gateway.accept(message(topic="offers", expires_in="9d")) for _ in range(40)))
    seen = [await until(gateway, one.id, State.SENT, State.SCHEDULED) for one in accepted]
    await asyncio.sleep(0.1)

    assert sorted(one.state for one in seen) == [State.SCHEDULED] * 37 + [State.SENT] * 3
    assert calls(mail) == [3]
    ((most,),) = rows(database, "SELECT max(fence) FROM deliveries")
    assert most <= 3


async def test_what_would_wait_longer_than_its_life_expires(opened: Opened, clock: FakeClock) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail}, clock=clock, topics=TOPICS, caps={"few": {"limit": 1, "per": "1d"}})
    await send(gateway)

    second = await send(gateway, expires_in="2h")
    clock.advance(hours=2)

    assert (await until(gateway, second.id, State.EXPIRED)).state is State.EXPIRED
    assert calls(mail) == [1]


@pytest.mark.parametrize("cap", [{}, {"scope": "channel"}, {"scope": "topic"}, {"scope": "category"}, {"categories": ["promotional"]}])
async def test_other_people_are_not_kept_back(opened: Opened, clock: FakeClock, cap: dict[str, Any]) -> None:
    gateway = await opened({"mail": Carrier("email")}, clock=clock, topics=TOPICS, caps={"few": {"limit": 1, "per": "1d", **cap}})

    for name in ("ann", "ben", "cas"):
        assert (await send(gateway, to={"id": name, "email": f"{name}@example.com"})).state is State.SENT


async def test_a_call_that_is_out_has_its_place(opened: Opened, clock: FakeClock) -> None:
    go_on = asyncio.Event()

    async def slowly(_: object) -> Receipt:
        await go_on.wait()
        return Receipt()

    gateway = await opened({"mail": Carrier("email", Script(slowly))}, clock=clock, topics=TOPICS, caps={"few": {"limit": 1, "per": "1d"}})
    first = await gateway.accept(message(topic="offers"))
    await until(gateway, first.id, State.SENDING)

    assert (await send(gateway)).state is State.SCHEDULED
    go_on.set()


async def test_what_another_channel_refused_waits_for_the_place_on_the_next_one(opened: Opened, clock: FakeClock) -> None:
    mail, text = Carrier("email", Script(then=Rejected(Reason.INVALID_ADDRESS, "address"))), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text}, clock=clock, **told(channels=["sms"]))
    await send(gateway, channels=["sms"])

    second = await send(gateway)

    assert (second.state, reason(second)) == (State.SCHEDULED, Reason.FREQUENCY_CAP)
    clock.advance(days=1, minutes=1)
    await until(gateway, second.id, State.SENT)
    assert calls(mail, text) == [1, 2]
