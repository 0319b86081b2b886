"""The intent: the row that precedes a provider call. What may have changed since judging is checked again in its transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from wasl.clock import Clock, micros
from wasl.ledger import locks
from wasl.ledger import statements as sql
from wasl.ledger.claims import LEASE, Claimed
from wasl.ledger.escalating import begun, end_needless
from wasl.ledger.inputs import read_inputs
from wasl.ledger.port import Transaction
from wasl.ledger.rows import DeliveryRow, new_delivery
from wasl.ledger.spending import COSTED_ATTEMPT, spend
from wasl.ledger.suppressions import ALL_BRANDS
from wasl.ledger.tracked import PUT_TRACKED, Tracked
from wasl.policies import Policies
from wasl.policies.budget import Budgets
from wasl.policies.verdict import Candidate, Cost, Inputs, Use

_ONE = (None, Cost())
"""One unit without a price: what attempts cost whose rows say nothing of it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that is about to be made: who, by which provider, and why."""

    claimed: Claimed
    candidate: Candidate
    provider: str
    decision: str
    siblings: tuple[Candidate, ...] = ()
    """The other devices of a person, when a push is opened for all of them."""
    tracked: Tracked | None = None

    @property
    def attempt(self) -> int:
        return self.claimed.attempts + 1

    @property
    def tries(self) -> int:
        """Attempts since it was accepted or replayed, with this one."""
        return self.claimed.tries + 1


async def commit(tx: Transaction, intents: Sequence[Intent], policies: Policies, clock: Clock) -> list[bool]:
    """Commit those that still may go. False: cancelled or claimed by another meanwhile, or not allowed any more; nothing is kept of it."""
    await tx.lock({locks.opt_outs(brand) for brand in (ALL_BRANDS, *(i.claimed.brand for i in intents))}, shared=True)
    if any(policies.budgets.count(i.candidate) for i in intents):
        await tx.lock({locks.budgets()})
    recipients = {(i.claimed.brand, i.claimed.envelope.recipient_id) for i in intents}
    await tx.lock_rows(sql.LOCK_RECIPIENTS, {"keys": json.dumps(list(recipients))})
    at = clock.now()  # now that nobody else sends to them: who waited for a lock goes after those whom it waited for
    await end_needless(tx, [i.claimed for i in intents], micros(at))
    free = _admitted(intents, await read_inputs(tx, [i.candidate for i in intents], policies, at), policies, at)
    now = micros(at)
    if free and await tx.many(sql.COMMIT_INTENT, [_row(i, now) for i in free]) < len(free):
        free = await _really_sending(tx, free)
    if free:
        _put_attempts(tx, free, at, policies.budgets)
        await begun(tx, [i.claimed for i in free], now)
        if siblings := [row for i in free for row in _siblings(i, now)]:
            tx.put(sql.INSERT_DELIVERY, siblings)
        spend(tx, (row for i in free if (row := policies.budgets.spent(i.candidate, at)) is not None))
    committed = set(map(id, free))
    return [id(intent) in committed for intent in intents]


def _admitted(intents: Sequence[Intent], inputs: Inputs, policies: Policies, at: datetime) -> list[Intent]:
    """Those that nothing speaks against, one after the other: each takes its place in caps and budgets before the next one is judged."""
    free, uses, spent = [], dict(inputs.uses), dict(inputs.spent)
    inputs = replace(inputs, uses=uses, spent=spent)
    for intent in intents:
        if policies.allow(intent.candidate, inputs, at):
            free.append(intent)
            person = intent.claimed.brand, intent.claimed.envelope.recipient_id
            if person in uses:
                uses[person] = (*uses[person], Use.of(intent.candidate, at))
            policies.budgets.take(spent, intent.candidate)
    return free


async def _really_sending(tx: Transaction, intents: Sequence[Intent]) -> list[Intent]:
    wanted = json.dumps([(i.claimed.brand, i.claimed.message_id, i.claimed.number) for i in intents])
    sending = {tuple(row) for row in await tx.fetch(sql.SENDING, {"keys": wanted})}
    return [i for i in intents if (i.claimed.brand, i.claimed.message_id, i.claimed.number, i.claimed.fence) in sending]


def _row(intent: Intent, now: int) -> dict[str, object]:
    return {
        **intent.claimed.key,
        "channel": intent.candidate.channel,
        "address_hash": intent.candidate.address_hash,
        "address": intent.candidate.address.masked(),
        "provider": intent.provider,
        "attempts": intent.attempt,
        "decision": intent.decision,
        "decided_at": now,
        "lease_ends": now + LEASE,
    }


def _put_attempts(tx: Transaction, intents: Sequence[Intent], at: datetime, budgets: Budgets) -> None:
    now = micros(at)
    if plain := [_attempt(i, now) for i in intents if i.candidate.cost in _ONE]:
        tx.put(sql.INSERT_ATTEMPT, plain)
    if marked := [_tracked(i, i.tracked) for i in intents if i.tracked is not None]:
        tx.put(PUT_TRACKED, marked)
    costed = []
    for i in intents:
        if (cost := i.candidate.cost) is not None and cost not in _ONE:
            spent = budgets.spent(i.candidate, at)
            told = {"cost_units": cost.units, "encoding": cost.encoding, "cost": cost.micros, "currency": cost.currency}
            costed.append({**_attempt(i, now), **told, "spent_on": spent.day.isoformat() if spent is not None else None})
    if costed:
        tx.put(COSTED_ATTEMPT, costed)


def _attempt(intent: Intent, now: int) -> dict[str, object]:
    claimed = intent.claimed
    return {
        "brand": claimed.brand,
        "message_id": claimed.message_id,
        "delivery": claimed.number,
        "number": intent.attempt,
        "provider": intent.provider,
        "started_at": now,
        "recipient_id": claimed.envelope.recipient_id,
    }


def _tracked(intent: Intent, tracked: Tracked) -> dict[str, object]:
    claimed, told = intent.claimed, tracked._asdict()
    key = {"brand": claimed.brand, "message_id": claimed.message_id, "delivery": claimed.number, "attempt": intent.attempt}
    return {**key, **told, "opens": int(tracked.opens), "clicks": int(tracked.clicks)}


def _siblings(intent: Intent, now: int) -> list[DeliveryRow]:
    claimed, rows = intent.claimed, []
    # Numbers far above those of the other channels, so that two deliveries of one message never open the same one.
    for number, candidate in enumerate(intent.siblings, claimed.number * 100 + 1):
        row = new_delivery(
            claimed.brand,
            claimed.message_id,
            number,
            lane=candidate.channel,
            flow=claimed.flow,
            due_at=now,
            ordering_key=claimed.ordering_key,
        )
        row["channel"], row["address_hash"], row["tried"] = candidate.channel, candidate.address_hash, json.dumps(claimed.tried)
        rows.append(row)
    return rows
