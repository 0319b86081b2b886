"""Deciding what happens to a delivery: list the candidates, let every policy judge each, take the first that may go.

Pure: no I/O, no clock of its own. The same call explains.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from wasl.decisions import Judged, Missed
from wasl.ledger.claims import Claimed
from wasl.policies import Policies
from wasl.policies.prices import Prices
from wasl.policies.verdict import Candidate, Defer, Inputs, Withhold
from wasl.routing import Routing
from wasl_contracts import Address, Envelope, Reason, State

_ENDS = {Reason.SUPERSEDED: State.SUPERSEDED, Reason.EXPIRED: State.EXPIRED}
"""What a delivery is at its end where it was withheld for such a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judging:
    """What is told of every decision: when it was made, and the channels of the route by which there was no way."""

    at: datetime
    missed: tuple[Missed, ...] = ()


@dataclass(frozen=True, slots=True)
class Go(_Judging):
    """The candidate that goes now; `others` may follow if it is refused, `siblings` are a person's other devices.

    `later` are those that must wait for a moment: a delivery that follows a refusal may wait for it.
    """

    judged: tuple[Judged, ...]
    chosen: Candidate
    others: tuple[Candidate, ...]
    siblings: tuple[Candidate, ...]
    later: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait(_Judging):
    """Nothing may go before `until`."""

    judged: tuple[Judged, ...]
    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Stop(_Judging):
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
        missed = self._missed(claimed, candidates)
        if now >= claimed.envelope.expires_at:
            return Stop(judged, State.EXPIRED, Reason.EXPIRED, at=now, missed=missed)
        within = _up_to_the_end(judged)
        free = [j.candidate for j in within if j.against is None]
        later = tuple(j.candidate for j in within if isinstance(j.against, Defer))
        own = [j for j in within if claimed.channel in (None, j.candidate.channel)]
        if any(j.against is None for j in own):
            go = _go(claimed, judged, free, _Judging(at=now, missed=missed))
            return replace(go, later=later) if later else go
        if not own:
            return Stop(judged, State.FAILED, self._unreachable(claimed, missed), (*free, *later), at=now, missed=missed)
        deferred = [against for j in own if isinstance(against := j.against, Defer)]
        if deferred:
            soonest = min(deferred, key=lambda verdict: verdict.until)
            return Wait(judged, min(soonest.until, claimed.envelope.expires_at), soonest.reason, at=now, missed=missed)
        withheld = next(against for j in own if isinstance(against := j.against, Withhold))
        return Stop(judged, _ENDS.get(withheld.reason, State.WITHHELD), withheld.reason, (*free, *later), at=now, missed=missed)

    @property
    def prices(self) -> Prices:
        """What its budgets reckon with."""
        return self._policies.prices

    def bound(self, candidate: Candidate) -> bool:
        """Whether it matters what a candidate costs."""
        return self._policies.budgets.bind(candidate)

    def at_cost(self, claimed: Claimed, decision: Decision, priced: Candidate, inputs: Inputs) -> Decision:
        """The decision once more, of the same moment, now that it is known what one of its candidates costs."""
        place = priced.channel, priced.address_hash
        candidates = [priced if (j.candidate.channel, j.candidate.address_hash) == place else j.candidate for j in decision.judged]
        return self.decide(claimed, candidates, inputs, decision.at)

    def _missed(self, claimed: Claimed, candidates: Sequence[Candidate]) -> tuple[Missed, ...]:
        """The channels that it could have used, had there been a way."""
        envelope, found = claimed.envelope, {candidate.channel for candidate in candidates}
        if claimed.channel is not None and (claimed.unproven or envelope.mode != "first"):
            channels: Sequence[str] = (claimed.channel,)
        else:
            channels = [channel for channel in envelope.channels if channel not in claimed.tried]
        if found.issuperset(channels):
            return ()
        return tuple(Missed(channel, self._why_missed(channel, envelope)) for channel in channels if channel not in found)

    def _why_missed(self, channel: str, envelope: Envelope) -> Reason:
        if channel not in self._routing.channels:
            return Reason.CHANNEL_DISABLED
        if self._routing.serves_others(envelope.brand, channel):
            return Reason.OTHER_BRAND
        if self._routing.carries_no_files(envelope, channel):
            return Reason.ATTACHMENTS_UNSUPPORTED
        known = any(address.channel == channel for address in envelope.addresses)
        return Reason.UNROUTABLE if known or envelope.audience == "public" else Reason.NO_ADDRESS

    def _unreachable(self, claimed: Claimed, missed: Sequence[Missed]) -> Reason:
        if claimed.channel is not None and claimed.channel not in self._routing.channels:
            return Reason.CHANNEL_DISABLED
        for telling in (Reason.OTHER_BRAND, Reason.ATTACHMENTS_UNSUPPORTED):
            if any(one.reason is telling for one in missed):
                return telling
        if len(missed) == 1:
            return missed[0].reason
        envelope = claimed.envelope
        elsewhere = claimed.channel is None and len(envelope.addresses) > 0  # reachable, but not by this route
        return Reason.UNROUTABLE if elsewhere or envelope.audience != "person" else Reason.NO_ADDRESS


def _up_to_the_end(judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
    """Those up to the one that ends the route, if one does."""
    end = next((place for place, j in enumerate(judged, 1) if j.ends_route), len(judged))
    return judged[:end]


def _go(claimed: Claimed, judged: tuple[Judged, ...], free: Sequence[Candidate], judging: _Judging) -> Go:
    own = [candidate for candidate in free if claimed.channel in (None, candidate.channel)]
    chosen = own[0]
    opened = claimed.address_hash is not None
    return Go(
        judged,
        chosen,
        others=tuple(candidate for candidate in free if candidate.channel != chosen.channel),
        siblings=() if opened else tuple(c for c in own[1:] if c.channel == chosen.channel),
        at=judging.at,
        missed=judging.missed,
    )
