"""A fact is told once: of the messages to a recipient with one fact key, one goes.

A message that was sent, or may have been, keeps back the others that were accepted within 72 hours of it. One that is still to be sent
lets them wait, the earliest accepted first: if it turns out certain that it did not go, the next one does.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import JsonValue

from wasl.policies.verdict import Allow, Candidate, Defer, Inputs, Telling, Verdict, Withhold
from wasl_contracts import Envelope, Reason

FACT_LIFE = timedelta(hours=72)
"""How far apart two messages with one fact may be accepted and still tell the same: as long as an idempotency key holds."""
SOON, LATE = timedelta(seconds=5), timedelta(hours=1)
"""One that waits for another looks again no sooner and no later than that."""


def judge(candidate: Candidate, inputs: Inputs, now: datetime) -> Verdict:
    """Withhold what was told already; defer while another one that comes first may still tell it."""
    envelope = candidate.envelope
    others = inputs.telling.get((envelope.brand, envelope.recipient_id, envelope.fact), ()) if envelope.fact is not None else ()
    other = _before(envelope, [one for one in others if one.message_id != envelope.message_id])
    if other is None:
        return Allow("duplicate", "message.fact", {})
    seen: dict[str, JsonValue] = {"message": other.message_id, "standing": other.standing}
    source = f"message {other.message_id}"
    if other.standing == "sent":
        return Withhold("duplicate", source, seen, Reason.DUPLICATE)
    if other.due is not None:
        seen["due"] = other.due.isoformat()
    return Defer("duplicate", source, seen, Reason.DUPLICATE, looks_again(now, other.due, other.standing))


def looks_again(now: datetime, due: datetime | None, standing: str) -> datetime:
    """When to see what became of the other one: soon where its call is out, else when it is due."""
    if standing == "calling":
        return now + SOON
    return max(now + SOON, min(due or now + LATE, now + LATE))


def _before(envelope: Envelope, others: Sequence[Telling]) -> Telling | None:
    """What keeps this one back: the one that was sent, else the one whose call is out, else one that waits and was accepted before."""
    sent = (one for one in others if one.standing == "sent" and abs(envelope.created_at - one.created_at) < FACT_LIFE)
    calling = (one for one in others if one.standing == "calling")
    waiting = (one for one in others if one.standing == "waiting" and one.message_id < envelope.message_id)
    return next((one for some in (sent, calling, waiting) for one in some), None)
