"""Which provider takes a candidate that may go, and how all of them stood: pure, so that explaining is the same call."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from wasl.deciding import Go
from wasl.decisions import Judged, Stood
from wasl.ledger.claims import Claimed
from wasl.policies.verdict import Candidate
from wasl.standing import Standings
from wasl_contracts import Reason


class Choice(NamedTuple):
    """The candidate that goes, the providers that may be asked for it, and the first of them that may be called now."""

    candidate: Candidate
    usable: tuple[str, ...]
    provider: str | None


def choose(claimed: Claimed, go: Go, standings: Standings, now: datetime) -> Choice:
    """The chosen candidate, or while its providers fail the next one of an open delivery that has one awake; and its provider."""
    candidate = next((way for way in ways(claimed, go) if any(not standings.fails(name, now) for name in usable(way, claimed))), go.chosen)
    names = usable(candidate, claimed)
    return Choice(candidate, names, next((name for name in names if not standings.waits(name, now)), None))


def ways(claimed: Claimed, go: Go) -> tuple[Candidate, ...]:
    """The candidates by which this very delivery may go; an open one has not settled on a channel."""
    return (go.chosen, *go.others) if claimed.channel is None else (go.chosen,)


def usable(candidate: Candidate, claimed: Claimed) -> tuple[str, ...]:
    """The providers that may still be asked: none that refused, after a failover those that come next, without proof the same."""
    if not claimed.refused and claimed.provider is None:
        return candidate.providers
    names = tuple(name for name in candidate.providers if name not in claimed.refused)
    if claimed.unproven:
        return tuple(name for name in names if name == claimed.provider)
    if claimed.reason is Reason.FAILOVER and claimed.provider in candidate.providers:
        following = candidate.providers[candidate.providers.index(claimed.provider) + 1 :]
        return tuple(name for name in names if name in following) or names
    return names


def why_resting(names: Sequence[str], standings: Standings) -> Reason:
    """Why none of them may be called: of several reasons the one that may end soonest."""
    states = {standings[name].state for name in names}
    if "closed" in states:
        return Reason.RATE_LIMITED
    if "open" in states:
        return Reason.PROVIDER_FAILING
    return Reason.OPERATOR_PAUSED if all(standings[name].by_operator for name in names) else Reason.PROVIDER_PAUSED


def stood(claimed: Claimed, judged: Sequence[Judged], standings: Standings, now: datetime) -> tuple[tuple[Stood, ...], ...]:
    """Of each judged candidate, how each of its providers stood."""
    return tuple(
        tuple([_stood(name, claimed, usable(j.candidate, claimed), standings, now) for name in j.candidate.providers]) for j in judged
    )


def _stood(name: str, claimed: Claimed, may: Sequence[str], standings: Standings, now: datetime) -> Stood:
    if name not in may:
        return Stood(name, "refused" if name in claimed.refused else "passed")
    if not standings.waits(name, now):
        return Stood(name)
    standing = standings[name]
    return Stood(name, "resting", why_resting([name], standings), standing.tried_at)
