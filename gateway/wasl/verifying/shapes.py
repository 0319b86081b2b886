"""Whether every column can be read: values of closed lists, and JSON of the right shape."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import get_args, get_type_hints

from wasl.ledger.stories import StoredAttempt, StoredDelivery, StoredEvent, StoredMessage, Story
from wasl.states import ESCALATED, HELD, LEFT, OVERDUE, REPLAYED
from wasl.verifying.judging import opened, words
from wasl_contracts import Category, EventKind, Mark, Mode, Reason, State, Until

OUTCOMES = frozenset({"receipt", "rejected", "unavailable", "unknown"})
"""What a call can end in."""
_STATES, _REASONS, _MARKS = frozenset(State), frozenset(Reason), frozenset(Mark)
_EVENTS = frozenset({*_STATES, REPLAYED, HELD, LEFT, ESCALATED, OVERDUE, *get_args(EventKind)})
_PROOFS = frozenset({None, *get_args(Until)}) - {"sent"}
_CATEGORIES, _MODES = frozenset(get_args(Category)), frozenset(get_args(Mode))


def message_is_readable(message: StoredMessage) -> Iterator[str]:
    """Its columns hold what they may hold."""
    wrong = list(_of_other_kinds("its", message))
    yield from wrong or _message(message)


def _of_other_kinds(whose: str, row: tuple[object, ...]) -> Iterator[str]:
    """SQLite keeps a text in a column of numbers, and the other way round."""
    for name, kinds in _kinds(type(row)).items():
        if not isinstance(getattr(row, name), kinds):
            yield f"{whose} column {name} holds no {'number' if int in kinds else 'text'}"


@cache
def _kinds(row: type[tuple[object, ...]]) -> Mapping[str, tuple[type, ...]]:
    return {name: get_args(kind) or (kind,) for name, kind in get_type_hints(row).items()}


def _message(message: StoredMessage) -> Iterator[str]:
    if message.category not in _CATEGORIES:
        yield "its category is none of the closed list"
    if message.mode not in _MODES:
        yield "its mode is neither first nor all"
    if message.proof not in _PROOFS:
        yield "its proof is neither delivered nor read"
    if message.priority is not None and not 0 <= message.priority <= 9:
        yield "its priority is not from 0 to 9"
    if not words(message.channels):
        yield "its channels are not a JSON list of names"
    for name, text in (("body", message.body), ("metadata", message.metadata)):
        if not isinstance(opened(text), dict):
            yield f"its {name} is not a JSON object"


def rows_are_readable(story: Story, row: StoredDelivery) -> Iterator[str]:
    """The columns of a delivery, its attempts and its events hold what they may hold."""
    yield from list(_of_other_kinds("its", row)) or _delivery(row)
    for attempt in story.attempts.get(row.number, ()):
        yield from list(_of_other_kinds(f"its attempt {attempt.number}: the", attempt)) or _attempt(attempt)
    for event in story.events.get(row.number, ()):
        yield from list(_of_other_kinds("an event of it: the", event)) or _event(event)


def _delivery(row: StoredDelivery) -> Iterator[str]:
    if row.state not in _STATES:
        yield "its state is none of the closed list"
    if row.reason is not None and row.reason not in _REASONS:
        yield "its reason is none of the closed list"
    marks = words(row.marks)
    if marks is None or not _MARKS.issuperset(marks):
        yield "its marks are not a list from the closed list"
    for name, text in (("refused", row.refused), ("tried", row.tried)):
        if words(text) is None:
            yield f"its column {name} is not a JSON list of names"
    if row.decision is not None and not isinstance(opened(row.decision), list):
        yield "its decision is not a JSON list"


def _attempt(attempt: StoredAttempt) -> Iterator[str]:
    which = f"its attempt {attempt.number}"
    if attempt.outcome is not None and attempt.outcome not in OUTCOMES:
        yield f"{which} ended in an outcome that there is not"
    if attempt.reason is not None and attempt.reason not in _REASONS:
        yield f"{which} has a reason that is none of the closed list"
    if attempt.facts is not None and not isinstance(opened(attempt.facts), dict):
        yield f"{which} has facts that are not a JSON object"


def _event(event: StoredEvent) -> Iterator[str]:
    facts = opened(event.facts)
    if event.type not in _EVENTS:
        yield "an event of it has a type that there is not"
    if not isinstance(facts, dict):
        yield f"the facts of its event {event.type} are not a JSON object"
    elif facts.get("reason", Reason.EXPIRED) not in _REASONS:
        yield f"its event {event.type} has a reason that is none of the closed list"
