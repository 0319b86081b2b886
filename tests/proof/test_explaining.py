"""Explaining a moment gives the decision that a real send has at that moment, and leaves no trace.

People with chance addresses, consents, suppressions and messages behind them are asked about at some later moment. Then the clock goes
there, and the same messages are sent.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.scripted import NOON, Carrier, FakeClock, specs, world
from tests.proof.conftest import Proof
from tests.proof.tables import everything
from wasl.answers import MessageSeen
from wasl.api import Gateway, Submission
from wasl.consent import ConsentChange
from wasl.decision_seen import DecisionSeen
from wasl.decisions import kept
from wasl.explanations import Explanation
from wasl.ids import MessageIds
from wasl.policies.again import judge_again
from wasl.rehearsal import rehearse
from wasl.standing import Standing
from wasl_contracts import Address, Message, Reason, State

TOGETHER = 50
CHANNELS = ("email", "sms", "push", "chat")
CATEGORIES = ("otp", "transactional", "service", "promotional")
KINDS = {"email": "email", "sms": "phone", "push": "fcm_token", "chat": "slack_user"}
CONFIG: dict[str, Any] = {
    "channels": {"email": ["spare", "mail"], "sms": ["text"], "push": ["device"], "chat": ["desk"]},
    "routes": {"default": {"channels": ["email", "sms"]}, "near": {"channels": ["push", "chat", "sms"]}, "wide": {"mode": "all"}},
    "topics": {
        **{name: {"category": name} for name in CATEGORIES},
        "orders": {"category": "transactional", "route": "near"},
        "news": {"category": "service", "route": "wide", "expires_in": "6h"},
        "offers": {"category": "promotional", "consent": "implied", "route": "near"},
    },
    "caps": {
        "day": {"limit": 3, "per": "1d"},
        "offers": {"limit": 1, "per": "3d", "categories": ["promotional"], "over": "next_channel", "scope": "channel"},
        "week": {"limit": 5, "per": "7d", "over": "withhold", "reserve": {"service": 1}},
    },
    "quiet_hours": {"night": {"from": "21:00", "to": "08:00", "categories": ["promotional", "service"]}},
}
STATES = {"send": {State.SENT}, "defer": {State.SCHEDULED}, "withhold": {State.WITHHELD}, "expire": {State.EXPIRED}, "fail": {State.FAILED}}
_SETTLED = {state for states in STATES.values() for state in states}


class Person:
    """Somebody with chance addresses, and what is done to them."""

    def __init__(self, number: int, random: Random) -> None:
        self.id = f"u_{number}"
        self._random = random
        values = {
            "email": f"p{number}@example.com", "sms": f"+9665{50_000_000 + number:08}", "push": f"token-{number}", "chat": f"U{number:08}",
        }  # fmt: skip
        # Each has a mailbox or a number, so that something can be sent to them before.
        mine = {random.choice(("email", "sms")), *random.sample(CHANNELS, random.randrange(4))}
        self.addresses = [Address(channel=name, kind=KINDS[name], value=values[name]) for name in CHANNELS if name in mine]
        self.to: dict[str, Any] = {
            "id": self.id, "timezone": random.choice([None, "Asia/Riyadh", "America/New_York", "Europe/Paris"]),
            "addresses": [address.model_dump() for address in self.addresses],
        }  # fmt: skip

    async def something(self, gateway: Gateway, sent: Callable[[Message], None]) -> None:
        """One thing that changes what may be sent to them."""
        random, address = self._random, self._random.choice(self.addresses)
        topic, channel = random.choice(["*", *CONFIG["topics"]]), random.choice(["*", *CHANNELS])
        match random.randrange(8):
            case 0:
                scope = {"scope": random.choice(CATEGORIES)} if random.random() < 0.5 else {}
                until = gateway._open.ledger.clock.now() + timedelta(hours=random.randrange(1, 60))
                await gateway.suppress(address, Reason.SUPPRESSED_BOUNCE, expires_at=random.choice([None, until]), **scope)
            case 1:
                await gateway.suppress(address, Reason.SUPPRESSED_MANUAL, expires_at=gateway._open.ledger.clock.now() + timedelta(hours=3))
            case 2 | 3 | 4:
                states = ["granted", "granted", "pending", *(["withdrawn"] if topic != "otp" else [])]  # that cannot be switched off
                change = {"topic": topic, "channel": channel, "state": random.choice(states)}
                await gateway.record_consent(self.id, [ConsentChange.model_validate(change)])
            case _:
                fact = random.choice([None, None, "it left"])
                sent(self.message(topic=random.choice(["otp", "transactional"]), channels=("email", "sms"), fact=fact))

    def question(self) -> Message:
        """What is asked about, and sent afterwards."""
        random = self._random
        channels = tuple(random.sample(CHANNELS, random.randrange(1, 5))) if random.random() < 0.3 else None
        mode = random.choice([None, None, "first", "all"])
        return self.message(
            topic=random.choice(list(CONFIG["topics"])), channels=channels, mode=mode, fact=random.choice([None, "it left"])
        )

    def message(self, **fields: Any) -> Message:
        return Message.model_validate({"to": self.to, "content": {"body": "Hello"}, **{k: v for k, v in fields.items() if v is not None}})


async def settled(gateway: Gateway, message_id: str) -> MessageSeen:
    """The message once each of its deliveries was decided."""
    async with asyncio.timeout(20):
        while True:
            seen = await gateway.get(message_id)
            if all(one.state in _SETTLED for one in seen.deliveries):
                return seen
            await asyncio.sleep(0.005)


async def lived(gateway: Gateway, people: list[Person], clock: FakeClock, random: Random) -> None:
    """Some days, in which now and then something happens to each of them."""
    for _ in range(random.randrange(2, 7)):
        clock.advance(minutes=random.randrange(60 * 30), microseconds=random.randrange(1_000_000))
        sent: list[Message] = []
        await asyncio.gather(*(person.something(gateway, sent.append) for person in people))
        accepted = await gateway.accept_many([Submission(one) for one in sent])
        await asyncio.gather(*(settled(gateway, one.id) for one in accepted))  # type: ignore[union-attr]  # none of them is refused


def _alone(decision: DecisionSeen, real: DecisionSeen) -> DecisionSeen:
    """Without what a cap counted for a delivery after another one of its message had gone: each is explained as the first to go."""
    again = [[one.inputs.get("again") is True for one in candidate.verdicts] for candidate in real.candidates]
    kept = [
        candidate.model_copy(update={"verdicts": tuple(one for one, left_out in zip(candidate.verdicts, out, strict=True) if not left_out)})
        for candidate, out in zip(decision.candidates, again, strict=True)
    ]
    return decision.model_copy(update={"candidates": tuple(kept)})


def compare(foretold: Explanation, seen: MessageSeen) -> None:
    """The decisions are the same to the letter, and what became of it is what was said."""
    decisions = [one.decision for one in foretold.deliveries]
    assert [_alone(one, real) for one, real in zip(decisions, seen.decisions, strict=True)] == [
        _alone(real, real) for real in seen.decisions
    ]
    assert seen.state in STATES[foretold.verdict], (foretold.verdict, seen.state)
    assert foretold.verdict == "send" or (foretold.reason and foretold.reason.code) == (seen.reason and seen.reason.code)
    for told, delivery in zip(foretold.deliveries, seen.deliveries, strict=True):
        assert delivery.state in STATES[told.verdict], (told.verdict, delivery.state)
        if told.verdict == "send":
            assert (told.channel, told.provider, told.goes_at) == (delivery.channel, delivery.provider, foretold.at)
        else:
            assert (told.reason and told.reason.code) == delivery.reason


class Ids(MessageIds):
    """In place of the ids that chance gives: the messages that are sent have those of the explained ones, which jitter follows from."""

    def __init__(self) -> None:
        super().__init__()
        self.next = 1

    def new(self) -> str:
        self.next += 1
        return f"msg_{self.next:032x}"


async def one_round(gateway: Gateway, people: list[Person], clock: FakeClock, random: Random, ids: Ids) -> Counter[str]:
    """Ask about all of them for one moment, go there, and send."""
    url = gateway.config.database
    at = clock.now() + timedelta(minutes=random.choice([0, random.randrange(60 * 20)]))
    questions = [person.question() for person in people]
    before, first = everything(url), ids.next
    foretold = [await gateway._open.explaining.explain(question, at) for question in questions]
    assert everything(url) == before, "explaining left a trace"
    clock.advance(seconds=(at - clock.now()).total_seconds())
    ids.next = first
    accepted = await gateway.accept_many([Submission(question) for question in questions])
    for told, one in zip(foretold, accepted, strict=True):
        seen = await settled(gateway, one.id)  # type: ignore[union-attr]  # none of them is refused
        compare(told, seen)
    return Counter(told.verdict for told in foretold)


def judged_again(url: str) -> int:
    """Judges every stored verdict from its inputs alone; returns how many."""
    count = 0
    for (stored,) in rows(url, "SELECT decision FROM deliveries WHERE decision IS NOT NULL"):
        record = kept(stored)
        assert record.at is not None
        for verdict in (one for way in record.candidates for one in way.verdicts):
            assert judge_again(verdict.policy, verdict.inputs, record.at) == (verdict.verdict, verdict.reason, verdict.until), verdict
            count += 1
    return count


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits long in real time."""
    monkeypatch.setattr("wasl.worker._POLL", 0.01)
    monkeypatch.setattr("wasl.watch._EVERY", 0.01)


