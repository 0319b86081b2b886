"""Escalation: which channel goes next where the proof of the one before does not come, and when. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from wasl.clock import micros, moment
from wasl.ledger.escalating import Waiting
from wasl.ledger.settle import Settlement
from wasl.routing import Routing
from wasl_contracts import Envelope, Escalation, State, Until

_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(hours=6)
_UNPROVED: Mapping[Until, frozenset[State]] = {
    "sent": frozenset(),
    "delivered": frozenset({State.SENT, State.UNKNOWN}),
    "read": frozenset({State.SENT, State.UNKNOWN, State.DELIVERED}),
}
"""The states of what may have gone without the proof that is asked for."""


class Step(NamedTuple):
    """The next channel, and when it goes."""

    channel: str
    at: datetime


def interval(escalation: Escalation, at: datetime, expires_at: datetime, left: int) -> timedelta:
    """How long a proof may take of what was sent at that moment; `left` channels are left after it.

    `smart`: the rest of the life in equal parts, one for each channel left and one for the last to arrive; a minute to six hours.
    """
    if escalation.after != "smart":
        return escalation.after
    return min(max((expires_at - at) / (left + 1), _SHORTEST), _LONGEST)


class Escalating:
    """Knows by which channels each person can be reached."""

    def __init__(self, routing: Routing) -> None:
        self._routing = routing

    def awaiting(self, step: Settlement, channel: str) -> Settlement:
        """The settlement of a call by that channel, with what goes next where no proof of it comes in time."""
        claimed, escalation = step.claimed, step.claimed.envelope.escalation
        if escalation is None or step.state not in _UNPROVED[escalation.until]:
            return step
        tried = (*claimed.tried, channel)
        following = self.next(claimed.envelope, tried, moment(step.at))
        if following is None:
            return step
        return replace(step, waiting=Waiting(channel, following.channel, tried, micros(following.at)))

    def next(self, envelope: Envelope, tried: tuple[str, ...], at: datetime) -> Step | None:
        """What goes where no proof comes of what was sent at that moment by the last of these channels; None: nothing within its life."""
        escalation = envelope.escalation
        if escalation is None or envelope.audience != "person" or envelope.mode != "first":
            return None
        left = [channel for channel in envelope.channels if channel not in tried and self._reaches(envelope, channel)]
        goes_at = at + interval(escalation, at, envelope.expires_at, len(left))
        return Step(left[0], goes_at) if left and goes_at < envelope.expires_at else None

    def _reaches(self, envelope: Envelope, channel: str) -> bool:
        found = self._routing.addresses(envelope.brand, channel, envelope.audience, envelope.addresses)
        return bool(found) and not self._routing.carries_no_files(envelope, channel)
