"""What workers write of a claim: the settlements that the pipeline would make, without its policies, patience and luck."""

from wasl.clock import micros
from wasl.ledger.claims import Claimed
from wasl.ledger.leaving import Left
from wasl.ledger.settle import Ended, Settlement
from wasl_contracts import Mark, Reason, State

_MINUTE = 60_000_000


def answered(one: Claimed, outcome: str, now: int) -> Settlement:
    """What follows a provider's answer to the call of a claim."""
    number, marks, lane = one.attempts, one.marks, one.channel
    if outcome in ("sent", "delivered"):
        ended = Ended(number, now, "receipt", provider_ref="ref")
        return Settlement(one, State(outcome), now, marks=marks, provider_ref="ref", ended=ended, lane=lane)
    if outcome == "unknown":
        ended, due = Ended(number, now, "unknown", Reason.OUTCOME_UNKNOWN), now + _MINUTE
        return Settlement(one, State.UNKNOWN, now, Reason.OUTCOME_UNKNOWN, due_at=due, marks=marks, ended=ended, lane=lane)
    if outcome == "unavailable":
        ended, due = Ended(number, now, "unavailable", Reason.PROVIDER_UNAVAILABLE), now + 5_000_000
        return Settlement(one, State.SCHEDULED, now, Reason.RETRYING, due_at=due, marks=marks, ended=ended, lane=lane)
    ended = Ended(number, now, "rejected", Reason.PROVIDER_REJECTED)
    follows = one.envelope.channels == ("email", "sms") and one.envelope.mode == "first" and lane == "email" and not one.unproven
    successor = ("sms", ("email",)) if follows else None
    return Settlement(one, State.FAILED, now, Reason.PROVIDER_REJECTED, marks=marks, ended=ended, successor=successor, lane=lane)


def without_a_call(one: Claimed, now: int, *, suppressed: bool) -> Settlement | Left:
    """What follows for a claim that is not called: a lost call is buried, an unknown one settled; others expire, are withheld or wait."""
    if one.state is State.SENDING:
        ended, due = Ended(one.attempts, now, "unknown", Reason.WORKER_LOST), now + _MINUTE
        return Settlement(one, State.UNKNOWN, now, Reason.WORKER_LOST, due_at=due, marks=one.marks, ended=ended)
    expired = now >= micros(one.envelope.expires_at)
    if one.state is State.UNKNOWN:
        if expired or Mark.POSSIBLE_DUPLICATE in one.marks:
            return Left(one, now, Reason.OUTCOME_UNKNOWN, "once")
        marks = (*one.marks, Mark.POSSIBLE_DUPLICATE)
        return Settlement(one, State.SCHEDULED, now, Reason.OUTCOME_UNKNOWN, due_at=now, marks=marks, rule="once")
    if one.unproven and (expired or suppressed):
        return Settlement(one, State.FAILED, now, Reason.OUTCOME_UNKNOWN, marks=one.marks)  # it was marked when it was to go again
    if expired:
        return Settlement(one, State.EXPIRED, now, Reason.EXPIRED, marks=one.marks)
    if suppressed:
        return Settlement(one, State.WITHHELD, now, Reason.SUPPRESSED_MANUAL, marks=one.marks)
    return Settlement(one, State.SCHEDULED, now, Reason.PROVIDER_PAUSED, due_at=now + _MINUTE // 2, marks=one.marks)
