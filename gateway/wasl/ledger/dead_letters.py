"""Which deliveries of a message a replay opens again, or why it leaves the message alone. Pure: no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from wasl.answers import LeftAlone
from wasl.states import LIVE, PENDING, fold
from wasl_contracts import Mark, Reason, State

_ENDED = frozenset({State.FAILED, State.EXPIRED, State.BOUNCED})
_ARRIVED = frozenset({State.SENT, State.DELIVERED})


@dataclass(frozen=True, slots=True)
class Standing:
    """A delivery as it stands. `doubtful`: one of its calls has an unknown outcome."""

    number: int
    state: State
    reason: Reason | None
    due_at: int | None
    marks: tuple[Mark, ...]
    fence: int
    lane: str
    channel: str | None
    address_hash: str | None
    address: str | None
    provider: str | None
    refused: str
    tried: str
    ordering_key: str | None
    doubtful: bool

    @property
    def held(self) -> bool:
        """It has not begun to leave, and will not before somebody releases it."""
        return self.state in PENDING and self.due_at is None and self.reason is Reason.AFTER_RESTORE

    @property
    def resting(self) -> bool:
        """Nothing happens to it by itself, and it is not over."""
        return self.held or (self.state is State.UNKNOWN and self.due_at is None)

    @property
    def may_have_arrived(self) -> bool:
        return self.state is State.UNKNOWN or self.doubtful


@dataclass(frozen=True, slots=True)
class Case:
    """A message with all of its deliveries."""

    brand: str
    id: str
    mode: str
    category: str
    channels: tuple[str, ...]
    due_at: int
    expires_at: int
    deliveries: tuple[Standing, ...]
    superseded: bool = False

    @property
    def leading(self) -> Standing:
        """The delivery whose state is the message's."""
        state = fold(delivery.state for delivery in self.deliveries)
        return next(delivery for delivery in self.deliveries if delivery.state is state)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be replayed: messages in that state, for that reason. Without `possible_duplicate`, none that may have arrived."""

    state: State | None = None
    reason: Reason | None = None
    possible_duplicate: bool = False

    def fit(self, case: Case) -> bool:
        """Whether the message is one of them, now that it is looked at closely."""
        leading = case.leading
        return self.state in (None, leading.state) and self.reason in (None, leading.reason)


def reopened(case: Case, terms: Terms, now: int) -> tuple[Standing, ...] | LeftAlone:
    """The deliveries to open again, or why none.

    Of `first` it is the last one, with the whole route before it; where one may have arrived, that one by the way that it went, as no
    other way may be taken without proof. Of `all` it is each that failed.
    """
    if any(delivery.state in LIVE and not delivery.resting for delivery in case.deliveries):
        return "under_way"
    if case.mode == "first" and any(delivery.state in _ARRIVED for delivery in case.deliveries):
        return "already_sent"
    if case.superseded:
        return "superseded"
    chosen = [delivery for delivery in case.deliveries if delivery.state in _ENDED or delivery.resting]
    if not chosen:
        return "already_sent" if any(delivery.state in _ARRIVED for delivery in case.deliveries) else "not_failed"
    if case.category == "otp" and now >= case.expires_at:
        return "code_expired"
    doubtful = [delivery for delivery in chosen if delivery.may_have_arrived]
    if case.mode == "first":
        chosen = doubtful or [delivery for delivery in chosen if delivery.held] or _last(chosen)
    if not terms.possible_duplicate:
        chosen = [delivery for delivery in chosen if not delivery.may_have_arrived]
    return tuple(chosen) or "may_have_arrived"


def _last(ended: Sequence[Standing]) -> list[Standing]:
    """The one with the highest number: opened later than the others, and never yet with siblings on other devices."""
    return [max(ended, key=lambda delivery: delivery.number)]
