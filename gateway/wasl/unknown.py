"""Settling an unknown outcome, when no proof of it came in time (DESIGN.md section 5).

With a provider that recognises the delivery's id inside its life, the same call is made again. Else it depends on the category: a
one-time code is sent again until it expires, a transactional or service message once more and marked, a promotional one never.
"""

from datetime import datetime, timedelta
from typing import Literal

from wasl.clock import micros
from wasl.ledger.claims import Claimed
from wasl.ledger.settle import Ended, Settlement
from wasl_contracts import Category, Mark, Reason, State

AGAIN: dict[Category, Literal["until_expiry", "once", "never"]] = {
    "otp": "until_expiry",
    "transactional": "once",
    "service": "once",
    "promotional": "never",
}
"""Whether a message is sent again although it may have arrived."""


def lost(claimed: Claimed, now: datetime, patience: timedelta) -> Settlement:
    """A call whose worker died: its intent is there, its end is not. It waits so long for proof."""
    return Settlement(
        claimed=claimed,
        state=State.UNKNOWN,
        at=micros(now),
        reason=Reason.WORKER_LOST,
        due_at=micros(now + patience),
        marks=claimed.marks,
        refused=claimed.refused,
        ended=Ended(claimed.attempts, micros(now), "unknown", Reason.WORKER_LOST),
    )


def settled(claimed: Claimed, now: datetime, idempotency_seconds: int | None, *, spent: bool = False) -> Settlement | None:
    """What to do now that waiting is over: send again, or None to leave it unknown for people to look at.

    `spent` tells that it was tried as often or as long as it may be.
    """
    envelope = claimed.envelope
    if now >= envelope.expires_at:
        return _settlement(claimed, State.EXPIRED, now, Reason.EXPIRED)
    if idempotency_seconds is not None and now < envelope.created_at + timedelta(seconds=idempotency_seconds):
        return None if spent else _settlement(claimed, State.SCHEDULED, now, Reason.RETRYING)
    again = AGAIN[envelope.category]
    if again == "never" or (again == "once" and Mark.POSSIBLE_DUPLICATE in claimed.marks):
        return None
    return _settlement(claimed, State.SCHEDULED, now, Reason.OUTCOME_UNKNOWN, Mark.POSSIBLE_DUPLICATE)


def _settlement(claimed: Claimed, state: State, now: datetime, reason: Reason, *marks: Mark) -> Settlement:
    return Settlement(
        claimed=claimed,
        state=state,
        at=micros(now),
        reason=reason,
        due_at=micros(now) if state is State.SCHEDULED else None,
        marks=tuple(dict.fromkeys((*claimed.marks, *marks))),
        refused=claimed.refused,
    )
