"""Many messages through providers that answer anything: whatever happens, the promises P3, P4 and P7 hold (DESIGN.md section 3)."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.scripted import OFFERS, Carrier, Script, message
from wasl.answers import Accepted
from wasl.api import Gateway, Submission
from wasl.ids import attempt_id
from wasl.states import TRANSITIONS, fold, led_to
from wasl_contracts import Capabilities, Delivery, Mark, Reason, Receipt, Rejected, State, Unavailable, Unknown

TOPICS = {"codes": {"category": "otp"}, "offers": OFFERS, "news": {"category": "service"}, "default": {}}
CHANNELS = [["email", "sms"], ["push", "email", "sms"], ["sms", "email"], ["push"], ["email"]]
KEYED = Capabilities(idempotency_seconds=3600)


def answers(random: Random) -> Callable[[Delivery], Awaitable[Receipt]]:
    """A provider in a bad mood."""

    async def answer(_: Delivery) -> Receipt:
        if random.random() < 0.3:
            await asyncio.sleep(random.random() / 200)
        bad: list[Exception] = [
            Unavailable(), Unavailable(0.001, Reason.RATE_LIMITED), Unknown("reset"), ValueError("a fault of the plugin"),
            Rejected(Reason.INVALID_ADDRESS, "address"), Rejected(Reason.CONTENT_REJECTED, "content"),
            Rejected(Reason.PROVIDER_MISCONFIGURED, "provider"),
        ]  # fmt: skip
        if random.random() < 0.55:
            raise random.choice(bad)
        return Receipt(state=random.choice(["sent", "delivered"]))

    return answer


@dataclass
class Story:
    """A delivery and everything that was recorded of it."""

    key: tuple[str, int]
    state: State
    marks: str
    channel: str | None
    tried: list[str]
    attempts: list[tuple[Any, ...]]
    events: list[tuple[Any, ...]]

    def states(self) -> list[State]:
        """The states that it went through, from attempts and events alone."""
        steps = [(started, 0, State.SENDING) for _, _, started, _, _ in self.attempts]
        steps += [(ended, 1, self.state) for _, _, _, ended, outcome in self.attempts if outcome == "receipt"]
        steps += [(at, 1, state) for at, kind in self.events if (state := led_to(kind)) is not None]
        return [State.ACCEPTED, *(state for _, _, state in sorted(steps))]


def stories(database: str) -> list[Story]:
    attempts, events = defaultdict(list), defaultdict(list)
    query = "SELECT message_id, delivery, number, provider, started_at, ended_at, outcome FROM attempts ORDER BY 1, 2, 3"
    for row in rows(database, query):
        attempts[row[:2]].append(row[2:])
    for row in rows(database, "SELECT message_id, delivery, at, type FROM events ORDER BY at"):
        events[row[:2]].append(row[2:])
    query = "SELECT message_id, number, state, marks, channel, tried FROM deliveries ORDER BY 1, 2"
    return [
        Story((row[0], row[1]), State(row[2]), row[3], row[4], json.loads(row[5]), attempts[row[:2]], events[row[:2]])
        for row in rows(database, query)
    ]


async def quiet(database: str) -> None:
    """Wait until nothing is due any more."""
    async with asyncio.timeout(20):
        while True:
            ((left,),) = rows(database, "SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL")
            if not left:
                return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("seed", [1, 5, 9, 12])
async def test_whatever_providers_answer_the_promises_hold(
    seed: int, database: str, opened: Callable[..., Awaitable[Gateway]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.watch.PROBE", timedelta(milliseconds=50))
    random = Random(seed)
    carriers = {
        "mail": Carrier("email"), "spare": Carrier("email", capabilities=KEYED),
        "text": Carrier("sms", capabilities=Capabilities(concurrency=2)), "device": Carrier("push"),
    }  # fmt: skip
    for carrier in carriers.values():
        carrier.script = Script(then=answers(random))
    gateway = await opened(carriers, topics=TOPICS, retry={"base": "1ms", "reconcile_after": "5ms", "attempts": 6})
    tokens = [{"channel": "push", "kind": "fcm_token", "value": f"token {n}"} for n in range(2)]

    accepted = []
    for n in range(150):
        to = {"id": f"u_{n}", "email": f"p{n}@example.com", "phone": f"+96650123{n:04}"}
        to |= {"addresses": [{**token, "value": f"{token['value']} of {n}"} for token in tokens]} if n % 3 == 0 else {}
        told = message(to, topic=random.choice(list(TOPICS)), channels=random.choice(CHANNELS), mode=random.choice(["first", "all"]))
        accepted += await gateway.accept_many([Submission(told)])
    await quiet(database)
    found = stories(database)

    assert all(isinstance(one, Accepted) for one in accepted)
    assert len({story.key[0] for story in found}) == 150
    only_legal_transitions(found)
    sends_are_attempts(found, carriers)
    no_failover_without_proof(found)
    no_silent_repetition(found)
    await nothing_is_held(database, gateway)
    await each_message_is_the_fold_of_its_deliveries(found, gateway)


def only_legal_transitions(found: list[Story]) -> None:
    for story in found:
        states = story.states()
        for source, target in pairwise(states):
            assert target in TRANSITIONS[source], (story.key, states)
        assert states[-1] is story.state, (story.key, states)


def sends_are_attempts(found: list[Story], carriers: dict[str, Carrier]) -> None:
    calls = Counter((name, call.attempt_id) for name, carrier in carriers.items() for call in carrier.script.calls)
    recorded = Counter((provider, attempt_id(*story.key, number)) for story in found for number, provider, *_ in story.attempts)
    assert calls == recorded
    assert set(recorded.values()) == {1}
    assert all(outcome is not None for story in found for *_, outcome in story.attempts)


def no_failover_without_proof(found: list[Story]) -> None:
    for story in found:
        for (_, provider, _, _, outcome), (_, following, *_) in pairwise(story.attempts):
            assert provider == following or outcome in ("rejected", "unavailable"), story
        outcomes = [outcome for *_, outcome in story.attempts]
        if "unknown" in outcomes:
            after = {provider for _, provider, *_ in story.attempts[outcomes.index("unknown") :]}
            assert len(after) == 1, story
            assert not [other for other in found if other.key[0] == story.key[0] and story.channel in other.tried], story


def no_silent_repetition(found: list[Story]) -> None:
    for story in found:
        provider_keyed = {provider for _, provider, *_ in story.attempts} == {"spare"}
        outcomes = [outcome for *_, outcome in story.attempts]
        repeated = "unknown" in outcomes[:-1]
        after_unknown = outcomes.index("unknown") if repeated else 0
        keyed = provider_keyed or (repeated and story.attempts[after_unknown][1] == "spare")
        assert not repeated or keyed or Mark.POSSIBLE_DUPLICATE in story.marks, story
        assert outcomes.count("receipt") <= 1, story


async def nothing_is_held(database: str, gateway: Gateway) -> None:
    query = "SELECT * FROM deliveries WHERE claimed_at IS NOT NULL OR state IN ('accepted', 'scheduled', 'sending')"
    assert rows(database, query) == []
    worker = gateway._open.worker
    assert worker is not None
    async with asyncio.timeout(5):  # a call gives its place back just after its answer can be read
        while worker._slots.busy:  # noqa: ASYNC110 - what is awaited happens in the worker
            await asyncio.sleep(0.002)


async def each_message_is_the_fold_of_its_deliveries(found: list[Story], gateway: Gateway) -> None:
    by_message = defaultdict(list)
    for story in found:
        by_message[story.key[0]].append(story.states()[-1])
    for message_id, states in list(by_message.items())[::10]:
        assert (await gateway.get(message_id)).state is fold(states)
