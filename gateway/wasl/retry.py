"""What follows an answer: the next state of a delivery, and when it is tried again (DESIGN.md section 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from pydantic import JsonValue
from tenacity import RetryCallState, Retrying, wait_exponential

from wasl.clock import micros
from wasl.config import Retry
from wasl.ledger.inbox import Filed
from wasl.ledger.intents import Intent
from wasl.ledger.settle import Ended, Made, Settlement, Suppress
from wasl.policies.verdict import Candidate
from wasl_contracts import Envelope, Mark, ProviderError, Reason, Receipt, Rejected, State, Unavailable

_LONGEST_RETRY_AFTER = 24 * 3600.0  # seconds
_OUTCOMES: dict[type[ProviderError], str] = {Rejected: "rejected", Unavailable: "unavailable"}


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that has ended: with a receipt, or with what the plugin raised."""

    intent: Intent
    answer: Receipt | ProviderError
    at: datetime
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What is left beside the provider that answered: other providers of the channel, and candidates on other channels."""

    providers: tuple[str, ...]
    candidates: Sequence[Candidate]


class Aftermath:
    """Turns answers into settlements. `paused_for` is how long a provider rests after a fault of its settings or code."""

    def __init__(self, retry: Retry, random: Random, paused_for: timedelta) -> None:
        self._retry = retry
        self._random = random
        self._paused_for = paused_for

    def settle(self, answered: Answered, left: Alternatives, *, receipts: bool, keyed: bool) -> Settlement:
        """The next state. `receipts` and `keyed` are the provider's capabilities: it reports later; it recognises a repeated id."""
        answer = answered.answer
        if isinstance(answer, Receipt):
            return self._taken(answered, answer, receipts)
        if isinstance(answer, Unavailable):
            return self._unavailable(answered, answer, left)
        if isinstance(answer, Rejected):
            return self._rejected(answered, answer, left)
        return self._unknown(answered, answer, keyed)

    def patience(self, channel: str, attempt: int, *, keyed: bool) -> timedelta:
        """How long an unknown outcome waits for proof. With a key that the provider recognises, the same call again is the proof."""
        return self._wait(channel, attempt, None) if keyed else self._retry.reconcile_after

    def spent(self, envelope: Envelope, channel: str, attempt: int, at: datetime) -> bool:
        """Whether a delivery has been tried as often or as long as it may be."""
        horizon = min(envelope.expires_at, (envelope.send_at or envelope.created_at) + self._retry.horizon(envelope.category, channel))
        return at >= horizon or attempt >= self._retry.attempts

    def _taken(self, answered: Answered, receipt: Receipt, receipts: bool) -> Settlement:
        marks = answered.intent.claimed.marks
        if receipt.state == "sent" and not receipts and Mark.UNCONFIRMED not in marks:
            marks = (*marks, Mark.UNCONFIRMED)
        at = micros(answered.at)
        return Settlement(
            claimed=answered.intent.claimed,
            state=State(receipt.state),
            at=at,
            reason=Reason.NO_RECEIPTS if Mark.UNCONFIRMED in marks else None,
            marks=marks,
            provider_ref=receipt.provider_ref,
            refused=answered.intent.claimed.refused,
            ended=Ended(answered.intent.attempt, at, "receipt", provider_ref=receipt.provider_ref, facts=receipt.facts, made=answered.made),
            filed=_filed(answered.intent, receipt.entry, at) if receipt.entry is not None else None,
        )

    def _unknown(self, answered: Answered, answer: ProviderError, keyed: bool) -> Settlement:
        patience = self.patience(answered.intent.candidate.channel, answered.intent.tries, keyed=keyed)
        return self._settlement(answered, answer, State.UNKNOWN, answer.reason, answered.at + patience)

    def _unavailable(self, answered: Answered, answer: Unavailable, left: Alternatives) -> Settlement:
        if left.providers:
            return self._settlement(answered, answer, State.SCHEDULED, Reason.FAILOVER, answered.at)
        claimed, channel = answered.intent.claimed, answered.intent.candidate.channel
        at = answered.at + self._wait(channel, answered.intent.tries, answer.retry_after)
        if not self.spent(claimed.envelope, channel, answered.intent.tries, at):
            if claimed.unproven and Mark.POSSIBLE_DUPLICATE not in claimed.marks:
                # Sent again under its key: that must be asked anew each time, for the key's life may end before the next try.
                return self._settlement(answered, answer, State.UNKNOWN, Reason.OUTCOME_UNKNOWN, at)
            reason = Reason.RATE_LIMITED if answer.reason is Reason.RATE_LIMITED else Reason.RETRYING
            return self._settlement(answered, answer, State.SCHEDULED, reason, at)
        return self._failed(answered, answer, left)

    def _rejected(self, answered: Answered, answer: Rejected, left: Alternatives) -> Settlement:
        elsewhere = left.candidates and answered.intent.claimed.envelope.mode == "first"
        if answer.scope == "provider" and (left.providers or not elsewhere):
            at = answered.at if left.providers else answered.at + self._paused_for
            reason = Reason.FAILOVER if left.providers else answer.reason
            return self._settlement(answered, answer, State.SCHEDULED, reason, at)
        if answer.scope == "content" and left.providers:
            return self._settlement(answered, answer, State.SCHEDULED, Reason.FAILOVER, answered.at)
        return self._failed(answered, answer, left)

    def _failed(self, answered: Answered, answer: ProviderError, left: Alternatives) -> Settlement:
        claimed = answered.intent.claimed
        if claimed.unproven and Mark.POSSIBLE_DUPLICATE not in claimed.marks:
            # An earlier call may have sent it, and this refusal proves nothing of that one.
            return self._settlement(answered, answer, State.UNKNOWN, Reason.OUTCOME_UNKNOWN, None)
        next_lane = next((c.channel for c in left.candidates if claimed.envelope.mode == "first"), None)
        successor = (next_lane, (*claimed.tried, answered.intent.candidate.channel)) if next_lane is not None else None
        return replace(self._settlement(answered, answer, State.FAILED, answer.reason, None), successor=successor)

    def _settlement(self, answered: Answered, answer: ProviderError, state: State, reason: Reason, due_at: datetime | None) -> Settlement:
        intent, at = answered.intent, micros(answered.at)
        refused = intent.claimed.refused
        if state is State.SCHEDULED and intent.claimed.unproven:
            reason = Reason.OUTCOME_UNKNOWN  # what this call was answered says nothing of the one before
        if isinstance(answer, Rejected) and answer.scope == "content":
            refused = (*refused, intent.provider)
        return Settlement(
            claimed=intent.claimed,
            state=state,
            at=at,
            reason=reason,
            code=answer.code,
            due_at=micros(due_at) if due_at is not None else None,
            lane=intent.candidate.channel,
            marks=intent.claimed.marks,
            refused=refused,
            ended=Ended(intent.attempt, at, _OUTCOMES.get(type(answer), "unknown"), answer.reason, answer.code, made=answered.made),
            suppress=_dead(intent, answer),
        )

    def _wait(self, channel: str, attempt: int, retry_after: float | None) -> timedelta:
        """Full jitter under an exponential ceiling; what the provider asked for is a floor, at most a day."""
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        longest = self._retry.longest_wait(channel)
        ceiling = wait_exponential(multiplier=self._retry.base.total_seconds(), max=longest.total_seconds())(state)
        floor = timedelta(seconds=min(max(0, retry_after or 0), _LONGEST_RETRY_AFTER))  # a plugin may say NaN
        return floor + timedelta(seconds=self._random.uniform(0, ceiling))


def _filed(intent: Intent, entry: Mapping[str, JsonValue], at: int) -> Filed:
    return Filed(intent.candidate.address.value, intent.provider, intent.attempt, at, entry)


def _dead(intent: Intent, answer: ProviderError) -> Suppress | None:
    """The address, where the provider said that it does not exist."""
    if not (isinstance(answer, Rejected) and answer.scope == "address"):
        return None
    candidate = intent.candidate
    source = f"{intent.provider} {answer.code or answer.reason}"
    return Suppress(candidate.channel, candidate.address_hash, candidate.address.masked(), source)
