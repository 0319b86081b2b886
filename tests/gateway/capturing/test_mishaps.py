"""Chaos: what goes wrong, how often, and what becomes of messages then."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from pydantic import ValidationError

from tests.gateway.capturing.captures import NOW
from wasl.api import Gateway
from wasl.assembly import World
from wasl.capturing.capture import PROOF, News, Tray
from wasl.capturing.configuration import specs_of
from wasl.capturing.mishaps import CALM, Chaos, Mishap
from wasl.capturing.telling import Telling
from wasl.clock import SystemClock
from wasl.receipts.intake import Forged
from wasl_contracts import Callback, Reason, State

ANN = {"email": "ann@example.com", "phone": "+966501234567"}


class Ground:
    """A gateway, its tray, and what its providers tell."""

    def __init__(self, folder: Path) -> None:
        self.tray, self.faults = Tray(patience=0.2), list[Exception]()
        self.gateway = Gateway(specs_of(None, folder, self.tray), unsafe_durability=True, world=World(SystemClock(), Random(7), {}))
        self.telling = Telling(self.gateway, self.tray, self.faults.append)
        self.tray.tell = self.telling.soon

    async def sent(self, *mishaps: Mishap, chaos: Chaos = CALM, **more: object) -> str:
        """The id of a message that such things happen to, when it has gone as far as it goes."""
        self.tray.chaos = chaos
        self.tray.strike(mishaps)
        said = {"to": ANN, "content": {"body": "It left."}, "channels": ["email"], **more}
        accepted = await self.gateway.send(**said)  # type: ignore[arg-type]
        await self.gateway.wait(accepted.id, until="delivered")
        while self.telling.busy:  # noqa: ASYNC110 - it tells nobody that it has told
            await asyncio.sleep(0.005)
        return accepted.id


@pytest.fixture
async def ground(folder: Path, brisk: None) -> AsyncIterator[Ground]:
    made = Ground(folder)
    async with made.gateway:
        yield made
        await made.telling.close()
    assert made.faults == []


@pytest.mark.parametrize(
    ("mishap", "state", "calls", "captured"),
    [
        (Mishap.DOWN, State.DELIVERED, 2, 1),
        (Mishap.REFUSED, State.FAILED, 1, 0),
        (Mishap.BOUNCED, State.BOUNCED, 1, 1),
    ],
)
async def test_what_strikes_a_call_becomes_of_the_message(ground: Ground, mishap: Mishap, state: State, calls: int, captured: int) -> None:
    message = await ground.sent(mishap)

    seen = await ground.gateway.get(message)
    assert (seen.state, sum(len(part.attempts) for part in seen.deliveries), len(ground.tray.sent)) == (state, calls, captured)


@pytest.mark.parametrize(("mishap", "captured"), [(Mishap.LOST, 1), (Mishap.HANGING, 0)])
async def test_nobody_knows_whether_a_call_without_answer_was_taken(ground: Ground, mishap: Mishap, captured: int) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.6):
            await ground.sent(mishap)

    (listed,) = (await ground.gateway.list()).data
    assert (listed.state, len(ground.tray.sent)) == (State.UNKNOWN, captured)


async def test_another_channel_goes_where_the_first_refuses(ground: Ground) -> None:
    message = await ground.sent(chaos=Chaos(refused=1, channels=("sms",)), channels=["sms", "email"])

    assert [part.state for part in (await ground.gateway.get(message)).deliveries] == [State.FAILED, State.DELIVERED]


async def test_a_bounce_by_chance_does_not_cost_the_address(ground: Ground) -> None:
    await ground.sent(Mishap.BOUNCED)

    message = await ground.sent()

    assert (await ground.gateway.get(message)).state is State.DELIVERED


async def test_a_magic_address_does_what_it_says_whatever_chaos_says(ground: Ground) -> None:
    message = await ground.sent(Mishap.REFUSED, to={"email": "deliver@simulator.example"})

    assert (await ground.gateway.get(message)).state is State.DELIVERED
    assert [*ground.tray.next] == [Mishap.REFUSED]  # for the next one


async def test_a_person_who_writes_stop_is_left_alone(ground: Ground) -> None:
    await ground.sent(channels=["sms"])

    await ground.telling.tell(ground.tray.sent[0], News("replied", text="STOP"))

    message = await ground.sent(channels=["sms"])
    seen = await ground.gateway.get(message)
    assert (seen.state, seen.deliveries[0].reason) == (State.WITHHELD, Reason.SUPPRESSED_UNSUBSCRIBE)


async def test_what_is_told_twice_counts_once_and_what_is_written_twice_counts_twice(ground: Ground) -> None:
    message = await ground.sent()
    for news in (News("opened"), News("opened"), News("replied", text="Hello"), News("replied", text="Hello")):
        await ground.telling.tell(ground.tray.sent[0], news)

    told = Counter(event.type for event in (await ground.gateway.get(message)).timeline)

    assert (told["opened"], told["replied"]) == (1, 2)


async def test_a_callback_without_the_proof_of_this_process_is_refused(ground: Ground) -> None:
    for proof in ({}, {PROOF: "guessed"}, {PROOF: "é"}):
        with pytest.raises(Forged):
            await ground.gateway.take_callback("mail", Callback("POST", "https://x.example/hooks/mail", proof, b"[]", NOW))


def test_each_mishap_strikes_as_often_as_it_is_told() -> None:
    chaos, random = Chaos(down=0.2, lost=0.1), Random(7)

    struck = Counter(chaos.strikes("email", random) for _ in range(10_000))

    assert struck.keys() == {None, Mishap.DOWN, Mishap.LOST}
    assert struck[Mishap.DOWN] == pytest.approx(2000, abs=150)
    assert struck[Mishap.LOST] == pytest.approx(1000, abs=120)


def test_one_share_of_calls_is_spread_over_all_mishaps() -> None:
    chaos = Chaos.of(0.3)

    assert chaos.share == pytest.approx(0.3)
    assert len(set(chaos.shares.values())) == 1


@pytest.mark.parametrize("told", [{"down": 0.6, "lost": 0.5}, {"down": -0.1}, {"down": 2}, {"delay_ms": 60_000}, {"dwon": 0.1}])
def test_what_cannot_be_is_refused(told: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Chaos(**told)  # type: ignore[arg-type]


def test_only_the_newest_are_kept_and_what_is_cleared_is_gone() -> None:
    from tests.gateway.capturing.captures import captured
    from wasl_contracts.content import Plain

    tray = Tray(most=2)
    for number in range(3):
        tray.keep(captured(Plain(text="x"), attempt_id=f"att_{number}", brand="acme" if number == 1 else "nour"))

    assert [one.id for one in tray.sent] == ["att_1", "att_2"]
    assert tray.clear(("acme",)) == 1
    assert [one.id for one in tray.sent] == ["att_2"]
    assert (tray.find("att_2") is not None, tray.find("att_1")) == (True, None)
