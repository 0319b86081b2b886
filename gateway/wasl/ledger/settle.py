"""Settling: what became of a delivery, in batches. Each transition is one conditional update; a late worker changes nothing."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wasl.event_types import EVENT_OF
from wasl.ledger import locks
from wasl.ledger import statements as sql
from wasl.ledger.callback_rows import PUT_REF
from wasl.ledger.claims import Claimed
from wasl.ledger.escalating import News, Opened, Proof, Waiting, heard, open_waiting, tell_escalated
from wasl.ledger.families import hold_families
from wasl.ledger.feed import Told, tell
from wasl.ledger.hot import Values
from wasl.ledger.inbox import Filed, Inbox
from wasl.ledger.ordering import Key, advance, take_turns
from wasl.ledger.port import Transaction
from wasl.ledger.spending import Call, given_back, spend
from wasl.ledger.successors import Following, open_successors
from wasl.ledger.suppressions import Addition, add
from wasl.ledger.uses import GIVEN_BACK
from wasl.policies.budget import Spent
from wasl_contracts import Mark, Reason, State

_TAKEN = frozenset({State.SENT, State.DELIVERED})
"""States that the end of an attempt tells of; without one, an event does."""


class Made(NamedTuple):
    """How what a call handed over was made, so that it can be made again: a keyed digest of it (`KeyRing.digest`), the moment of the
    decision in microseconds, which dates it, and the version of the software and settings that made it."""

    digest: str
    dated_at: int
    by: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of an attempt, for its row."""

    number: int
    at: int
    outcome: str
    reason: Reason | None = None
    code: str | None = None
    provider_ref: str | None = None
    facts: dict[str, str] = field(default_factory=dict)
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Suppress:
    """An address that the provider said is dead."""

    channel: str
    address_hash: str
    address: str
    source: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """The next state of a claimed delivery and all that is written with it."""

    claimed: Claimed
    state: State
    at: int
    reason: Reason | None = None
    code: str | None = None
    due_at: int | None = None
    lane: str | None = None
    marks: tuple[Mark, ...] = ()
    provider_ref: str | None = None
    refused: tuple[str, ...] = ()
    ended: Ended | None = None
    disproved: tuple[int, ...] = ()
    """Attempts whose outcome was unknown, and of which it has come to light that they were not taken."""
    rule: str | None = None
    """By which rule an unknown outcome was settled; told in the timeline."""
    decision: str | None = None
    successor: tuple[str, tuple[str, ...]] | None = None
    """The lane of the delivery that takes over where this one failed, and the channels that it need not try."""
    waiting: Waiting | None = None
    """The delivery that goes where no proof comes of this one."""
    suppress: Suppress | None = None
    indexed: str | None = None
    """Its provider, where that reports by its own id alone (`found_by_ref`), so that an index of these is kept."""
    filed: Filed | None = None
    """What goes into the person's feed in the application."""

    @property
    def decides_for_others(self) -> bool:
        """Whether the message's other deliveries, or a next one, may follow from it."""
        return self.successor is not None or (self.state is State.FAILED and self.claimed.envelope.escalation is not None)


async def settle(tx: Transaction, settlements: Sequence[Settlement], *, budgets: bool = False, inbox: Inbox | None = None) -> list[bool]:
    """Write a batch. False: another worker had moved it on, and nothing was changed for it.

    With `budgets`, what they cost is given back where it is certain now that nothing was sent. `inbox` takes what is for people's feeds.
    """
    await hold_families(tx, {(s.claimed.brand, s.claimed.message_id) for s in settlements if s.decides_for_others})
    await tx.lock({locks.opt_outs(s.claimed.brand) for s in settlements if s.suppress is not None})
    ended = [_order(s) for s in settlements if s.claimed.ordering_key is not None and s.due_at is None]
    await take_turns(tx, ended)
    by_state: defaultdict[State, list[Settlement]] = defaultdict(list)
    for settlement in settlements:
        by_state[settlement.state].append(settlement)
    late: list[Settlement] = []
    for state, group in by_state.items():
        if await tx.many(sql.SETTLE[state], [_delivery(s) for s in group]) < len(group):
            late += await _late(tx, group)
    lost = set(map(id, late))
    done = [s for s in settlements if id(s) not in lost]
    unspent = await _unspent(tx, done) if budgets else ()
    _write_facts(tx, done)
    if inbox is not None:
        await inbox.file(tx, [((s.claimed.brand, s.claimed.message_id, s.claimed.number), s.filed) for s in done if s.filed is not None])
    await add(tx, [_suppression(s, s.suppress) for s in done if s.suppress is not None])
    await _escalate(tx, [s for s in done if s.claimed.envelope.escalation is not None])
    opened = await open_successors(tx, [_following(s, *s.successor) for s in done if s.successor is not None])
    tell(tx, [_told(s, opened.get((s.claimed.brand, s.claimed.message_id)) if s.successor is not None else None) for s in done])
    await advance(tx, ended, max((s.at for s in settlements), default=0))
    spend(tx, unspent)
    return [id(s) not in lost for s in settlements]


