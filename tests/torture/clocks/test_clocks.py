"""The wall clock jumps while calls are out: none is taken for lost, nothing is sent twice, what is due goes, expiry stays right."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.scripted import Carrier, Script, message, specs, world
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl_contracts import Capabilities, Delivery, Receipt, State, Unavailable

_JUMPS = {"an hour on": {"hours": 1}, "a day on": {"days": 1}, "an hour back": {"hours": -1}, "ten minutes back": {"minutes": -10}}
_PATIENCE = 20.0  # seconds
_TURNS = 0.15  # seconds in which the worker looks many times for what is due


class JumpingClock:
    """Goes as the machine's does, until somebody sets it."""

    def __init__(self) -> None:
        self._off = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._off

    def jump(self, **how: float) -> None:
        self._off += timedelta(**how)


class Held:
    """A provider that answers when it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.script = Script(then=self._answer)

    async def _answer(self, delivery: Delivery) -> Receipt:
        await self.may_answer.wait()
        return Receipt(provider_ref=delivery.id)

    async def called(self, times: int) -> None:
        async with asyncio.timeout(_PATIENCE):
            while len(self.script.calls) < times:  # noqa: ASYNC110 - it happens in the worker
                await asyncio.sleep(0.005)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every jump, or in the sample one each way."""
    if "jump" in metafunc.fixturenames:
        names = list(_JUMPS) if metafunc.config.getoption("--torture", default=False) else ["an hour on", "ten minutes back"]
        metafunc.parametrize("jump", names)


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
async def opened(
    tmp_path: Path, clock: JumpingClock, new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Awaitable[Gateway]]]:
    """Opens a gateway that lives by the clock: `await opened(Carrier("email"), **configuration)`."""
    monkeypatch.setattr("wasl.worker._POLL", 0.01)
    monkeypatch.setattr("wasl.api._POLL", 0.01)
    async with AsyncExitStack() as stack:

        async def make(carrier: Carrier, **told: Any) -> Gateway:
            found = specs(tmp_path, {"mail": carrier}, database=new_database(), retry={"base": "10ms", "reconcile_after": "20ms"}, **told)
            return await stack.enter_async_context(Gateway(found, world=world(clock)))

        yield make


def sent_once(seen: MessageSeen) -> bool:
    """By one call, without a doubt."""
    (delivery,) = seen.deliveries
    return (
        delivery.state is State.SENT
        and [attempt.outcome for attempt in delivery.attempts] == ["receipt"]
        and "possible_duplicate" not in delivery.marks
    )


async def test_a_call_that_is_out_when_the_clock_jumps_is_not_taken_for_lost(
    jump: str, clock: JumpingClock, opened: Callable[..., Awaitable[Gateway]]
) -> None:
    held = Held()
    gateway = await opened(Carrier("email", held.script))
    accepted = [await gateway.accept(message()) for _ in range(5)]
    await held.called(5)

    clock.jump(**_JUMPS[jump])
    await asyncio.sleep(_TURNS)
    held.may_answer.set()
    seen = [await gateway.wait(one.id, timeout=_PATIENCE) for one in accepted]

    assert [sent_once(one) for one in seen] == [True] * 5
    assert len(held.script.calls) == 5


async def test_what_is_accepted_after_a_jump_goes_at_once(
    jump: str, clock: JumpingClock, opened: Callable[..., Awaitable[Gateway]]
) -> None:
    gateway = await opened(Carrier("email"))
    await gateway.wait((await gateway.accept(message())).id, timeout=_PATIENCE)

    clock.jump(**_JUMPS[jump])
    seen = await gateway.wait((await gateway.accept(message())).id, timeout=_PATIENCE)

    assert sent_once(seen)


