"""The stored events and attempts, put into an order that their times allow, lead by the table to the stored state."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wasl.ledger.stories import StoredAttempt
from wasl.states import REPLAYED, REPORTED, TRANSITIONS
from wasl.verifying.judging import Happened, Rules, Told
from wasl_contracts import State

_AFTER_CALL: dict[str | None, tuple[State, ...]] = {
    "receipt": (State.SENT, State.DELIVERED),
    "rejected": (State.FAILED, State.UNKNOWN, State.SCHEDULED),
    "unavailable": (State.FAILED, State.UNKNOWN, State.SCHEDULED),
    "unknown": (State.UNKNOWN,),
}
"""What may follow a call that ended so."""
_OVER = frozenset({State.FAILED, State.EXPIRED, State.BOUNCED})
"""Only an operator leads out of these."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, and the states that it may have led to."""

    at: int
    into: tuple[State, ...]
    by_hand: bool = False

    def after(self, state: State) -> Iterator[State]:
        """The states that this step leads to from that one."""
        if self.by_hand or state not in _OVER:
            yield from (target for target in self.into if target in TRANSITIONS[state])


def legal_steps_lead_to_its_state(told: Told, rules: Rules) -> Iterator[str]:
    """Its state is reached by the table of transitions."""
    begins = {State.ACCEPTED}
    if told.message.due_at > told.message.created_at or told.row.ordering_key is not None:
        begins.add(State.SCHEDULED)
    lines = _lines(told)
    reported = frozenset(REPORTED[event.type] for event in told.events if _tells_a_state(event))
    if not any(_leads(state, told.state, lines, rules.apart, reported) for state in begins):
        shown = ", ".join(_spelled(step) for step in sorted((step for line in lines for step in line), key=lambda step: step.at))
        yield f"no legal order of what is recorded ({shown or 'nothing'}) leads from accepted to {told.state}"


def every_answer_is_an_event(told: Told, _rules: Rules) -> Iterator[str]:
    """A call that ended without a receipt has an event that says what followed."""
    for attempt in told.attempts:
        if attempt.ended_at is not None and attempt.outcome != "receipt" and _consequence(attempt, told.events) is None:
            yield f"its attempt {attempt.number} ended in {attempt.outcome}, but no event says what followed"


def _consequence(attempt: StoredAttempt, events: Sequence[Happened]) -> State | None:
    """The state that the end of an attempt led to: that of the event written with it, which has its moment."""
    found = {event.type for event in events if event.at == attempt.ended_at}
    return next((state for state in _AFTER_CALL.get(attempt.outcome, ()) if state.value in found), None)


def _lines(told: Told) -> list[list[Step]]:
    """What happened, as lines that each have their order: the calls by their numbers, events of one type by their times."""
    calls: list[Step] = []
    ends: set[tuple[int, str]] = set()
    for attempt in told.attempts:
        calls.append(Step(attempt.started_at, (State.SENDING,)))
        if attempt.ended_at is not None:
            followed = _consequence(attempt, told.events)
            calls.append(Step(attempt.ended_at, (followed,) if followed else _AFTER_CALL.get(attempt.outcome, ())))
            ends |= {(attempt.ended_at, followed.value)} if followed else set()
    lines = defaultdict(list)
    for event in sorted(told.events, key=lambda event: event.at):
        if not event.reported and (step := _step(event)) is not None and (event.at, event.type) not in ends:
            lines[event.type].append(step)
    return [calls, *lines.values()]


def _step(event: Happened) -> Step | None:
    """An event as a step; None where it moves no state, like a message that was read."""
    if event.type == REPLAYED:
        return Step(event.at, (State.SCHEDULED,), by_hand=True)
    if event.type not in TRANSITIONS:
        return None
    return Step(event.at, (State(event.type),))


def _tells_a_state(event: Happened) -> bool:
    return event.reported and event.type in REPORTED and not event.facts.get("machine")


def _leads(state: State, target: State, lines: Sequence[Sequence[Step]], apart: int, reported: frozenset[State]) -> bool:
    """Whether some order of all steps is legal and ends there. None goes before one that was earlier by more than `apart`.

    What was reported may lead further at any time, and need not.
    """
    paths = [((0,) * len(lines), state)]
    seen = set()
    while paths:
        path = paths.pop()
        if path in seen:
            continue
        seen.add(path)
        done, now = path
        paths += [(done, one) for one in reported if one in TRANSITIONS[now]]
        following = [(line[taken], index) for index, (line, taken) in enumerate(zip(lines, done, strict=True)) if taken < len(line)]
        if not following and now is target:
            return True
        latest = min((step.at for step, _ in following), default=0) + apart
        # The earliest comes last onto the pile, and so is tried first: a history whose clocks agree is walked through once.
        for step, index in sorted(following, key=lambda each: -each[0].at):
            if step.at <= latest:
                further = (*done[:index], done[index] + 1, *done[index + 1 :])
                paths += [(further, reached) for reached in step.after(now)]
    return False


def _spelled(step: Step) -> str:
    return REPLAYED if step.by_hand else " or ".join(step.into)
