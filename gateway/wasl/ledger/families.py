"""The deliveries of a message among each other: which may have arrived, which proves it, and which keeps the next one back."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import select

from wasl.ledger import locks
from wasl.ledger import statements as sql
from wasl.ledger.hot import Hot, among, checked
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.tables import deliveries, messages
from wasl.states import LIVE, PENDING
from wasl_contracts import Mark, Reason, State

Key = tuple[str, str]
"""A brand and a message."""
READ = frozenset({Mark.READ, Mark.CLICKED, Mark.REPLIED})
"""Marks that only a person makes who has read it."""
_BY_HAND = frozenset({State.CANCELLED, State.SUPERSEDED})
_KEEPS_IT = LIVE | {State.SENT, State.DELIVERED, State.CANCELLED, State.SUPERSEDED}
_MAY_ARRIVE = frozenset({State.SENDING, State.UNKNOWN, State.SENT, State.DELIVERED})
_whole = (
    select(
        deliveries.c.brand, deliveries.c.message_id, deliveries.c.number, deliveries.c.state, deliveries.c.reason, deliveries.c.channel,
        deliveries.c.marks, deliveries.c.tried, sql.DOUBTFUL, messages.c.proof,
    )
    .join_from(deliveries, messages, (messages.c.brand == deliveries.c.brand) & (messages.c.id == deliveries.c.message_id))
    .where(among(messages.c.brand, messages.c.id, name="keys"))
    .order_by(deliveries.c.brand, deliveries.c.message_id, deliveries.c.number)
)  # fmt: skip
_ALL, _ESCALATING = Hot(_whole), Hot(_whole.where(checked(messages.c.proof.is_not(None))))


class Member(NamedTuple):
    """A delivery among the others of its message. `proof` is what the message waits for; None: it does not escalate."""

    number: int
    state: State
    reason: str | None
    channel: str | None
    marks: Collection[str]
    tried: Sequence[str]
    doubtful: bool
    proof: str | None

    @property
    def proved(self) -> bool:
        """Whether what its message asks for is known of it already."""
        return not READ.isdisjoint(self.marks) or (self.proof == "delivered" and self.state is State.DELIVERED)

    @property
    def ended_by_hand(self) -> bool:
        """Whether somebody, or a newer message, ended it."""
        return self.state in _BY_HAND and not self.needless

    @property
    def needless(self) -> bool:
        """Whether it was ended because the proof of another one came; which may turn out to have bounced after all."""
        return self.state is State.CANCELLED and self.reason == Reason.PROOF_CAME

    @property
    def waits(self) -> bool:
        return self.state is State.SCHEDULED and self.reason == Reason.AWAITING_PROOF

    def may_arrive_by(self, channel: str | None) -> bool:
        """Whether it may have gone, or go, by that channel."""
        return self.channel == channel and (self.state in _MAY_ARRIVE or self.state in PENDING or self.doubtful)

    def holds_up(self, failed: str) -> bool:
        """Whether, after one on that channel failed for certain, the next one must wait for this one or is not needed because of it.

        Where the message escalates, what was sent on another channel and has no proof does not, unless it followed that one already.
        """
        if self.needless:
            return False
        if self.proof is None:
            return self.doubtful or self.state in _KEEPS_IT
        alive = self.state in PENDING or self.state is State.SENDING
        return alive or self.proved or self.ended_by_hand or self.may_arrive_by(failed) or failed in self.tried


async def read_families(tx: Reader, keys: Collection[Key], *, escalating: bool = False) -> dict[Key, list[Member]]:
    """The deliveries of these messages, by their numbers: one query, and none without keys. `escalating`: only of messages that do."""
    found: defaultdict[Key, list[Member]] = defaultdict(list)
    for row in await tx.fetch(_ESCALATING if escalating else _ALL, {"keys": json.dumps(sorted(keys))}) if keys else ():
        brand, message_id, number, state, reason, channel, marks, tried, doubtful, proof = row
        member = Member(number, State(state), reason, channel, json.loads(marks), json.loads(tried), bool(doubtful), proof)
        found[brand, message_id].append(member)
    return found


async def hold_families(tx: Transaction, keys: Collection[Key]) -> None:
    """From here to the end of the transaction nobody else decides by what these messages' deliveries have proved not to be.

    Two that fail at once, each in a transaction of its own, would otherwise each leave it to the other to open the next one. Call it
    before any row of them is changed: a lock of their rows would stand in the way of a newer message that replaces this one.
    """
    await tx.lock({locks.family(brand, message_id) for brand, message_id in keys})