async def test_what_waited_for_a_free_place_goes_although_the_clock_jumped(
    jump: str, clock: JumpingClock, opened: Callable[..., Awaitable[Gateway]]
) -> None:
    held = Held()
    gateway = await opened(Carrier("email", held.script, Capabilities(concurrency=1)))
    accepted = [await gateway.accept(message()) for _ in range(3)]
    await held.called(1)

    clock.jump(**_JUMPS[jump])
    await asyncio.sleep(_TURNS)
    held.may_answer.set()
    seen = [await gateway.wait(one.id, timeout=_PATIENCE) for one in accepted]

    assert [sent_once(one) for one in seen] == [True] * 3
    assert len(held.script.calls) == 3


async def test_the_clock_jumps_to_and_fro_and_every_message_is_sent_once(
    clock: JumpingClock, opened: Callable[..., Awaitable[Gateway]]
) -> None:
    async def slow(delivery: Delivery) -> Receipt:
        await asyncio.sleep(0.03)
        return Receipt(provider_ref=delivery.id)

    carrier = Carrier("email", Script(then=slow), Capabilities(concurrency=4))
    gateway = await opened(carrier)
    accepted = []
    for jump in [*_JUMPS.values(), *_JUMPS.values()]:
        accepted += [await gateway.accept(message()) for _ in range(5)]
        await asyncio.sleep(0.02)
        clock.jump(**jump)
    clock.jump(hours=12)  # past whatever waits for a moment of the clock
    seen = [await gateway.get(one.id) for one in accepted]
    async with asyncio.timeout(_PATIENCE):
        while not all(one.reached("sent") for one in seen):
            await asyncio.sleep(0.01)
            seen = [await gateway.get(one.id) for one in accepted]

    calls = [call.id for call in carrier.script.calls]
    assert len(calls) == len(set(calls))
    assert {one.state for one in seen} == {State.SENT}


async def test_what_was_planned_for_later_goes_when_the_clock_gets_there(
    clock: JumpingClock, opened: Callable[..., Awaitable[Gateway]]
) -> None:
    carrier = Carrier("email")
    gateway = await opened(carrier)
    accepted = await gateway.accept(message(send_at=clock.now() + timedelta(minutes=30)))
    await asyncio.sleep(_TURNS)
    before = len(carrier.script.calls)

    clock.jump(hours=1)
    seen = await gateway.wait(accepted.id, timeout=_PATIENCE)

    assert before == 0
    assert sent_once(seen)


async def test_a_jump_past_the_expiry_ends_what_waits_and_not_what_is_out(
    clock: JumpingClock, opened: Callable[..., Awaitable[Gateway]]
) -> None:
    held = Held()
    gateway = await opened(Carrier("email", held.script, Capabilities(concurrency=1)))
    out = await gateway.accept(message(expires_in="30m"))
    await held.called(1)
    waiting = await gateway.accept(message(expires_in="30m"))
    lasting = await gateway.accept(message(expires_in="3h"))

    clock.jump(hours=1)
    await asyncio.sleep(_TURNS)
    held.may_answer.set()
    seen = [await gateway.wait(one.id, timeout=_PATIENCE) for one in (out, waiting, lasting)]

    assert [one.state for one in seen] == [State.SENT, State.EXPIRED, State.SENT]
    assert len(held.script.calls) == 2


async def test_a_jump_back_expires_nothing_and_prolongs_nothing(clock: JumpingClock, opened: Callable[..., Awaitable[Gateway]]) -> None:
    busy = Unavailable(retry_after=1200)
    carrier = Carrier("email", Script(busy))
    gateway = await opened(carrier)
    accepted = await gateway.accept(message(expires_in="30m"))
    async with asyncio.timeout(_PATIENCE):
        while not (seen := await gateway.get(accepted.id)).deliveries[0].attempts or seen.state is not State.SCHEDULED:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    clock.jump(hours=-1)
    await asyncio.sleep(_TURNS)
    back = await gateway.get(accepted.id)
    clock.jump(hours=1, minutes=40)
    after = await gateway.wait(accepted.id, timeout=_PATIENCE)

    assert back.state is State.SCHEDULED
    assert back.expires_at == after.expires_at
    assert after.state is State.EXPIRED
    assert len(carrier.script.calls) == 1