async def _escalate(tx: Transaction, done: Sequence[Settlement]) -> None:
    """What follows for the other deliveries of messages that escalate."""
    tell_escalated(tx, [(s.claimed, s.at) for s in done if s.claimed.reason is Reason.AWAITING_PROOF and s.ended is None])
    await open_waiting(tx, [Opened(s.claimed, s.at, s.waiting) for s in done if s.waiting is not None])
    proofs: dict[State, Proof] = {State.DELIVERED: "delivered", State.FAILED: None}
    ended = [(s, proofs[s.state]) for s in done if s.state in proofs]
    await heard(tx, [News(s.claimed.brand, s.claimed.message_id, s.claimed.number, s.at, proof) for s, proof in ended])


def _order(s: Settlement) -> Key:
    return s.claimed.brand, str(s.claimed.ordering_key)


async def _late(tx: Transaction, group: Sequence[Settlement]) -> list[Settlement]:
    """Those whose row does not show what was just written: the fence had grown."""
    wanted = json.dumps([(s.claimed.brand, s.claimed.message_id, s.claimed.number) for s in group])
    fences = {(row[0], row[1], row[2]): (row[3], row[4]) for row in await tx.fetch(sql.FENCES, {"keys": wanted})}
    return [s for s in group if fences.get((s.claimed.brand, s.claimed.message_id, s.claimed.number)) != (s.claimed.fence, s.state.value)]


def _write_facts(tx: Transaction, done: Sequence[Settlement]) -> None:
    for statement, rows in (
        (sql.END_ATTEMPT, [_attempt(s, s.ended) for s in done if s.ended is not None]),
        (sql.DISPROVE, [{**s.claimed.key, "key_attempt": number} for s in done for number in s.disproved]),
        (sql.DECIDE, [{**s.claimed.key, "decision": s.decision, "decided_at": s.at} for s in done if s.decision is not None]),
        (sql.INSERT_EVENT, [_event(s) for s in done if s.state not in _TAKEN or s.ended is None]),
        (PUT_REF, [_ref(s) for s in done if s.indexed is not None and s.provider_ref is not None]),
    ):
        if rows:
            tx.put(statement, rows)


async def _unspent(tx: Transaction, done: Sequence[Settlement]) -> list[Spent]:
    refused = [_call(s, s.ended.number) for s in done if s.ended is not None and s.ended.outcome in GIVEN_BACK]
    return await given_back(tx, refused, [_call(s, number) for s in done for number in s.disproved])


def _call(s: Settlement, attempt: int) -> Call:
    return s.claimed.brand, s.claimed.message_id, s.claimed.number, attempt


def _following(s: Settlement, lane: str, tried: tuple[str, ...]) -> Following:
    claimed = s.claimed
    return Following(claimed.brand, claimed.message_id, claimed.flow, claimed.ordering_key, s.at, lane, tried)


def _told(s: Settlement, successor: int | None) -> Told:
    return Told(s.claimed.brand, EVENT_OF[s.state], s.at, s.claimed.message_id, s.claimed.number, s.reason, successor)


def _delivery(s: Settlement) -> Values:
    return {
        **s.claimed.key,
        "reason": s.reason,
        "code": s.code,
        "marks": json.dumps(s.marks) if s.marks else "[]",
        "due_at": s.due_at,
        "lane": s.lane or s.claimed.lane,
        "provider_ref": s.provider_ref,
        "refused": json.dumps(s.refused) if s.refused else "[]",
        # A call that ended while its worker lived clears it of suspicion.
        "strikes": 0 if s.ended is not None and s.ended.reason is not Reason.WORKER_LOST else s.claimed.strikes,
    }


def _attempt(s: Settlement, ended: Ended) -> Values:
    return {
        "key_brand": s.claimed.brand,
        "key_message": s.claimed.message_id,
        "key_number": s.claimed.number,
        "key_attempt": ended.number,
        "ended_at": ended.at,
        "outcome": ended.outcome,
        "reason": ended.reason,
        "code": ended.code,
        "provider_ref": ended.provider_ref,
        "facts": json.dumps(ended.facts) if ended.facts else "{}",
        "digest": ended.made.digest if ended.made is not None else None,
        "dated_at": ended.made.dated_at if ended.made is not None else None,
        "made_by": ended.made.by if ended.made is not None else None,
    }


def _event(s: Settlement) -> Values:
    facts = {"reason": s.reason, "code": s.code, "due_at": s.due_at, "marks": list(s.marks), "rule": s.rule}
    return {
        "brand": s.claimed.brand,
        "message_id": s.claimed.message_id,
        "delivery": s.claimed.number,
        "at": s.at,
        "type": s.state.value,
        "facts": json.dumps({name: value for name, value in facts.items() if value}),
    }


def _ref(s: Settlement) -> Values:
    claimed, attempt = s.claimed, s.ended.number if s.ended is not None else s.claimed.attempts
    return {
        "provider": s.indexed, "ref": s.provider_ref, "brand": claimed.brand, "message_id": claimed.message_id,
        "delivery": claimed.number, "attempt": attempt,
    }  # fmt: skip


def _suppression(s: Settlement, suppress: Suppress) -> Addition:
    return Addition(
        brand=s.claimed.brand,
        channel=suppress.channel,
        address_hash=suppress.address_hash,
        address=suppress.address,
        reason=Reason.SUPPRESSED_INVALID,
        source=suppress.source,
        since=s.at,
        message_id=s.claimed.message_id,
    )
