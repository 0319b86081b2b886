"""A stored decision record as people read it: each verdict with what would change it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from wasl.counterfactuals import Against, counterfactual
from wasl.decision_seen import CandidateSeen, Counterfactual, DecisionSeen, ProviderConsidered, VerdictSeen
from wasl.decisions import KeptCandidate, KeptVerdict, Stood, kept


class Decided(NamedTuple):
    """Of which delivery a record is, and what rows tell: `at` and `config` hold where the record of an older wasl has none of its own."""

    delivery: str
    at: datetime
    topic: str
    config: str


def decode(stored: str, of: Decided) -> DecisionSeen:
    """The record, spelled out."""
    config, at, candidates = kept(stored)
    of = of._replace(config=config or of.config, at=at or of.at)
    return DecisionSeen(delivery=of.delivery, at=of.at, config=of.config, candidates=tuple(_candidates(candidates, of)))


def _candidates(candidates: Iterable[KeptCandidate], of: Decided) -> Iterable[CandidateSeen]:
    for one in candidates:
        if one.missed is not None:
            change = _would(Against(one.missed), one, of)
            yield CandidateSeen(channel=one.channel, address=None, chosen=False, reason=one.missed, counterfactual=change)
            continue
        against = one.against
        yield CandidateSeen(
            channel=one.channel,
            address=one.address,
            chosen=one.chosen,
            reason=against.reason if against is not None else None,
            verdicts=tuple(_verdict(verdict, one, of) for verdict in one.verdicts),
            providers=tuple(_provider(stood, one, of) for stood in one.providers),
            counterfactual=_changed(against, one, of) if against is not None else None,
        )


def _verdict(verdict: KeptVerdict, one: KeptCandidate, of: Decided) -> VerdictSeen:
    policy, said, source, inputs, reason, until = verdict
    change = _changed(verdict, one, of)
    return VerdictSeen(policy=policy, verdict=said, source=source, inputs=inputs, reason=reason, until=until, counterfactual=change)


def _provider(stood: Stood, one: KeptCandidate, of: Decided) -> ProviderConsidered:
    rests = stood.verdict == "resting" and stood.reason is not None
    return ProviderConsidered(
        name=stood.name,
        verdict="chosen" if stood.name == one.provider else stood.verdict,
        reason=stood.reason,
        until=stood.until,
        counterfactual=_would(Against(stood.reason, stood.until), one, of, stood.name) if rests and stood.reason else None,
    )


def _changed(verdict: KeptVerdict, one: KeptCandidate, of: Decided) -> Counterfactual | None:
    return _would(Against(verdict.reason, verdict.until, verdict.inputs), one, of) if verdict.reason is not None else None


def _would(against: Against, one: KeptCandidate, of: Decided, provider: str = "") -> Counterfactual:
    return counterfactual(against, of.at, channel=one.channel, topic=of.topic, provider=provider)
