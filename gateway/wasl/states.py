"""The life of a delivery as a table, and the state of a message as a fold of its deliveries (DESIGN.md section 5)."""

from collections.abc import Iterable

from wasl_contracts import State

_A, _S = State.ACCEPTED, State.SCHEDULED

TRANSITIONS: dict[State, frozenset[State]] = {
    _A: frozenset({State.SENDING, _S, State.WITHHELD, State.EXPIRED, State.CANCELLED, State.SUPERSEDED, State.FAILED}),
    _S: frozenset({State.SENDING, _S, State.WITHHELD, State.EXPIRED, State.CANCELLED, State.SUPERSEDED, State.FAILED}),
    State.SENDING: frozenset({State.SENT, State.DELIVERED, _S, State.FAILED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.SENT, State.DELIVERED, State.FAILED, State.BOUNCED, _S, State.EXPIRED}),
    State.SENT: frozenset({State.DELIVERED, State.BOUNCED, State.FAILED}),
    State.DELIVERED: frozenset({State.BOUNCED}),
    State.FAILED: frozenset({_S, State.DELIVERED, State.BOUNCED}),
    State.EXPIRED: frozenset({_S}),
    State.BOUNCED: frozenset({_S}),
    State.WITHHELD: frozenset(),
    State.CANCELLED: frozenset(),
    State.SUPERSEDED: frozenset(),
}
"""From each state, the states that one step may lead to. Nothing else ever happens to a delivery."""

PENDING = frozenset({_A, _S})
"""No intent yet: it can still be withheld, cancelled or superseded."""

LIVE = PENDING | {State.SENDING, State.UNKNOWN}
"""Not at an end."""

REPLAYED, HELD, LEFT, ESCALATED, OVERDUE = "replayed", "held", "left_unknown", "escalated", "receipt_overdue"
"""Types of events that are not named by the state that they led to: an operator's replay; and those that changed none, an unknown
delivery that is held after a restore, one that nothing more is done about by itself, one that waited for a proof which did not come, and
one that was not confirmed in time."""


def led_to(event: str) -> State | None:
    """The state that an event of that type led to; None where it changed none."""
    if event == REPLAYED:
        return State.SCHEDULED
    return State(event) if event in TRANSITIONS else None


REPORTED: dict[str, State] = {
    "sent": State.SENT,
    "failed": State.FAILED,
    "delivered": State.DELIVERED,
    "opened": State.DELIVERED,
    "seen": State.DELIVERED,
    "read": State.DELIVERED,
    "clicked": State.DELIVERED,
    "complained": State.DELIVERED,
    "bounced": State.BOUNCED,
}
"""The state that an event proves which a provider reports, whatever was reported before or comes later (ledger/merging.py)."""


_FURTHEST = (
    State.DELIVERED,
    State.SENT,
    State.UNKNOWN,
    State.SENDING,
    _S,
    _A,
    State.BOUNCED,
    State.FAILED,
    State.WITHHELD,
    State.EXPIRED,
    State.CANCELLED,
    State.SUPERSEDED,
)
_RANK = {state: rank for rank, state in enumerate(_FURTHEST)}


def rank(state: State) -> int:
    """How far along it is; 0 is the furthest."""
    return _RANK[state]


def fold(states: Iterable[State]) -> State:
    """The state of a message: that of its delivery which is furthest along."""
    return min(states, key=rank)


def may_become(target: State) -> tuple[State, ...]:
    """The states from which one step leads to `target`, for the condition of an update."""
    return tuple(state for state, targets in TRANSITIONS.items() if target in targets)
