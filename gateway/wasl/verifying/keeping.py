"""P1, P3 and P9: what a delivery says of itself agrees with its attempts, its events and its message."""

from collections.abc import Iterator

from wasl.ledger.rows import flow
from wasl.states import LIVE, PENDING, REPORTED
from wasl.verifying.judging import Rules, Told, words
from wasl_contracts import Mark, Reason, State

_SPEAKS_FOR_ITSELF = frozenset({State.ACCEPTED, State.SENDING, State.SENT, State.DELIVERED})
_EVERYBODY = "everybody"


def what_waits_will_be_due(told: Told, _rules: Rules) -> Iterator[str]:
    """What is not at an end is due some time, or was held after a restore; else it would lie there for ever."""
    held = told.state in PENDING and told.row.reason == Reason.AFTER_RESTORE
    if told.row.due_at is None and told.state in (*PENDING, State.SENDING) and not held:
        yield f"it is {told.state}, but nothing will ever take it up"


def what_ended_rests(told: Told, _rules: Rules) -> Iterator[str]:
    """What is at an end is not due, and nobody holds it."""
    if told.state not in LIVE and (told.row.due_at is not None or told.row.claimed_at is not None):
        yield f"it is {told.state}, but still due or claimed"
    if told.row.claimed_at is not None and told.row.due_at is None:
        yield "it is claimed under a lease without end"


def it_says_why(told: Told, _rules: Rules) -> Iterator[str]:
    """Every state that does not speak for itself has a reason. What had its turn, or was sent anew, just waits to be claimed."""
    its_turn = told.state is State.SCHEDULED and (told.row.ordering_key is not None or bool(told.replays))
    if told.state not in _SPEAKS_FOR_ITSELF and told.row.reason is None and not its_turn:
        yield f"it is {told.state} and does not say why"


def its_attempts_have_no_gap(told: Told, _rules: Rules) -> Iterator[str]:
    """Attempts are numbered from 1 to the number that the delivery says."""
    numbers = [attempt.number for attempt in told.attempts]
    if numbers != list(range(1, told.row.attempts + 1)):
        yield f"it counts {told.row.attempts} attempts, and there are those with the numbers {numbers}"


def an_attempt_that_ended_says_how(told: Told, rules: Rules) -> Iterator[str]:
    """An ended attempt has an outcome, after its begin; one that is out has none."""
    for attempt in told.attempts:
        which = f"its attempt {attempt.number}"
        if (attempt.ended_at is None) != (attempt.outcome is None):
            yield f"{which} has an end without an outcome, or an outcome without an end"
        if attempt.outcome not in (None, "receipt") and attempt.reason is None:
            yield f"{which} ended in {attempt.outcome} and does not say why"
        if attempt.ended_at is not None and attempt.ended_at + rules.apart < attempt.started_at:
            yield f"{which} ended before it began"


def a_call_is_out_only_while_sending(told: Told, _rules: Rules) -> Iterator[str]:
    """A delivery that is sending has exactly one open attempt, its last; any other has none."""
    out = [attempt.number for attempt in told.attempts if attempt.ended_at is None]
    wanted = [told.row.attempts] if told.state is State.SENDING else []
    if out != wanted:
        yield f"it is {told.state}, and the calls that are out are {out or 'none'}"


def what_was_taken_has_a_receipt(told: Told, _rules: Rules) -> Iterator[str]:
    """Sent and delivered are proved by a receipt, or by an event that says so."""
    proofs = {REPORTED.get(event.type) for event in told.events if not event.facts.get("machine")} & {State.SENT, State.DELIVERED}
    if told.state in (State.SENT, State.DELIVERED) and not proofs and all(attempt.outcome != "receipt" for attempt in told.attempts):
        yield f"it is {told.state}, but no attempt ended in a receipt and no event says so"


def what_is_unknown_was_called(told: Told, _rules: Rules) -> Iterator[str]:
    """Only what was called can have an unknown outcome."""
    if told.state is State.UNKNOWN and all(attempt.outcome != "unknown" for attempt in told.attempts):
        yield "it is unknown, but no attempt of it ended so"


def what_may_have_arrived_is_not_denied(told: Told, _rules: Rules) -> Iterator[str]:
    """Nothing says that it was not sent while one of its calls has an unknown outcome: it is unknown, or failed and marked.

    Cancelled and superseded tell what was asked for, and nothing of the call before.
    """
    unseen = next((attempt.number for attempt in told.attempts if attempt.outcome == "unknown"), None)
    denied = told.state in (State.EXPIRED, State.WITHHELD) or (told.state is State.FAILED and Mark.POSSIBLE_DUPLICATE not in told.marks)
    if unseen is not None and denied:
        yield f"it is {told.state}, though its attempt {unseen} may have sent it"


def every_attempt_had_its_claim(told: Told, _rules: Rules) -> Iterator[str]:
    """Each call was made under a claim of its own, and each strike against it followed a claim."""
    if told.row.fence < told.row.attempts:
        yield f"it was claimed {told.row.fence} times and called {told.row.attempts} times"
    if not 0 <= told.row.strikes <= told.row.fence:
        yield f"it has {told.row.strikes} strikes from {told.row.fence} claims"


def what_was_called_names_its_way(told: Told, _rules: Rules) -> Iterator[str]:
    """Who was called, on which channel, at which address and why is recorded with the call."""
    row = told.row
    if told.replays and row.channel is None:
        return  # sent anew, it may take the whole route again
    if told.attempts and None in (row.channel, row.address_hash, row.address, row.provider, row.decision):
        yield "it was called, but its channel, address, provider or decision is not recorded"
    elif told.attempts and row.provider != told.attempts[-1].provider:
        yield f"it names the provider {row.provider}, but its last call was to {told.attempts[-1].provider}"
    if (row.decision is None) != (row.decided_at is None):
        yield "it has a decision without a moment, or a moment without a decision"
    if row.channel is not None and row.channel not in (words(told.message.channels) or ()):
        yield f"it went by {row.channel}, which its message does not name"


def its_reference_is_that_of_its_receipt(told: Told, _rules: Rules) -> Iterator[str]:
    """What a provider calls it is what its receipt says."""
    receipts = [attempt.provider_ref for attempt in told.attempts if attempt.outcome == "receipt"]
    if told.state is State.SENT and receipts and told.row.provider_ref not in receipts:
        yield "its provider reference is not that of its receipt"


def its_address_is_masked(told: Told, _rules: Rules) -> Iterator[str]:
    """Addresses are stored masked, beside a keyed hash."""
    if told.row.address is not None and told.row.address != _EVERYBODY and "•" not in told.row.address:
        yield "its address is stored unmasked"


def it_queues_as_its_message(told: Told, _rules: Rules) -> Iterator[str]:
    """Its place in the queue and its ordering key are those of its message."""
    message = told.message
    if told.row.flow != flow(message.brand, message.category, message.topic, message.priority):
        yield "it queues in a flow that is not that of its message"
    if told.row.ordering_key != message.ordering_key:
        yield "its ordering key is not that of its message"


def no_mark_was_lost(told: Told, _rules: Rules) -> Iterator[str]:
    """A mark that was made once stays."""
    made: set[str] = set()
    for event in told.events:
        found = event.facts.get("marks", ())
        made.update(map(str, found) if isinstance(found, list) else ())
    if lost := sorted(made - set(told.marks)):
        yield f"it was marked {', '.join(lost)}, and is not any more"
