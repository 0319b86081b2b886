"""P4 with a witness: what the providers saw is what the attempts say."""

from collections import Counter
from collections.abc import Iterator, Sequence

from wasl.ledger.stories import StoredAttempt
from wasl.verifying.judging import Rules, Told
from wasl.verifying.sends import Send
from wasl_contracts import Mark, State

_PROOFS = ("rejected", "unavailable")


def every_send_had_its_intent(told: Told, sends: Sequence[Send], _rules: Rules) -> Iterator[str]:
    """Nothing reaches a provider before its intent is committed, and one intent is one call."""
    intents = {attempt.number for attempt in told.attempts}
    for attempt, times in sorted(Counter(send.attempt for send in sends if send.attempt is not None).items()):
        if attempt not in intents:
            yield f"the provider saw its attempt {attempt}, which has no intent"
        elif times > 1:
            yield f"the provider saw its attempt {attempt} {times} times"
    if len(sends) > len(intents) and any(send.attempt is None for send in sends):
        yield f"the provider saw {len(sends)} calls, and there are {len(intents)} intents"


def every_answer_was_given(told: Told, sends: Sequence[Send], _rules: Rules) -> Iterator[str]:
    """What an attempt says of its end is what its provider did."""
    seen = {send.attempt: send for send in sends if send.attempt is not None}
    for attempt in told.attempts:
        send = seen.get(attempt.number)
        if send is not None and send.taken and attempt.outcome in _PROOFS:
            yield f"its attempt {attempt.number} says {attempt.outcome}, but the provider took it"
        elif send is not None and not send.taken and attempt.outcome == "receipt":
            yield f"its attempt {attempt.number} has a receipt, but the provider did not take it"


def every_receipt_was_seen(told: Told, sends: Sequence[Send], rules: Rules) -> Iterator[str]:
    """A receipt comes from a provider that saw the call. Those after the record was read cannot be in it."""
    told_before = [attempt for attempt in told.attempts if attempt.ended_at is not None and attempt.ended_at + rules.lag < rules.read_at]
    receipts = [attempt for attempt in told_before if attempt.outcome == "receipt"]
    seen = {send.attempt for send in sends}
    if None in seen:
        missing = receipts[sum(send.taken for send in sends) :]
    else:
        missing = [attempt for attempt in receipts if attempt.number not in seen]
    for attempt in missing:
        yield f"its attempt {attempt.number} has a receipt, but no provider saw it"


def what_was_taken_twice_is_marked(told: Told, sends: Sequence[Send], rules: Rules) -> Iterator[str]:
    """A duplicate is never silent, is never more than the lost answers explain, and never where the rule forbids it."""
    taken = _taken(sends)
    if taken <= 1:
        return
    if Mark.POSSIBLE_DUPLICATE not in told.marks and told.state is not State.UNKNOWN:
        yield f"the provider took it {taken} times, and it is not marked"
    lost = [attempt for attempt in told.attempts if _lost(attempt)]
    if taken > 1 + len(lost) + len(told.replays):
        yield f"the provider took it {taken} times, and {len(lost)} answers were lost"
    if rules.repeats(told.message) == "never" and not told.replays:
        yield f"the provider took it {taken} times, and it may never be repeated"


def _taken(sends: Sequence[Send]) -> int:
    """How many times it was sent on: a provider that recognises a repeated id sends once."""
    taken = [send for send in sends if send.taken]
    recognised = [send for send in taken if send.keyed]
    return len(taken) - len(recognised) + bool(recognised)


def _lost(attempt: StoredAttempt) -> bool:
    return attempt.outcome in (None, "unknown")
