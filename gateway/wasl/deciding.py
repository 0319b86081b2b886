"""Deciding what happens to a delivery: list the candidates, let every policy judge each, take the first that may go.

Pure: no I/O, no clock of its own. The same call explains.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from wasl.decisions import Judged
from wasl.ledger.claims import Claimed
from wasl.policies import Policies
from wasl.policies.verdict import Candidate, Defer, Inputs, Withhold
from wasl.routing import Routing
from wasl_contracts import Address, Envelope, Reason, State


@dataclass(frozen=True, slots=True)
class Go:
    """The candidate that goes now; `others` may follow if it is refused, `siblings` are a person's other devices."""

    judged: tuple[Judged, ...]
    chosen: Candidate
    others: tuple[Candidate, ...]
    siblings: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may go before `until`."""

    judged: tuple[Judged, ...]
    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Stop:
    """This delivery will never go: withheld, expired, or no way to reach the recipient. `others` may still go, on other channels."""

    judged: tuple[Judged, ...]
    state: State
    reason: Reason
    others: tuple[Candidate, ...] = ()


Decision = Go | Wait | Stop


class Deciding:
    """Decides by the route and the policies."""

    def __init__(self, routing: Routing, policies: Policies, address_hash: Callable[[Address], str]) -> None:
        self._routing = routing
        self._policies = policies
        self._hash = address_hash

    def candidates(self, claimed: Claimed) -> list[Candidate]:
        """The ways in which this delivery could go: the whole route while it is open; else its own channel, and what may follow it.

        What may have been sent already has no other way than the one that it went.
        """
        envelope = claimed.envelope
        if claimed.channel is None:
            return self._listed(envelope, [channel for channel in envelope.channels if channel not in claimed.tried])
        own = self._listed(envelope, [claimed.channel])
        same = [candidate for candidate in own if candidate.address_hash == claimed.address_hash]
        return same if claimed.unproven else (same or own) + self._later(claimed)

    def _later(self, claimed: Claimed) -> list[Candidate]:
        """What remains of a `first` route beside the channel that the delivery has settled on: for another delivery, not for this one."""
        envelope = claimed.envelope
        if envelope.mode != "first":
            return []
        return self._listed(envelope, [c for c in envelope.channels if c not in claimed.tried and c != claimed.channel])

    def _listed(self, envelope: Envelope, channels: Sequence[str]) -> list[Candidate]:
        return self._routing.candidates(envelope, channels, self._hash)

    def decide(self, claimed: Claimed, candidates: Sequence[Candidate], inputs: Inputs, now: datetime) -> Decision:
        """Judge every candidate, so that the record is complete; the first of its own without a verdict against it goes."""
        judged = tuple(Judged(candidate, self._policies.judge(candidate, inputs, now)) for candidate in candidates)
        if now >= claimed.envelope.expires_at:
            return Stop(judged, State.EXPIRED, Reason.EXPIRED)
        free = [j.candidate for j in judged if j.against is None]
        own = [j for j in judged if claimed.channel in (None, j.candidate.channel)]
        if any(j.against is None for j in own):
            return _go(judged, [c for c in free if claimed.channel in (None, c.channel)], free, claimed)
        if not own:
            return Stop(judged, State.FAILED, self._unreachable(claimed), tuple(free))
        deferred = [against for j in own if isinstance(against := j.against, Defer)]
        if deferred:
            soonest = min(deferred, key=lambda verdict: verdict.until)
            return Wait(judged, min(soonest.until, claimed.envelope.expires_at), soonest.reason)
        withheld = next(against for j in own if isinstance(against := j.against, Withhold))
        return Stop(judged, State.WITHHELD, withheld.reason, tuple(free))

    def _unreachable(self, claimed: Claimed) -> Reason:
        if claimed.channel is not None and claimed.channel not in self._routing.channels:
            return Reason.CHANNEL_DISABLED
        envelope = claimed.envelope
        elsewhere = claimed.channel is None and len(envelope.addresses) > 0  # reachable, but not by this route
        return Reason.UNROUTABLE if elsewhere or envelope.audience != "person" else Reason.NO_ADDRESS


def _go(judged: tuple[Judged, ...], own: Sequence[Candidate], free: Sequence[Candidate], claimed: Claimed) -> Go:
    chosen = own[0]
    opened = claimed.address_hash is not None
    return Go(
        judged,
        chosen,
        others=tuple(candidate for candidate in free if candidate.channel != chosen.channel),
        siblings=() if opened else tuple(c for c in own[1:] if c.channel == chosen.channel),
    )
