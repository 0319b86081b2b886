"""P5 and P6: no call begins after a word against it, nor outside its time."""

from collections.abc import Iterator, Sequence

from wasl.states import REPLAYED
from wasl.verifying.judging import Happened, Rules, Told
from wasl_contracts import Reason, State

_WINDOWS = frozenset({Reason.SEND_AT, Reason.QUIET_HOURS, Reason.FREQUENCY_CAP})
"""Reasons to wait that are a promise, and not just prudence like the wait before a retry."""


def no_call_after_a_suppression(told: Told, rules: Rules) -> Iterator[str]:
    """The address of the last call was not suppressed before it. Where earlier calls went is not stored."""
    since = told.row.suppressed_since
    if since is not None and told.attempts and told.attempts[-1].started_at > since + rules.lag + rules.apart:
        yield f"its attempt {told.attempts[-1].number} began after its address was suppressed"


def no_first_call_after_a_cancel(family: Sequence[Told], rules: Rules) -> Iterator[tuple[Told, str]]:
    """A cancel ends every delivery of a message that was not called yet; none of them is called afterwards."""
    cancelled = [event.at for told in family for event in told.events if event.type == State.CANCELLED]
    for told in family:
        if cancelled and told.attempts and not told.replays and told.attempts[0].started_at > min(cancelled) + rules.lag + rules.apart:
            yield told, "its first call began after its message was cancelled"


def no_call_after_expiry(told: Told, _rules: Rules) -> Iterator[str]:
    """The moment of a call is the one that its expiry was compared with, so no clock excuses it."""
    for attempt in told.attempts:
        if attempt.started_at >= told.message.expires_at:
            yield f"its attempt {attempt.number} began after it had expired"


def no_call_before_its_time(family: Sequence[Told], rules: Rules) -> Iterator[tuple[Told, str]]:
    """Nothing is called before its message is due. A replay makes it due anew, and says nothing of what was called before."""
    replays = [at for told in family for at in told.replays]
    for told in family:
        for attempt in told.attempts:
            before = any(attempt.started_at <= at for at in replays)
            if attempt.started_at + rules.apart < told.message.due_at and not before:
                yield told, f"its attempt {attempt.number} began before it was due"


def no_call_while_held_back(told: Told, rules: Rules) -> Iterator[str]:
    """Nothing is called while a rule holds it back until some moment."""
    for attempt in told.attempts:
        before = [event for event in told.events if _waits(event) and event.at <= attempt.started_at]
        last = max(before, key=lambda event: event.at, default=None)
        until = last.facts.get("due_at") if last is not None and last.reason in _WINDOWS else None
        if isinstance(until, int) and attempt.started_at + rules.apart < until:
            yield f"its attempt {attempt.number} began while it was held back"


def _waits(event: Happened) -> bool:
    """Whether it waited after that."""
    return event.type in (State.SCHEDULED, REPLAYED)
