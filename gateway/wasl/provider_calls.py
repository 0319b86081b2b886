"""What the calls of a provider come to: counts, times, errors that are alike, and who stepped in. Pure: no I/O."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from wasl.answers import WhyNot
from wasl.clock import moment
from wasl.ledger.calls import Call
from wasl.ledger.uses import GIVEN_BACK
from wasl.provider_seen import CallsSeen, ErrorGroup, FailoverSeen
from wasl_contracts import Reason

_SAMPLES = 3
_MOST_GROUPS = 10
_THEIRS = frozenset({Reason.PROVIDER_MISCONFIGURED, Reason.PROVIDER_FAULT})
"""Refusals that tell of the provider or its settings, not of an address or a text."""


def counted(calls: Iterable[Call], *, whole: bool) -> CallsSeen:
    """Counts and times of these calls."""
    made = list(calls)
    times = sorted((call.ended_at - call.started_at) // 1000 for call in made if call.ended_at is not None)
    return CallsSeen(
        calls=len(made),
        errors=sum(map(_errs, made)),
        refused=sum(call.outcome == "rejected" and not _errs(call) for call in made),
        p50=_percentile(times, 50),
        p95=_percentile(times, 95),
        whole=whole,
    )


def alike(calls: Iterable[Call]) -> tuple[ErrorGroup, ...]:
    """The commonest ways in which calls were not taken, newest messages first in each."""
    groups: defaultdict[tuple[str, str, str | None], list[Call]] = defaultdict(list)
    for call in calls:
        if call.outcome is not None and call.reason is not None and (call.outcome in GIVEN_BACK or _errs(call)):
            groups[call.outcome, call.reason, call.code].append(call)
    commonest = sorted(groups.items(), key=lambda group: -len(group[1]))[:_MOST_GROUPS]
    return tuple(
        ErrorGroup(
            outcome=outcome,
            why=WhyNot.of(Reason(reason), code),
            count=len(found),
            last=moment(max(call.started_at for call in found)),
            messages=_samples(found),
        )
        for (outcome, reason, code), found in commonest
    )


def stepped_in(calls: Iterable[Call], provider: str) -> tuple[FailoverSeen, ...]:
    """Who took over what this provider certainly did not take; `calls` are those of all providers, each message's together."""
    after: Counter[str] = Counter()
    moved: defaultdict[str, list[Call]] = defaultdict(list)
    for _, together in groupby(calls, key=lambda call: call.message_id):
        for one, following in pairwise(sorted(together, key=lambda call: call.started_at)):
            if one.provider == provider != following.provider and one.outcome in GIVEN_BACK:
                after[following.provider] += 1
                moved[following.provider].append(following)
    return tuple(FailoverSeen(provider=name, count=count, messages=_samples(moved[name])) for name, count in after.most_common())


def _errs(call: Call) -> bool:
    """Whether the provider did not do its part; asking us to slow down is an answer (breaker.failed)."""
    if call.outcome == "rejected":
        return call.reason in _THEIRS
    return call.outcome == "unknown" or (call.outcome == "unavailable" and call.reason != Reason.RATE_LIMITED)


def _percentile(times: Sequence[int], percent: int) -> int | None:
    """The nearest rank."""
    return times[max(0, -(-len(times) * percent // 100) - 1)] if times else None


def _samples(calls: Iterable[Call]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(call.message_id for call in calls))[:_SAMPLES]
