"""Providers whose calls fail, or that have no room: asked seldom, by all workers together, and nothing is lost by it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.gateway.scripted import NOON, Carrier, FakeClock, Script, calls, message, outcome
from wasl.answers import MessageSeen, ProviderSeen
from wasl.api import Gateway
from wasl.config import ProviderSection
from wasl.ledger.sqlite import Sqlite
from wasl_contracts import Capabilities, Delivery, Reason, Receipt, Rejected, State, Unavailable

Opened = Callable[..., Awaitable[Gateway]]
WRONG_KEY = Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "401")


class Mood:
    """Fails until it is told to be well."""

    def __init__(self) -> None:
        self.well = False
        self.taken: list[str] = []

    async def answer(self, delivery: Delivery) -> Receipt:
        if not self.well:
            raise Unavailable(code="503")
        self.taken.append(delivery.id)
        return Receipt()


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await true():  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.005)


async def standing(gateway: Gateway, name: str = "mail") -> ProviderSeen:
    return next(provider for provider in (await gateway.providers()).data if provider.name == name)


async def is_open(gateway: Gateway, name: str = "mail") -> None:
    async def told() -> bool:
        return (await standing(gateway, name)).state == "open"

    await until(told)


async def accepted(gateway: Gateway, count: int, **fields: Any) -> list[str]:
    return [(await gateway.accept(message({"id": f"u_{n}", "email": f"a{n}@example.com"}, **fields))).id for n in range(count)]


def scheduled(reason: Reason) -> Callable[[MessageSeen], bool]:
    return lambda seen: seen.state is State.SCHEDULED and seen.reason is not None and seen.reason.code is reason


@pytest.fixture
def shared_role(monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite only one process sends; here two may, as on PostgreSQL, to see what they share."""
    monkeypatch.setattr(Sqlite, "take_worker_role", lambda _: True)


async def test_a_provider_that_fails_is_asked_once_in_five_seconds(opened: Opened, clock: FakeClock) -> None:
    mail = Carrier("email", Script(then=Unavailable(code="503")))
    gateway = await opened({"mail": mail}, clock=clock)
    await accepted(gateway, 60)
    await is_open(gateway)
    await until(lambda: _idle(gateway))
    (before,) = calls(mail)

    counts: list[int] = []
    for _ in range(4):
        clock.advance(seconds=5)
        await until(lambda: _more(mail, before + len(counts)))
        await asyncio.sleep(0.05)
        counts.append(calls(mail)[0] - before)

    assert 20 <= before <= 60
    assert counts == [1, 2, 3, 4]


async def _idle(gateway: Gateway) -> bool:
    worker = gateway._open.worker
    return worker is not None and not worker._slots.busy


async def _more(carrier: Carrier, than: int) -> bool:
    return calls(carrier)[0] > than


