"""A random walk over everything that can happen to messages that replace each other or tell the same, driven by hand on a real ledger."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from tests.gateway.scripted import Desk, message
from wasl.deciding import Go, Stop, Wait
from wasl.errors import Conflict
from wasl.ledger.claims import Claimed, Release
from wasl.ledger.dead_letters import Terms
from wasl.ledger.intents import Intent
from wasl.ledger.leaving import Left
from wasl.ledger.settle import Ended, Settlement
from wasl.states import PENDING
from wasl.unknown import lost, settled, undenied
from wasl_contracts import Mark, Reason, State

ABOUT = ("order-1", "order-2", None)
PEOPLE = [{"id": f"u_{n}", "email": f"p{n}@example.com", "phone": f"+96650123456{n}"} for n in range(3)]
_ENDS = ("sent", "sent", "retry", "retry", "unknown", "unknown", "failed", "elsewhere", "left")


@dataclass
class Walk:
    """What was done, and by whom each message was replaced as far as a caller can know."""

    desk: Desk
    chance: Random
    facts: bool
    accepted: list[str] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    stopped: int = 0
    _current: defaultdict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    _claimed: list[Claimed] = field(default_factory=list)
    _planned: list[Intent] = field(default_factory=list)
    _out: list[Intent] = field(default_factory=list)

    async def step(self) -> None:
        """One thing that may happen."""
        steps: dict[Callable[[], Awaitable[None]], int] = {
            self._accept: 6, self._claim: 6, self._decide: 12, self._commit: 8, self._end: 8, self._wait: 4, self._replay: 4,
            self._cancel: 1,
        }  # fmt: skip
        await self.chance.choices(list(steps), list(steps.values()))[0]()

    async def to_the_end(self) -> None:
        """Until nothing is waiting any more; all that is accepted then goes or ends."""
        for _ in range(400):
            await self._claim()
            if not (self._claimed or self._planned or self._out) and not self._live():
                return
            for _ in range(max(4, 2 * len(self._claimed))):
                await self._decide()
                await self._commit()
                await self._end()
            self.desk.clock.advance(hours=1)
        raise AssertionError(f"it does not come to an end: {self._live()}")

    def _live(self) -> list[tuple[Any, ...]]:
        return self.desk.rows("SELECT message_id, state, reason, due_at FROM deliveries WHERE due_at IS NOT NULL")

    async def _accept(self) -> None:
        chance, about, to = self.chance, self.chance.choice(ABOUT), self.chance.choice(PEOPLE)
        supersedes = about is not None and chance.random() < 0.4
        fields: dict[str, Any] = {
            "about": about, "supersedes": supersedes, "ordering_key": chance.choice([None, None, "one"]),
            "channels": chance.choice([["email"], ["email", "sms"], ["sms", "email"]]), "mode": chance.choice(["first", "all"]),
        }  # fmt: skip
        if self.facts:
            fields["fact"] = chance.choice(["left", "arrived", None])
        if chance.random() < 0.2:
            fields["send_at"] = self.desk.clock.now() + timedelta(minutes=chance.randrange(1, 90))
        stored = await self.desk.accept(message(to, **fields))
        self.accepted.append(stored.id)
        if about is None:
            return
        key = str(to["id"]), about
        if supersedes:
            self.replaced |= dict.fromkeys(self._current.pop(key, ()), stored.id)
            waiting = [f"'{one}'" for one, by in self.replaced.items() if by == stored.id] or ["''"]
            assert (
                self.desk.rows(
                    f"SELECT 1 FROM deliveries WHERE state IN ('accepted', 'scheduled') AND message_id IN ({', '.join(waiting)})"
                )
                == []
            )
        self._current[key].append(stored.id)

    async def _claim(self) -> None:
        self._claimed += await self.desk.claim("email", "sms", room=self.chance.randrange(1, 8))

    async def _wait(self) -> None:
        self.desk.clock.advance(seconds=self.chance.choice([1, 5, 30, 70, 600]))

    async def _decide(self) -> None:
        """What the pipeline would do with a claim: it stays held for a while where an intent may be committed for it."""
        if not self._claimed:
            return
        claimed = self._claimed.pop(self.chance.randrange(len(self._claimed)))
        if claimed.state not in PENDING:
            await self._recover(claimed)
            return
        candidates = self.desk.deciding.candidates(claimed)
        decision = self.desk.deciding.decide(claimed, candidates, await self.desk.ledger.inputs(candidates), self.desk.clock.now())
        if isinstance(decision, Go):
            if self.chance.random() < 0.2:  # as quiet hours do
                await self._put_off(claimed, Reason.QUIET_HOURS, timedelta(minutes=self.chance.randrange(1, 60)))
            else:
                provider = "mail" if decision.chosen.channel == "email" else "text"
                self._planned.append(Intent(claimed, decision.chosen, provider, "[]"))
        elif isinstance(decision, Wait):
            await self._put_off(claimed, decision.reason, decision.until - self.desk.clock.now())
        else:
            await self._stop(claimed, decision)

    async def _stop(self, claimed: Claimed, decision: Stop) -> None:
        self.stopped += decision.state is State.SUPERSEDED
        successor = None
        if decision.others and claimed.channel is not None and claimed.envelope.mode == "first":
            successor = (decision.others[0].channel, (*claimed.tried, claimed.channel))
        await self.desk.ledger.settle(undenied(self._settlement(claimed, decision.state, reason=decision.reason, successor=successor)))

    async def _put_off(self, claimed: Claimed, reason: Reason, wait: timedelta) -> None:
        due = self.desk.now + round(wait.total_seconds() * 1_000_000)
        await self.desk.ledger.settle(undenied(self._settlement(claimed, State.SCHEDULED, reason=reason, due_at=due)))

    async def _recover(self, claimed: Claimed) -> None:
        now = self.desk.clock.now()
        if claimed.state is State.SENDING:
            await self.desk.ledger.settle(lost(claimed, now, timedelta(seconds=30)))
            return
        step = settled(claimed, now, None, "until_expiry")
        if isinstance(step, Left):
            await self.desk.ledger.leave([step])
        else:
            await self.desk.ledger.settle(step)

    async def _commit(self) -> None:
        """The moment of truth: no intent of a message that was replaced."""
        some, self._planned = self._planned[:3], self._planned[3:]
        if not some:
            return
        for intent, went in zip(some, await self.desk.ledger.commit_intents(some), strict=True):
            if went:
                assert intent.claimed.message_id not in self.replaced
                self.calls += 1
                self._out.append(intent)
            else:
                await self.desk.ledger.release([Release(intent.claimed, intent.candidate.channel, 0)])

    async def _end(self) -> None:
        """A call ends somehow, or its worker dies with it."""
        if not self._out:
            return
        intent = self._out.pop(self.chance.randrange(len(self._out)))
        how = self.chance.choice(_ENDS)
        if how != "left":
            await self.desk.ledger.settle(self._answered(intent, how))

    def _answered(self, intent: Intent, how: str) -> Settlement:
        claimed, at = intent.claimed, self.desk.now
        if claimed.unproven and how in ("retry", "failed", "elsewhere"):
            how = "unknown"  # as the pipeline: a refusal proves nothing of the call before it
        if how == "sent":
            return self._settlement(claimed, State.SENT, provider_ref="ref", ended=Ended(intent.attempt, at, "receipt", provider_ref="ref"))
        if how == "unknown":
            ended = Ended(intent.attempt, at, "unknown", Reason.OUTCOME_UNKNOWN)
            return self._settlement(claimed, State.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN, due_at=at + 20_000_000, ended=ended)
        if how == "retry":
            ended = Ended(intent.attempt, at, "unavailable", Reason.PROVIDER_UNAVAILABLE)
            return self._settlement(claimed, State.SCHEDULED, reason=Reason.RETRYING, due_at=at + 5_000_000, ended=ended)
        ended = Ended(intent.attempt, at, "rejected", Reason.CONTENT_REJECTED)
        own = intent.candidate.channel
        further = [channel for channel in claimed.envelope.channels if channel not in (*claimed.tried, own)]
        first = how == "elsewhere" and claimed.envelope.mode == "first" and further
        successor = (further[0], (*claimed.tried, own)) if first else None
        return self._settlement(claimed, State.FAILED, reason=Reason.CONTENT_REJECTED, ended=ended, successor=successor)

    def _settlement(self, claimed: Claimed, state: State, **how: Any) -> Settlement:
        return self.desk.settlement(claimed, state, marks=claimed.marks, refused=claimed.refused, **how)

    async def _replay(self) -> None:
        if self.accepted:
            chosen = self.chance.choice(self.accepted)
            (fate,) = await self.desk.ledger.replays.these("default", [chosen], Terms(possible_duplicate=True))
            assert fate.left_alone is not None or chosen not in self.replaced

    async def _cancel(self) -> None:
        if self.accepted:
            try:
                await self.desk.ledger.cancel("default", self.chance.choice(self.accepted))
            except Conflict:
                pass  # nothing of it waits

    @property
    def marks(self) -> int:
        """Deliveries that were sent again without proof."""
        return len(self.desk.rows(f"SELECT 1 FROM deliveries WHERE marks LIKE '%{Mark.POSSIBLE_DUPLICATE}%'"))
