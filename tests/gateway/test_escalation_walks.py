"""Many messages escalate at once while everything happens to them in any order: what is promised holds at every step."""

import asyncio
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.gateway.scripted import Carrier, Desk, FakeClock, message, specs
from wasl.deciding import Go, Stop
from wasl.escalation import Escalating
from wasl.ledger.applying import Applying
from wasl.ledger.callbacks import Arrival, Callbacks
from wasl.ledger.claims import Claimed
from wasl.ledger.intents import Intent
from wasl.ledger.matching import Serving
from wasl.ledger.report_effects import Effects, Terms
from wasl.ledger.reports import Report, attempted
from wasl.ledger.settle import Ended, Settlement
from wasl.verifying import verify
from wasl_contracts import Capabilities, EventKind, Reason, State

PROVIDERS = {"push": "device", "sms": "text", "email": "mail"}
KINDS: tuple[EventKind, ...] = ("delivered", "read", "bounced", "failed", "opened")
ROUTES = {"default": {"channels": ["push", "sms", "email"], "until": "delivered", "escalate_after": "10m"}}


class Walk:
    """A worker and providers of which chance decides what they do."""

    def __init__(self, desk: Desk, random: Random) -> None:
        self.desk = desk
        self.random = random
        self.escalating = Escalating(desk.routing)
        terms = Terms(lambda *_: True, desk.routing.channels)
        applying = Applying(Effects(desk.keys, desk.ledger.consents, terms), budgets=False)
        self.callbacks = Callbacks(desk.store, desk.keys, desk.clock, Serving(("default",), {}), applying)

    async def accept(self, count: int) -> None:
        for number in range(count):
            tokens = [{"channel": "push", "kind": "fcm_token", "value": f"{number} {one}"} for one in range(1 + number % 2)]
            to = {"id": f"u_{number}", "email": f"u{number}@example.com", "phone": f"+9665012345{number:02}", "addresses": tokens}
            own: dict[str, Any] = self.random.choice(
                [{}, {"escalate": {"until": "read", "after": "smart"}}, {"about": "it"}, {"expires_in": "25m"}]
            )
            await self.desk.accept(message(to, **own))

    async def work(self) -> None:
        """Take what is due up to the outcome of its calls."""
        going: list[Intent] = []
        for claimed in await self.desk.claim():
            candidates = self.desk.deciding.candidates(claimed)
            inputs = await self.desk.ledger.inputs(candidates)
            decision = self.desk.deciding.decide(claimed, candidates, inputs, self.desk.clock.now())
            if isinstance(decision, Go):
                going.append(Intent(claimed, decision.chosen, PROVIDERS[decision.chosen.channel], "[]", decision.siblings))
            else:
                assert isinstance(decision, Stop)
                await self.desk.ledger.settle(self.desk.settlement(claimed, decision.state, reason=decision.reason, marks=claimed.marks))
        if self.random.random() < 0.3:
            await self.report()  # between the decision and the intent
        for intent, committed in zip(going, await self.desk.ledger.commit_intents(going), strict=True):
            if committed:
                channel = intent.candidate.channel
                await self.desk.ledger.settle(self.escalating.awaiting(self.outcome(intent.claimed, channel, intent.attempt), channel))

    def outcome(self, claimed: Claimed, channel: str, attempt: int) -> Settlement:
        state = self.random.choices([State.SENT, State.DELIVERED, State.UNKNOWN, State.FAILED], [6, 1, 1, 2])[0]
        words = {State.UNKNOWN: "unknown", State.FAILED: "rejected"}
        reason = {State.UNKNOWN: Reason.OUTCOME_UNKNOWN, State.FAILED: Reason.CONTENT_REJECTED}.get(state)
        tried = (*claimed.tried, channel)
        left = [one for one in claimed.envelope.channels if one not in tried] if state is State.FAILED else []
        return self.desk.settlement(
            claimed, state, reason=reason, marks=claimed.marks, ended=Ended(attempt, self.desk.now, words.get(state, "receipt"), reason),
            lane=channel, successor=(left[0], tried) if left else None,
        )  # fmt: skip

    async def report(self) -> None:
        """A provider tells something of a few calls."""
        called = self.desk.rows(
            "SELECT message_id, delivery, provider FROM attempts WHERE outcome != 'rejected' ORDER BY message_id, delivery"
        )
        told = [self._told(*row) for row in self.random.sample(called, min(3, len(called)))]

        arrivals = [Arrival(f"cbk_{one.key[:24]}", one.provider, one.at, b"", one.key, (one,)) for one in told]
        await asyncio.gather(*map(self.callbacks.put, arrivals))

    def _told(self, message_id: str, number: int, provider: str) -> Report:
        kind = self.random.choice(KINDS)
        key = sha256(f"{message_id} {number} {kind} {self.desk.now}".encode()).hexdigest()
        return Report(provider, key, kind, self.desk.now, attempted(f"att_{message_id.removeprefix('msg_')}_{number}_1"))


def proofs(rows: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    """When the first proof came of each message that is known to have arrived, or been read."""
    found: dict[str, int] = {}
    for message_id, at in rows:
        found[message_id] = min(at, found.get(message_id, at))
    return found


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_happens_no_next_channel_goes_after_the_proof(database: str, folder: Path, clock: FakeClock, seed: int) -> None:
    proving = Capabilities(receipts=True, confirms_in_seconds=60)
    told = specs(
        folder, {name: Carrier(channel, capabilities=proving) for channel, name in PROVIDERS.items()}, database=database, routes=ROUTES
    )
    desk = await Desk.open(told, clock)
    walk = Walk(desk, Random(seed))
    await walk.accept(20)

    for _ in range(12):
        await walk.work()
        clock.advance(seconds=walk.random.choice([1, 60, 300, 601]))
        await walk.report()
        clock.advance(seconds=1)

    proof = "e.type = 'read' OR (m.proof = 'delivered' AND e.type IN ('delivered', 'opened'))"
    told_of = "JOIN deliveries d ON d.message_id = e.message_id AND d.number = e.delivery JOIN messages m ON m.id = e.message_id"
    first = proofs(desk.rows(f"SELECT e.message_id, e.at FROM events e {told_of} WHERE d.state != 'bounced' AND ({proof})"))
    own = "d.message_id = a.message_id AND d.number = a.delivery"
    begun = desk.rows(f"SELECT a.message_id, a.started_at FROM attempts a JOIN deliveries d ON {own} WHERE d.tried != '[]'")
    ways = desk.rows("SELECT message_id, channel FROM deliveries WHERE channel != 'push'")
    waits = {one for (one,) in desk.rows("SELECT message_id FROM deliveries WHERE reason = 'awaiting_proof'")}
    escalated = desk.rows("SELECT 1 FROM events WHERE type = 'escalated'")
    await desk.close()
    assert [one for one, at in begun if one in first and at > first[one] + 1000] == []
    assert waits & first.keys() == set()
    assert len(set(ways)) == len(ways)  # each channel is used once
    assert len(escalated) > 2
    assert (await verify(told, clock=clock)).findings == []
