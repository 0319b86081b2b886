"""Broken parts to build wasl with, so that a test can show that the torture finds what it looks for."""

from asyncio import Future, get_running_loop
from datetime import datetime, timedelta
from typing import Any

from wasl.clock import micros
from wasl.ledger.accept import Draft, Stored
from wasl.ledger.claims import Claimed
from wasl.ledger.settle import Ended, Settlement
from wasl.ledger.writer import Batched
from wasl_contracts import Reason, State


class Hasty(Batched[Any, Any]):
    """Says that a message is stored when it is about to be."""

    def put(self, item: Any) -> "Future[Any]":
        stored = super().put(item)
        if not isinstance(item, Draft):
            return stored
        stored.add_done_callback(lambda done: done.cancelled() or done.exception())
        told: Future[Any] = get_running_loop().create_future()
        row = item.row
        told.set_result(Stored(row["id"], row["created_at"], row["due_at"], row["expires_at"], row["fingerprint"]))
        return told


def sent_again_blindly(claimed: Claimed, now: datetime, _patience: timedelta) -> Settlement:
    """A call whose worker died is made once more as if it had not begun."""
    at = micros(now)
    ended = Ended(claimed.attempts, at, "unavailable", Reason.PROVIDER_UNAVAILABLE)
    return Settlement(claimed, State.SCHEDULED, at, Reason.RETRYING, due_at=at, marks=claimed.marks, ended=ended)


SABOTAGES: dict[str, tuple[dict[str, object], str]] = {
    "a 202 before the commit": ({"wasl.ledger.ledger:Batched": Hasty}, "P1"),
    "a blind resend": ({"wasl.pipeline:lost": sent_again_blindly}, "P4"),
}
"""What is put in place of what, and the promise that this breaks."""