async def test_opening_and_closing_under_load_loses_nothing(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.watch.PROBE", timedelta(milliseconds=10))
    mood = Mood()
    gateway = await opened({"mail": Carrier("email", Script(then=mood.answer))})
    ids = await accepted(gateway, 50)
    await is_open(gateway)

    ids += await accepted(gateway, 20)
    mood.well = True
    seen = [await gateway.wait(one, timeout=15) for one in ids]

    assert {one.state for one in seen} == {State.SENT}
    assert len(mood.taken) == len(set(mood.taken)) == 70
    assert (await standing(gateway)).state == "closed"


async def test_what_waits_for_a_failing_provider_says_so_once_and_until_when(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email", Script(then=Unavailable()))}, clock=clock)
    await accepted(gateway, 40)
    await is_open(gateway)

    waiting = await outcome(gateway, message(), scheduled(Reason.PROVIDER_FAILING))
    clock.advance(seconds=4)
    await asyncio.sleep(0.05)
    seen = await gateway.get(waiting.id)

    assert NOON + timedelta(seconds=5) <= waiting.due_at <= NOON + timedelta(seconds=65)
    assert len([entry for entry in seen.timeline if entry.facts.get("reason") == Reason.PROVIDER_FAILING]) == 1


async def test_a_one_time_code_does_not_queue_behind_what_waits_for_the_same_provider(
    opened: Opened, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.planning._LOOKS", timedelta(seconds=1))
    topics = {"codes": {"category": "otp"}, "default": {}}
    gateway = await opened({"mail": Carrier("email", Script(then=Unavailable()))}, clock=clock, topics=topics)
    await accepted(gateway, 40)
    await is_open(gateway)

    plain = [await outcome(gateway, message(), scheduled(Reason.PROVIDER_FAILING)) for _ in range(3)]
    code = await outcome(gateway, message(topic="codes"), scheduled(Reason.PROVIDER_FAILING))

    assert plain[-1].due_at >= NOON + timedelta(seconds=7)
    assert code.due_at == NOON + timedelta(seconds=5)


async def test_what_waits_for_a_failing_provider_expires_in_time(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email", Script(then=Unavailable()))}, clock=clock)
    await accepted(gateway, 40)
    await is_open(gateway)
    code = await outcome(gateway, message(expires_in="3s"), scheduled(Reason.PROVIDER_FAILING))

    clock.advance(seconds=3)

    assert (await gateway.wait(code.id)).state is State.EXPIRED


async def test_deliveries_of_a_failing_provider_go_to_the_next_one_of_the_channel(opened: Opened, clock: FakeClock) -> None:
    mail, spare = Carrier("email", Script(then=Unavailable())), Carrier("email")
    gateway = await opened({"mail": mail, "spare": spare}, clock=clock, channels={"email": ("mail", "spare")})
    await accepted(gateway, 40)
    await is_open(gateway)
    before = calls(mail)

    seen = await outcome(gateway, message(mode="all", channels=("email",)))

    assert (seen.state, seen.deliveries[0].provider) == (State.SENT, "spare")
    assert calls(mail) == before


async def test_a_try_that_hangs_keeps_nothing_from_the_next_provider(opened: Opened, clock: FakeClock) -> None:
    hangs = asyncio.Event()

    async def hang(_: Delivery) -> Receipt:
        await hangs.wait()
        return Receipt()

    mail = Carrier("email", Script(*[Unavailable()] * 20, hang), Capabilities(concurrency=1))
    gateway = await opened({"mail": mail, "spare": Carrier("email")}, clock=clock, channels={"email": ("mail", "spare")})
    await accepted(gateway, 20)
    await is_open(gateway)
    clock.advance(seconds=5)
    await gateway.accept(message())
    await until(lambda: _more(mail, 20))

    clock.advance(seconds=6)
    seen = [await outcome(gateway, message({"id": f"v_{n}", "email": f"v{n}@example.com"})) for n in range(3)]
    hangs.set()

    assert {one.deliveries[0].provider for one in seen} == {"spare"}


async def test_an_open_delivery_goes_by_the_next_channel_but_not_where_each_channel_was_asked_for(opened: Opened, clock: FakeClock) -> None:
    text, mail = Carrier("sms", Script(then=Unavailable())), Carrier("email")
    gateway = await opened({"text": text, "mail": mail}, clock=clock)
    for n in range(40):
        await gateway.accept(message({"id": f"u_{n}", "phone": f"+9665012345{n:02}"}, channels=("sms",)))
    await is_open(gateway, "text")

    first = await outcome(gateway, message(channels=("sms", "email")))
    every = await outcome(gateway, message(channels=("sms", "email"), mode="all"), lambda seen: seen.state is State.SENT)

    assert [(one.channel, one.state) for one in first.deliveries] == [("email", State.SENT)]
    assert {one.channel for one in every.deliveries if one.state is State.SENT} == {"email"}


async def test_a_restart_keeps_what_was_opened(opened: Opened, clock: FakeClock) -> None:
    before = await opened({"mail": Carrier("email", Script(then=Unavailable()))}, clock=clock)
    await accepted(before, 40)
    await is_open(before)
    await before.__aexit__()
    well = Carrier("email")

    after = await opened({"mail": well}, clock=clock)
    waiting = await outcome(after, message(), scheduled(Reason.PROVIDER_FAILING))
    none_yet = calls(well)
    clock.advance(seconds=70)
    await until(lambda: _more(well, 0))
    clock.advance(seconds=70)

    assert none_yet == [0]
    assert (await after.wait(waiting.id)).state is State.SENT
    assert (await standing(after)).state == "closed"


async def test_two_gateways_on_one_ledger_share_the_open_breaker(opened: Opened, clock: FakeClock, shared_role: None) -> None:
    failing, well = Carrier("email", Script(then=Unavailable())), Carrier("email")
    one = await opened({"mail": failing}, clock=clock)
    await accepted(one, 40)
    await is_open(one)

    other = await opened({"mail": well}, clock=clock)
    await accepted(other, 40)
    await asyncio.sleep(0.1)
    told, while_open = await standing(other), calls(well)
    await one.__aexit__()
    clock.advance(seconds=5)
    await until(lambda: _more(well, 0))

    assert while_open == [0]
    assert (told.state, told.since) == ("open", NOON)


async def test_two_gateways_on_one_ledger_share_the_rate(opened: Opened, clock: FakeClock, shared_role: None) -> None:
    sections = {"mail": ProviderSection.model_validate({"plugin": "scripted", "rate": "20/s"})}
    mail = Carrier("email")
    gateways = [await opened({"mail": mail}, clock=clock, providers=sections) for _ in range(2)]
    await accepted(gateways[0], 30)

    most, tick = [0.0], 0
    async with asyncio.timeout(10):
        while calls(mail) < [30]:
            await asyncio.sleep(0.02)
            most.append(calls(mail)[0] - 20 * 0.1 * tick)
            clock.advance(milliseconds=100)
            tick += 1

    assert max(most) <= 5  # one chunk, and what a late worker makes up for
    assert len({call.id for call in mail.script.calls}) == len(mail.script.calls)


async def test_a_provider_that_asks_to_slow_down_is_not_called_before_its_moment(opened: Opened, clock: FakeClock) -> None:
    mail = Carrier("email", Script(Unavailable(30, Reason.RATE_LIMITED, "429")))
    gateway = await opened({"mail": mail}, clock=clock)
    refused = await outcome(gateway, message(), scheduled(Reason.RATE_LIMITED))

    waiting = await outcome(gateway, message(), scheduled(Reason.RATE_LIMITED))
    told, while_asked = await standing(gateway), calls(mail)
    clock.advance(seconds=31)
    sent = [await gateway.wait(one.id) for one in (refused, waiting)]

    assert while_asked == [1]
    assert (told.state, told.until) == ("closed", NOON + timedelta(seconds=30))
    assert [one.state for one in sent] == [State.SENT, State.SENT]
    assert (await standing(gateway)).reason is None


@pytest.mark.parametrize("answer", [Unavailable(10**9, Reason.RATE_LIMITED, "429"), WRONG_KEY])
@pytest.mark.parametrize("elsewhere", [False, True])
async def test_what_waits_goes_when_an_operator_resumes_its_provider_in_this_process_or_another(
    opened: Opened, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, answer: Exception, elsewhere: bool
) -> None:
    for module in ("watch", "assembly"):
        monkeypatch.setattr(f"wasl.{module}.PAUSE", timedelta(hours=1))
    mail = Carrier("email", Script(answer))
    gateway = await opened({"mail": mail}, clock=clock)
    one = message(expires_in="3d")
    refused = await outcome(gateway, one, lambda seen: seen.state is State.SCHEDULED)
    waiting = await outcome(gateway, one, lambda seen: seen.state is State.SCHEDULED)

    operator = await opened({"mail": Carrier("email")}, clock=clock, worker=False) if elsewhere else gateway
    await operator.resume_provider("mail")
    late = await gateway.accept(one)  # perhaps before the worker has read it
    sent = [await gateway.wait(each, timeout=5) for each in (refused.id, waiting.id, late.id)]

    assert {seen.state for seen in sent} == {State.SENT}
    assert calls(mail) == [4]


OWN_SERVERS = Capabilities(shared=False)


async def test_a_server_of_its_own_that_asks_to_slow_down_delays_only_that_delivery(opened: Opened, clock: FakeClock) -> None:
    hooks = Carrier("email", Script(Unavailable(10**9, Reason.RATE_LIMITED, "429")), OWN_SERVERS)
    gateway = await opened({"hooks": hooks}, clock=clock)

    refused = await outcome(gateway, message(expires_in="3d"), scheduled(Reason.RATE_LIMITED))
    others = [await outcome(gateway, message({"id": f"u_{n}", "email": f"a{n}@example.com"})) for n in range(3)]
    clock.advance(hours=24, seconds=1)

    assert {seen.state for seen in others} == {State.SENT}
    assert NOON + timedelta(hours=24) <= refused.due_at <= NOON + timedelta(hours=24, seconds=1)
    assert (await gateway.wait(refused.id)).state is State.SENT


async def test_where_the_moment_outlives_the_message_it_fails_at_once_or_takes_the_next_channel(opened: Opened, clock: FakeClock) -> None:
    slow = Unavailable(7200, Reason.RATE_LIMITED, "429")
    hooks, text = Carrier("email", Script(slow, slow), OWN_SERVERS), Carrier("sms")
    gateway = await opened({"hooks": hooks, "text": text}, clock=clock)

    alone = await outcome(gateway, message(channels=("email",), expires_in="1h"))
    first = await outcome(gateway, message(channels=("email", "sms"), expires_in="1h"))

    assert alone.reason is not None
    assert (alone.state, alone.reason.code) == (State.FAILED, Reason.RATE_LIMITED)
    assert [(one.channel, one.state) for one in first.deliveries] == [("email", State.FAILED), ("sms", State.SENT)]


async def test_what_waits_for_a_moment_that_outlives_it_expires_in_time(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email", Script(Unavailable(7200, Reason.RATE_LIMITED, "429")))}, clock=clock)
    await outcome(gateway, message(), scheduled(Reason.RATE_LIMITED))
    waiting = await outcome(gateway, message(expires_in="1h"), scheduled(Reason.RATE_LIMITED))

    clock.advance(hours=1)

    assert waiting.due_at == NOON + timedelta(hours=1)
    assert (await gateway.wait(waiting.id)).state is State.EXPIRED


async def test_retries_beyond_the_budget_wait_with_their_reason_and_none_fails(opened: Opened, clock: FakeClock) -> None:
    sections = {"mail": ProviderSection.model_validate({"plugin": "scripted", "breaker": False})}
    mail = Carrier("email", Script(*[Unavailable()] * 30))
    gateway = await opened({"mail": mail}, clock=clock, providers=sections, retry={"base": "1s", "budget_floor": 5})
    ids = await accepted(gateway, 30)
    await until(lambda: _more(mail, 29))

    clock.advance(seconds=2)
    await until(lambda: _more(mail, 34))
    await asyncio.sleep(0.1)
    retried, waiting = calls(mail)[0] - 30, [seen for one in ids if (seen := await gateway.get(one)).state is State.SCHEDULED]
    async with asyncio.timeout(10):
        while calls(mail) < [60]:
            clock.advance(seconds=30)
            await asyncio.sleep(0.05)
    sent = [await gateway.wait(one) for one in ids]

    assert retried == 5
    assert {seen.reason.code for seen in waiting if seen.reason is not None} == {Reason.RETRYING}
    assert len(waiting) == 25
    assert {one.state for one in sent} == {State.SENT}


async def test_a_paused_provider_is_called_again_when_an_operator_says_so(
    opened: Opened, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("watch", "assembly"):
        monkeypatch.setattr(f"wasl.{module}.PAUSE", timedelta(hours=1))
    mail = Carrier("email", Script(WRONG_KEY))
    gateway = await opened({"mail": mail}, clock=clock)
    await gateway.accept(message())

    async def paused() -> bool:
        return (await standing(gateway)).state == "paused"

    await until(paused)
    told = await standing(gateway)
    resumed = await gateway.resume_provider("mail")
    worker = gateway._open.worker
    assert worker is not None
    async with asyncio.timeout(5):  # the worker reads it within a second; what it plans before that is parked
        while worker._slots.standings.waits("mail", clock.now()):  # noqa: ASYNC110 - what is awaited happens in the worker
            await asyncio.sleep(0.005)
    seen = await outcome(gateway, message({"id": "u_2", "email": "bo@example.com"}), lambda seen: seen.state is State.SENT)

    assert told.reason is not None
    assert (told.reason.code, told.reason.provider_code, told.since) == (Reason.PROVIDER_MISCONFIGURED, "401", NOON)
    assert [(one.state, one.reason) for one in resumed.data] == [("closed", None)]
    assert seen.state is State.SENT
