"""The intent: the row that precedes a provider call. What may have changed since judging is checked again in its transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from wasl.clock import micros
from wasl.ledger import statements as sql
from wasl.ledger.claims import LEASE, Claimed, read_suppressed
from wasl.ledger.port import Transaction
from wasl.ledger.rows import PRIORITY, DeliveryRow, new_delivery
from wasl.policies.verdict import Candidate


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that is about to be made: who, by which provider, and why."""

    claimed: Claimed
    candidate: Candidate
    provider: str
    decision: str
    siblings: tuple[Candidate, ...] = ()
    """The other devices of a person, when a push is opened for all of them."""
    timeout: timedelta = timedelta(0)
    """How long the call may take; its lease ends after that."""

    @property
    def attempt(self) -> int:
        return self.claimed.attempts + 1


async def commit(tx: Transaction, intents: Sequence[Intent], now: int) -> list[bool]:
    """Commit those that still may go. False: expired, cancelled, suppressed or claimed by another meanwhile; nothing is kept of it."""
    suppressed = await read_suppressed(tx, [_address(i) for i in intents])
    free = [i for i in intents if _address(i) not in suppressed and now < micros(i.claimed.envelope.expires_at)]
    if free and await tx.many(sql.COMMIT_INTENT, [_row(i, now) for i in free]) < len(free):
        free = await _really_sending(tx, free)
    if free:
        tx.put(sql.INSERT_ATTEMPT, [_attempt(i, now) for i in free])
        if siblings := [row for i in free for row in _siblings(i, now)]:
            tx.put(sql.INSERT_DELIVERY, siblings)
    committed = set(map(id, free))
    return [id(intent) in committed for intent in intents]


async def _really_sending(tx: Transaction, intents: Sequence[Intent]) -> list[Intent]:
    wanted = json.dumps([(i.claimed.brand, i.claimed.message_id, i.claimed.number) for i in intents])
    sending = {tuple(row) for row in await tx.fetch(sql.SENDING, {"keys": wanted})}
    return [i for i in intents if (i.claimed.brand, i.claimed.message_id, i.claimed.number, i.claimed.fence) in sending]


def _address(intent: Intent) -> tuple[str, str, str]:
    return intent.claimed.brand, intent.candidate.channel, intent.candidate.address_hash


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
        "lease_ends": now + LEASE + intent.timeout // timedelta(microseconds=1),
    }


def _attempt(intent: Intent, now: int) -> dict[str, object]:
    claimed = intent.claimed
    return {
        "brand": claimed.brand,
        "message_id": claimed.message_id,
        "delivery": claimed.number,
        "number": intent.attempt,
        "provider": intent.provider,
        "started_at": now,
    }


def _siblings(intent: Intent, now: int) -> list[DeliveryRow]:
    claimed, rows = intent.claimed, []
    # Numbers far above those of the other channels, so that two deliveries of one message never open the same one.
    for number, candidate in enumerate(intent.siblings, claimed.number * 100 + 1):
        row = new_delivery(
            claimed.brand,
            claimed.message_id,
            number,
            lane=candidate.channel,
            priority=PRIORITY[claimed.envelope.category],
            due_at=now,
        )
        row["channel"], row["address_hash"], row["tried"] = candidate.channel, candidate.address_hash, json.dumps(claimed.tried)
        rows.append(row)
    return rows
