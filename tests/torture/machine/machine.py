"""Random steps of callers, operators and of workers of which some are late, with the ledger and with its model."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from tests.gateway.scripted import NOON, Desk, FakeClock
from tests.torture.machine.model import Asked, End, Key, Model
from tests.torture.machine.steps import answered, without_a_call
from wasl.clock import micros
from wasl.errors import Conflict, IdempotencyMismatch
from wasl.ledger.claims import Claimed, Release
from wasl.ledger.dead_letters import Terms
from wasl.ledger.intents import Intent
from wasl.ledger.replay import replay
from wasl.ledger.settle import Settlement
from wasl.ledger.tables import deliveries
from wasl.registry import Specs
from wasl.verifying import verify
from wasl_contracts import Address, Message, Reason, State

_T = TypeVar("_T")
_ROUTES = {"mail": ("first", ["email"]), "either": ("first", ["email", "sms"]), "both": ("all", ["email", "sms"])}
_LIFE = 15 * 60_000_000
_PEOPLE = ("ann", "ben")
_SOON = 60_000_000  # microseconds from NOON: the `send_at` of some messages
_PICK = st.integers(0, 1_000_000)


class LedgerMachine(RuleBasedStateMachine):
    """Each rule does a step with the ledger and with the model; what both say must agree, and after each step all rows must."""

    begin: ClassVar[Callable[[], tuple[Specs, FakeClock]]]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.specs, self.clock = type(self).begin()
        self.desk = self.run(Desk.open(self.specs, self.clock))
        self.model = Model()
        self.messages: dict[str, Message] = {}
        self.held: list[Claimed] = []  # claims that were not used yet, also of workers that have been overtaken
        self.calling: list[Claimed] = []  # claims whose intent was committed

    def run(self, work: Awaitable[_T]) -> _T:
        async def awaited() -> _T:
            return await work

        return self.loop.run(awaited())

    @property
    def now(self) -> int:
        return micros(self.clock.now())

    # Callers and operators

    @initialize(routes=st.lists(st.sampled_from(sorted(_ROUTES)), min_size=2, max_size=4))
    def begun(self, routes: list[str]) -> None:
        """Some messages are there from the start: most random walks would not come far without."""
        for route in routes:
            self.accept(key=None, body="one", route=route, person="ann", order=None, later=False)

    @rule(
        key=st.sampled_from([None, None, "k1", "k2"]),
        body=st.sampled_from(["one", "two"]),
        route=st.sampled_from(sorted(_ROUTES)),
        person=st.sampled_from(_PEOPLE),
        order=st.sampled_from([None, None, "o1", "o2"]),
        later=st.booleans(),
    )
    def accept(self, key: str | None, body: str, route: str, person: str, order: str | None, later: bool) -> None:
        mode, channels = _ROUTES[route]
        fields: dict[str, Any] = {"mode": mode, "channels": channels, "ordering_key": order, "expires_in": "15m"}
        if later:
            fields["send_at"] = NOON + timedelta(microseconds=_SOON)
        message = Message.model_validate({"to": _to(person), "content": {"body": body}, **fields})
        earlier = self.model.keys.get(key or "")
        if earlier is not None and self.messages[earlier] != message:
            with pytest.raises(IdempotencyMismatch):
                self.run(self.desk.accept(message, key))
            return
        stored = self.run(self.desk.accept(message, key))
        if earlier is not None:
            assert (stored.id, stored.replayed) == (earlier, True)
            return
        assert stored.id not in self.messages
        self.messages[stored.id] = message
        if key is not None:
            self.model.keys[key] = stored.id
        send_at = micros(NOON) + _SOON if later else self.now
        due = max(self.now, send_at)
        asked = Asked(body, mode, person, order, due, due + _LIFE, _LIFE)
        self.model.accept(stored.id, asked, channels[:1] if mode == "first" else channels, self.now)

    @precondition(lambda self: self.messages)
    @rule(pick=_PICK)
    def cancel(self, pick: int) -> None:
        name = _one(sorted(self.messages), pick)
        if self.model.cancel(name, self.now):
            self.run(self.desk.ledger.cancel("default", name))
        else:
            with pytest.raises(Conflict):
                self.run(self.desk.ledger.cancel("default", name))

    @precondition(lambda self: not self.model.suppressed)  # one of four addresses: with more there soon is nobody left to send to
    @rule(person=st.sampled_from(_PEOPLE), channel=st.sampled_from(["email", "sms"]))
    def suppress(self, person: str, channel: str) -> None:
        kind = {"email": "email", "sms": "phone"}[channel]
        hashed = self.desk.ledger.address_hash(Address(channel=channel, kind=kind, value=_to(person)[kind]))
        self.run(self.desk.suppress(channel, hashed))
        self.model.suppressed.add((channel, person))

    @precondition(lambda self: self.messages)
    @rule(pick=_PICK)
    def replay(self, pick: int) -> None:
        name = _one(sorted(self.messages), pick)
        keys, now = [("default", name)], self.now
        self.run(self.desk.store.writer.run(lambda tx: replay(tx, keys, Terms(), now, ("email", "sms"))))
        self.model.replay(name, now)

    @rule(seconds=st.sampled_from([1, 5, 30, 61, 400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    # Workers

    @rule(lane=st.sampled_from(["email", "sms"]), room=st.integers(1, 4))
    def claim(self, lane: str, room: int) -> None:
        due = self.model.claimable(lane, self.now)

        found = self.run(self.desk.claim(lane, room=room))

        assert len(found) == min(room, len(due))
        assert {_key(one) for one in found} <= due
        for one in found:
            row = self.model.claim(_key(one), self.now)
            assert (one.fence, one.strikes, one.state, one.attempts) == (row.fence, row.strikes, row.state, row.attempts)
        self.held += found

    @precondition(lambda self: self.held)
    @rule(pick=_PICK, most=st.integers(1, 3))
    def commit(self, pick: int, most: int) -> None:
        fresh = [one for one in self.held if one.state in (State.ACCEPTED, State.SCHEDULED)]
        chosen = fresh[pick % (len(fresh) or 1) :][:most]
        intents = [intent for one in chosen if (intent := self._intent(one)) is not None]
        wanted = [self.model.commit(_key(i.claimed), i.claimed.fence, self.now, i.candidate.channel) for i in intents]

        assert self.run(self.desk.ledger.commit_intents(intents)) == wanted if intents else True
        for intent, going in zip(intents, wanted, strict=True):
            if going:
                self.held.remove(intent.claimed)
                # Without this the claim would not know the attempt that it has made, nor where.
                self.calling.append(replace(intent.claimed, attempts=intent.attempt, channel=intent.candidate.channel))

    @rule(lane=st.sampled_from(["email", "sms"]), room=st.integers(1, 4))
    def send(self, lane: str, room: int) -> None:
        """A claim and its calls without a step of another in between, as mostly."""
        self.claim(lane, room)
        if self.held:
            self.commit(pick=max(0, len(self.held) - room), most=room)

    @precondition(lambda self: self.calling)
    @rule(pick=_PICK, outcome=st.sampled_from(["sent", "delivered", "unavailable", "rejected", "unknown"]))
    def answer(self, pick: int, outcome: str) -> None:
        self._settle(answered(self.calling.pop(pick % len(self.calling)), outcome, self.now))

    @precondition(lambda self: self.held)
    @rule(pick=_PICK)
    def go_on_with(self, pick: int) -> None:
        """What a worker does with a claim that it does not call: bury a lost call, settle an unknown one, wait, expire, withhold."""
        one = self.held.pop(pick % len(self.held))
        asked = self.model.messages[one.message_id]
        step = without_a_call(one, self.now, suppressed=(one.channel or one.lane, asked.person) in self.model.suppressed)
        if isinstance(step, Settlement):
            self._settle(step)
        else:
            self.run(self.desk.ledger.leave([step]))
            self.model.release(_key(one), one.fence, None)
            self.model.advance(asked.order, self.now)

    @precondition(lambda self: self.held)
    @rule(pick=_PICK, seconds=st.sampled_from([0, 10]))
    def release(self, pick: int, seconds: int) -> None:
        one = self.held.pop(pick % len(self.held))
        due = self.now + seconds * 1_000_000
        self.run(self.desk.ledger.release([Release(one, one.lane, due)]))
        self.model.release(_key(one), one.fence, due)

    @precondition(lambda self: self.held or self.calling)
    @rule()
    def beat(self) -> None:
        claims = [*self.held, *self.calling]
        self.run(self.desk.ledger.renew(claims))
        self.model.renew([(_key(one), one.fence) for one in claims], self.now)

    @rule()
    def another_takes_the_role(self) -> None:
        self.run(self.desk.ledger.take_over(("email", "sms")))
        if self.desk.store.exclusive:
            self.model.void(self.now)

    # What must hold

    @invariant()
    def the_rows_are_those_of_the_model(self) -> None:
        found = {
            (row.message_id, row.number): (
                row.state,
                row.due_at,
                row.fence,
                row.claimed_at is not None,
                row.attempts,
                row.strikes,
                row.lane,
            )
            for row in self.run(self._rows())
        }
        wanted = {
            key: (row.state.value, row.due, row.fence, row.claimed, row.attempts, row.strikes, row.lane)
            for key, row in self.model.rows().items()
        }
        assert found == wanted

    def teardown(self) -> None:
        report = self.run(verify(self.specs, clock=self.clock))
        self.run(self.desk.close())
        self.loop.close()
        assert [(found.promise, found.check, found.said) for found in report.findings] == []

    async def _rows(self) -> Any:
        async with self.desk.store.engine.connect() as connection:
            return (await connection.execute(select(deliveries))).all()

    def _intent(self, one: Claimed) -> Intent | None:
        person = self.model.messages[one.message_id].person
        listed = self.desk.deciding.candidates(one)
        candidate = next((way for way in listed if (way.channel, person) not in self.model.suppressed), None)
        candidate = candidate or next(iter(listed), None)
        if candidate is None:
            return None
        return Intent(one, candidate, {"email": "mail", "sms": "text"}[candidate.channel], "[]")

    def _settle(self, settlement: Settlement) -> None:
        one = settlement.claimed
        ended = settlement.ended
        unknown = ended is not None and ended.outcome == "unknown"
        clears = ended is not None and ended.reason is not Reason.WORKER_LOST
        successor = settlement.successor[0] if settlement.successor else None
        end = End(settlement.state, settlement.due_at, settlement.lane or one.lane, unknown, clears, successor)
        wanted = self.model.settle(_key(one), one.fence, self.now, end)

        assert self.run(self.desk.ledger.settle(settlement)) == wanted


def _to(person: str) -> dict[str, str]:
    return {"id": person, "email": f"{person}@example.com", "phone": f"+96650000000{_PEOPLE.index(person)}"}


def _key(one: Claimed) -> Key:
    return one.message_id, one.number


def _one(names: list[str], pick: int) -> str:
    return names[pick % len(names)]
