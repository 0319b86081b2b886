"""Merging what providers report into the state of a delivery: by rank and never by arrival, so that any order ends the same.

    sent < failed < delivered < bounced

A failure counts only if no other attempt may have sent it. It gives way to a proof of delivery, and a bounce wins over everything:
both came later than what they correct, whatever the order in which we are told.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from wasl.states import REPORTED, TRANSITIONS
from wasl_contracts import EventKind, Mark, Reason, State

_RANK = {State.SENT: 1, State.FAILED: 2, State.DELIVERED: 3, State.BOUNCED: 4}
_NEGATIVE: dict[EventKind, State] = {"failed": State.FAILED, "bounced": State.BOUNCED}
_MARKS: dict[EventKind, Mark] = {
    "opened": Mark.OPENED,
    "seen": Mark.SEEN,
    "read": Mark.READ,
    "clicked": Mark.CLICKED,
    "replied": Mark.REPLIED,
    "complained": Mark.COMPLAINED,
    "unsubscribed": Mark.UNSUBSCRIBED,
}
_CONFIRMED = frozenset({State.DELIVERED, State.BOUNCED, State.FAILED})
_IN_ORDER = {mark: place for place, mark in enumerate(Mark)}


class Sign(NamedTuple):
    """What one report says of a delivery: what happened, and by which attempt, where that is known."""

    kind: EventKind
    at: int
    attempt: int | None = None
    machine: bool = False
    dead: bool = False
    reason: Reason | None = None
    code: str | None = None


class Standing(NamedTuple):
    """Where a delivery is."""

    state: State
    reason: Reason | None
    code: str | None
    marks: tuple[Mark, ...]


def negative(kind: EventKind) -> bool:
    """Whether it says that it did not arrive."""
    return kind in _NEGATIVE


def refuted(signs: Iterable[Sign]) -> set[int]:
    """The attempts of which it was reported that they did not arrive."""
    return {sign.attempt for sign in signs if negative(sign.kind) and sign.attempt is not None}


def merged(before: Standing, signs: Sequence[Sign], told: Sequence[Sign] = (), sent_by: Collection[int] = ()) -> Standing:
    """Where the delivery is after these signs. It is the same for the same signs, one by one or together, in any order.

    Where one of them is negative, `told` are all negative ones so far, these included, and `sent_by` the attempts that may have sent it
    by what their calls ended in.
    """
    after = before.state
    for target in sorted(_targets(signs, told, sent_by), key=_RANK.__getitem__):
        if _RANK[target] > _RANK.get(after, 0) and target in TRANSITIONS[after]:
            after = target
    reason, code = _why(before, after, told)
    return Standing(after, reason, code, _marks(before, after, signs))


@lru_cache(maxsize=1024)
def agreed(before: Standing, told: tuple[tuple[EventKind, bool], ...]) -> Standing:
    """`merged` for signs that say nothing against it: the kind of each, and whether a machine did it.

    It is remembered: most deliveries stand at the same place, and the same is told of them.
    """
    return merged(before, [Sign(kind, 0, machine=machine) for kind, machine in told])


def _targets(signs: Sequence[Sign], told: Sequence[Sign], sent_by: Collection[int]) -> set[State]:
    found = {REPORTED[sign.kind] for sign in signs if sign.kind in REPORTED and not sign.machine and not negative(sign.kind)}
    if any(negative(sign.kind) for sign in signs) and not set(sent_by) - refuted(told):
        found |= {_NEGATIVE[sign.kind] for sign in told}
    return found


def _why(before: Standing, after: State, told: Sequence[Sign]) -> tuple[Reason | None, str | None]:
    same = [sign for sign in told if _NEGATIVE[sign.kind] is after]
    if same:
        first = min(same, key=lambda sign: (not sign.dead, sign.at, sign.reason or "", sign.code or ""))
        return first.reason or _USUAL[first.kind], first.code
    return (before.reason, before.code) if after is before.state else (None, None)


_USUAL: dict[EventKind, Reason] = {"failed": Reason.PROVIDER_REJECTED, "bounced": Reason.UNREACHABLE}


def _marks(before: Standing, after: State, signs: Sequence[Sign]) -> tuple[Mark, ...]:
    found = {*before.marks, *(_MARKS[sign.kind] for sign in signs if sign.kind in _MARKS and not sign.machine)}
    if after in _CONFIRMED and after is not before.state:
        found.discard(Mark.UNCONFIRMED)
    return tuple(sorted(found, key=_IN_ORDER.__getitem__)) if found != set(before.marks) else before.marks
