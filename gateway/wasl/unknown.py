"""Settling an unknown outcome, when no proof of it came in time (DESIGN.md section 5).

With a provider that recognises the delivery's id inside its life, the same call is made again; one that can look calls up is asked
(finding.py). Else it depends on the topic or its category, by wasl.toml. What was decided by which rule is kept in the timeline.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from wasl.clock import micros
from wasl.config import Config
from wasl.config.worker import Again
from wasl.ledger.claims import Claimed
from wasl.ledger.leaving import Left
from wasl.ledger.settle import Ended, Settlement
from wasl.poison import poisoned
from wasl_contracts import Envelope, Mark, Reason, State

SAME_KEY = "same_key"
"""The rule by which it is sent again under a key that the provider recognises."""
LOOK_UP = "look_up"
"""The rule by which the provider's own word decided."""
SUPERSEDED = "superseded"
"""The rule by which it is left alone: a newer message replaced it."""
EXPIRED = "expired"
"""The rule by which it is left alone: its life has ended."""
_DENIALS = frozenset({State.EXPIRED, State.WITHHELD, State.FAILED})
"""Ends without a call that say that it was not sent."""


def again(config: Config, envelope: Envelope) -> Again:
    """Whether a message is sent again although it may have arrived: as its topic says, else its category."""
    topic = config.topics.get(envelope.topic)
    return (topic.unknown if topic is not None else None) or config.unknown.of(envelope.category)


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


def recognised(claimed: Claimed, now: datetime, key_life: int | None) -> bool:
    """Whether the provider knows a repeated delivery id, for `key_life` seconds, still at that moment."""
    return key_life is not None and now < claimed.envelope.created_at + timedelta(seconds=key_life)


def settled(claimed: Claimed, now: datetime, key_life: int | None, rule: Again, *, spent: bool = False) -> Settlement | Left:
    """What to do now that waiting is over: send again, or leave it unknown for people to look at.

    `key_life` is for how many seconds its provider recognises a repeated delivery id, `rule` what `again` says. `spent` tells that it
    was tried as often or as long as it may be.
    """
    envelope = claimed.envelope
    if poisoned(claimed) or claimed.superseded_by is not None:
        reason = Reason.POISON if poisoned(claimed) else claimed.reason or Reason.OUTCOME_UNKNOWN
        return Left(claimed, micros(now), reason, SUPERSEDED if claimed.superseded_by is not None else None)
    if now >= envelope.expires_at:
        return Left(claimed, micros(now), Reason.OUTCOME_UNKNOWN, EXPIRED)  # that its life has ended says nothing of the call
    if recognised(claimed, now, key_life):
        if spent:
            return Left(claimed, micros(now), Reason.OUTCOME_UNKNOWN, SAME_KEY)
        return _settlement(claimed, State.SCHEDULED, now, Reason.OUTCOME_UNKNOWN, rule=SAME_KEY)
    if rule == "never" or (rule == "once" and Mark.POSSIBLE_DUPLICATE in claimed.marks):
        return Left(claimed, micros(now), claimed.reason or Reason.OUTCOME_UNKNOWN, rule)
    return _settlement(claimed, State.SCHEDULED, now, Reason.OUTCOME_UNKNOWN, Mark.POSSIBLE_DUPLICATE, rule=rule)


def undenied(step: Settlement) -> Settlement:
    """A step without a call; of what an earlier call may have sent it never says that it was not, whether it waits or ends.

    Why it ended is told in the timeline, as the rule.
    """
    if not step.claimed.unproven:
        return step
    if step.state is State.SCHEDULED:
        return replace(step, reason=Reason.OUTCOME_UNKNOWN)
    if step.state not in _DENIALS:
        return step
    marks = tuple(dict.fromkeys((*step.marks, Mark.POSSIBLE_DUPLICATE)))
    return replace(step, state=State.FAILED, reason=Reason.OUTCOME_UNKNOWN, marks=marks, rule=step.rule or step.reason)


def _settlement(claimed: Claimed, state: State, now: datetime, reason: Reason, *marks: Mark, rule: str | None = None) -> Settlement:
    return Settlement(
        claimed=claimed,
        state=state,
        at=micros(now),
        reason=reason,
        due_at=micros(now) if state is State.SCHEDULED else None,
        marks=tuple(dict.fromkeys((*claimed.marks, *marks))),
        refused=claimed.refused,
        rule=rule,
    )
