"""P5 and P6: no call begins after a word against it, nor outside its time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import zip_longest

from wasl.clock import micros
from wasl.decisions import KeptVerdict, kept
from wasl.ledger.stories import FOREVER, StoredSuppression
from wasl.states import REPLAYED
from wasl.verifying.judging import Happened, Rules, Told
from wasl_contracts import Reason, State

_WINDOWS = frozenset({Reason.SEND_AT, Reason.QUIET_HOURS, Reason.FREQUENCY_CAP, Reason.BUDGET_EXCEEDED, Reason.AWAITING_PROOF})
"""Reasons to wait that are a promise, and not just prudence like the wait before a retry."""


def no_call_after_a_suppression(told: Told, rules: Rules) -> Iterator[str]:
    """The address of the last call was not suppressed when it began. Where earlier calls went is not stored."""
    if not told.attempts:
        return
    last = told.attempts[-1]
    for since, until in _suppressed(told):
        if since + rules.lag + rules.apart < last.started_at < until - rules.apart:
            yield f"its attempt {last.number} began while its address was suppressed"
            return


def _suppressed(told: Told) -> Iterator[tuple[int, int]]:
    """When its address was on the list for messages like it: from each line that put it there to its end, or that which took it off."""
    rows: defaultdict[tuple[str, str, str], list[StoredSuppression]] = defaultdict(list)
    for line in told.suppressions:
        if line.scope in ("", told.message.category):
            rows[line.brand, line.scope, line.reason].append(line)
    for lines in rows.values():
        for line, following in zip_longest(lines, lines[1:]):
            if line.change == "added":
                ends = FOREVER if line.expires_at is None else line.expires_at
                yield line.at, ends if following is None else min(ends, following.at)


def no_call_after_a_newer_message(told: Told, rules: Rules) -> Iterator[str]:
    """Nothing of a message is called after the one was accepted that replaced it, and no retry of it either."""
    replaced_at = told.message.replaced_at
    for attempt in told.attempts:
        if replaced_at is not None and attempt.started_at > replaced_at + rules.lag + rules.apart:
            yield f"its attempt {attempt.number} began after a newer message had replaced it"


def no_first_call_after_a_cancel(family: Sequence[Told], rules: Rules) -> Iterator[tuple[Told, str]]:
    """A cancel ends every delivery of a message that was not called yet; none of them is called afterwards.

    That a proof came ends those on other channels only.
    """
    events = [event for told in family for event in told.events if event.type == State.CANCELLED]
    cancelled = [event.at for event in events if event.reason is not Reason.PROOF_CAME]
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


def no_call_in_quiet_hours(told: Told, _rules: Rules) -> Iterator[str]:
    """The hours that its decision went by were open when its last call began; both have the moment of one clock, so nothing excuses it."""
    if not told.attempts or told.row.decision is None:
        return
    number, began = told.attempts[-1].number, told.attempts[-1].started_at
    try:
        verdicts = _of_the_chosen(told.row.decision)
    except (LookupError, TypeError, ValueError):
        yield "its decision is not a decision record"
        return
    for verdict in verdicts:
        closes = verdict.inputs.get("closes")
        if verdict.policy == "quiet_hours" and verdict.verdict != "allow":
            yield f"its attempt {number} began though its decision says that these were quiet hours"
        elif verdict.policy == "quiet_hours" and isinstance(closes, str) and began >= micros(datetime.fromisoformat(closes)):
            yield f"its attempt {number} began in quiet hours: those that its decision went by ended at {closes}"


def _of_the_chosen(decision: str) -> Sequence[KeptVerdict]:
    """The verdicts on the candidate that went; none where none went, as after it was deferred again."""
    return next((one.verdicts for one in kept(decision).candidates if one.chosen), ())


def _waits(event: Happened) -> bool:
    """Whether it waited after that."""
    return event.type in (State.SCHEDULED, REPLAYED)