async def test_explaining_a_moment_is_what_sending_does_then(
    proof: Proof, brisk: None, tmp_path: Path, figures: Callable[..., None]
) -> None:
    carried = {name: Carrier(channel) for name, channel in {"spare": "email", "mail": "email", "text": "sms", "device": "push"}.items()}
    asked, verdicts, ids = proof.of(full=1_000, sample=200), Counter[str](), Ids()
    seeds, judged, same = proof.seeds(full=10), 0, 0
    for seed in seeds:
        with proof.round(seed) as random:
            clock, folder = FakeClock(), tmp_path / str(seed)
            folder.mkdir()
            loaded = specs(folder, {**carried, "desk": Carrier("chat")}, **CONFIG)
            async with Gateway(loaded, world=replace(world(clock), ids=ids)) as gateway:
                resting = Standing("spare", "paused", Reason.PROVIDER_PAUSED, since=clock.now(), until=clock.now() + timedelta(days=3650))
                await gateway._open.providers.record([("pause", resting)])
                await asyncio.sleep(0.05)
                for first in range(0, asked, TOGETHER):
                    people = [Person(number, random) for number in range(first, first + TOGETHER)]
                    await asyncio.gather(*(gateway.put_recipient(person.message().to) for person in people))
                    await lived(gateway, people, clock, random)
                    verdicts += await one_round(gateway, people, clock, random, ids)
            judged += judged_again(loaded.config.database)
            rehearsed = await rehearse(loaded, loaded, NOON)
            assert (rehearsed.changes, rehearsed.not_told) == ((), 0)
            same += rehearsed.same
    figures("explain equals send", asked=verdicts.total(), **verdicts)
    figures("verdicts judged again from what is stored", verdicts=judged, other=0)
    figures("rehearsal of the same configuration", decisions=same, changed=0)
    assert verdicts.total() == asked * len(seeds)
    assert {"send", "defer", "withhold"} <= verdicts.keys()
