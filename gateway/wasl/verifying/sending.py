"""P4 and P7: nothing is sent twice in silence, and another way is taken only on proof that the first did not send."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import get_args

from wasl.config.worker import Again
from wasl.ledger.reports import RECEIPT
from wasl.ledger.stories import StoredAttempt
from wasl.states import ESCALATED
from wasl.verifying.judging import Rules, Told
from wasl_contracts import Mark, Reason, State

_PROOFS = frozenset({"rejected", "unavailable"})
"""Outcomes that prove that nothing was sent."""
_RULES = frozenset(get_args(Again))


def keyed(told: Told, attempt: StoredAttempt, rules: Rules) -> bool:
    """Whether the provider of an attempt still recognised the delivery's id when it began."""
    life = rules.key_lives.get(attempt.provider)
    return life is not None and attempt.started_at < told.message.created_at + life * 1_000_000 + rules.apart


def doubtful(told: Told, attempts: Sequence[StoredAttempt], rules: Rules) -> list[StoredAttempt]:
    """The calls after an unknown outcome that may have sent it once more: not those that its provider recognised as the same."""
    first = next((attempt for attempt in attempts if attempt.outcome == "unknown"), None)
    if first is None:
        return []
    later = [attempt for attempt in attempts if attempt.number > first.number]
    return [attempt for attempt in later if attempt.provider != first.provider or not keyed(told, attempt, rules)]


def what_was_taken_is_not_sent_again(told: Told, _rules: Rules) -> Iterator[str]:
    """After a receipt there is no further call, unless an operator asks for one."""
    for life in told.lives():
        taken = [attempt.number for attempt in life[:-1] if attempt.outcome == "receipt"]
        if taken:
            yield f"it was called again after its attempt {taken[0]}, which the provider had taken"


def what_may_be_a_duplicate_is_marked(told: Told, rules: Rules) -> Iterator[str]:
    """What is sent again although it may have been sent is marked so."""
    again = doubtful(told, told.attempts, rules)
    if again and Mark.POSSIBLE_DUPLICATE not in told.marks:
        yield f"its attempt {again[0].number} followed an unknown outcome, but it is not marked as a possible duplicate"


def it_is_repeated_only_as_often_as_its_rule_says(told: Told, rules: Rules) -> Iterator[str]:
    """An unknown outcome is repeated never, once or until it expires, as its category says."""
    rule = _rule(told, rules)
    for life in told.lives():
        again = doubtful(told, life, rules)
        if rule == "never" and again:
            yield f"its attempt {again[0].number} followed an unknown outcome, but it may never be repeated"
        unproven = [attempt.number for attempt in again if attempt.outcome not in _PROOFS]
        if rule == "once" and len(unproven) > 1:
            yield f"its attempts {unproven} followed an unknown outcome, but it may be repeated once"


def _rule(told: Told, rules: Rules) -> str | None:
    """The rule of its topic or category that was applied and recorded last, else the one that is configured now."""
    applied = [str(event.facts["rule"]) for event in told.events if event.facts.get("rule") in _RULES]
    return applied[-1] if applied else rules.repeats(told.message)


def the_next_provider_follows_on_proof(told: Told, _rules: Rules) -> Iterator[str]:
    """Another provider is asked only when no earlier call can have sent it."""
    for life in told.lives():
        for before, after in pairwise(life):
            unproven = [attempt.number for attempt in life if attempt.number < after.number and attempt.outcome not in _PROOFS]
            if before.provider != after.provider and unproven:
                yield f"its attempt {after.number} went to another provider, though its attempt {unproven[0]} may have sent it"


def a_refusal_was_an_answer(told: Told, _rules: Rules) -> Iterator[str]:
    """A provider counts as having refused only when it did."""
    said_no = {attempt.provider for attempt in told.attempts if attempt.outcome == "rejected"}
    for provider in told.refused:
        if provider not in said_no:
            yield f"it says that {provider} refused it, but no attempt was rejected there"


def the_next_channel_follows_on_proof(family: Sequence[Told], rules: Rules) -> Iterator[tuple[Told, str]]:
    """With `first`, another channel takes over only where no delivery on the earlier one can have sent it, or where it escalated."""
    if any(told.replays for told in family):
        return  # sent anew, a delivery may take the whole route again
    for told in family:
        escalated = _escalated_from(told, family)
        for other in family:
            if other.row.channel is None or other is told or other.row.channel in escalated:
                continue
            if other.row.channel in told.tried:
                yield from ((told, said) for said in _unproved(told, other, rules))
            elif told.message.mode == "first" and _second_way(told, other):
                yield told, f"it went by {told.row.channel} while the delivery {other.row.number} went by {other.row.channel}"


def what_escalates_was_asked_to(told: Told, _rules: Rules) -> Iterator[str]:
    """Only where the route or the message asks for it the next channel goes without proof that the one before did not send."""
    if told.message.proof is None and (Mark.ESCALATED in told.marks or any(event.type == ESCALATED for event in told.events)):
        yield "it escalated, which nobody had asked for"


def _escalated_from(told: Told, family: Sequence[Told]) -> set[str]:
    """The channels that it went on from because no proof came: itself, or a delivery before it on which it followed."""
    grounds = (other for other in family if other is told or other.row.channel in told.tried)
    return {channel for other in grounds if _escalates(other) for channel in other.tried}


def _escalates(told: Told) -> bool:
    """Whether it waits for a proof, or went when that did not come, and this is recorded."""
    waited = any(event.type == State.SCHEDULED and event.reason is Reason.AWAITING_PROOF for event in told.events)
    if not waited or told.message.proof is None:
        return False
    begun = [event.at for event in told.events if event.type == ESCALATED]
    return not told.attempts or (bool(begun) and min(begun) <= told.attempts[0].started_at)


def _unproved(told: Told, other: Told, _rules: Rules) -> Iterator[str]:
    if any(event.type == "failed" and event.facts.get("rule") == RECEIPT for event in other.events):
        return  # the provider said so; that it said later that it arrived all the same is its own contradiction
    if other.state in (State.SENT, State.DELIVERED, State.SENDING, State.UNKNOWN):
        yield f"it took over from the delivery {other.row.number}, which is {other.state}"
    elif other.state is not State.BOUNCED and any(attempt.outcome == "unknown" for attempt in other.attempts):
        yield f"it took over from the delivery {other.row.number}, of which an outcome is unknown"


def _second_way(told: Told, other: Told) -> bool:
    """Whether both were called, on different channels, without the later one knowing of the earlier one."""
    called = told.attempts and other.attempts and told.row.channel != other.row.channel
    return bool(called) and told.row.number > other.row.number and told.row.channel not in other.tried
