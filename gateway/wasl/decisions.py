"""The decision record: stored short, and spelled out when it is read.

Stored it is JSON: `[2, version of the configuration, microseconds, candidates, channels without a way]`. A candidate is `[channel,
masked address, number of the chosen provider or 0, verdicts, providers]`; a verdict that is the same as the first candidate's is `0`.
Words are as short as decision_words.py has them, and a long record is made small by decision_packing.py. A record of an older wasl is the
list of candidates alone, in long words.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import JsonValue
from pydantic_core import to_json

from wasl.clock import micros, moment
from wasl.decision_packing import shrunk, whole
from wasl.decision_words import long, long_source, packed, short, short_source, unpacked
from wasl.policies.verdict import Allow, Candidate, Defer, Verdict, Withhold
from wasl_contracts import Reason

_LAYOUT = 2
_STOOD: dict[str, str] = {"refused": "n", "passed": "p", "resting": "r"}


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate and what every policy said of it."""

    candidate: Candidate
    verdicts: tuple[Verdict, ...]

    @property
    def against(self) -> Withhold | Defer | None:
        """What keeps it from being used now: the first withholding policy, else the longest deferral."""
        for verdict in self.verdicts:
            if isinstance(verdict, Withhold):
                return verdict
        deferrals = [verdict for verdict in self.verdicts if isinstance(verdict, Defer)]
        return max(deferrals, key=lambda verdict: verdict.until, default=None)

    @property
    def ends_route(self) -> bool:
        """Whether what keeps it back keeps back the message: then no channel that comes later is used in its place."""
        against = self.against
        if isinstance(against, Defer):
            return any(verdict.ends_route for verdict in self.verdicts if isinstance(verdict, Defer))
        return against is not None and against.ends_route


class Missed(NamedTuple):
    """A channel of the route by which there is no way, and why."""

    channel: str
    reason: Reason


class Stood(NamedTuple):
    """How a provider stood to a candidate; see ProviderConsidered."""

    name: str
    verdict: Literal["usable", "resting", "refused", "passed"] = "usable"
    reason: Reason | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """All that was considered for a delivery: candidates with their verdicts, channels without a way, providers, what was chosen.

    `config` is the version that judged, `at` the moment. `stood` has the providers of each candidate; empty, they are all usable.
    """

    config: str
    at: datetime
    judged: tuple[Judged, ...]
    missed: tuple[Missed, ...] = ()
    stood: tuple[tuple[Stood, ...], ...] = ()
    chosen: Candidate | None = None
    provider: str | None = None

    def stored(self) -> str:
        """As it is stored; addresses masked."""
        candidates = [self._candidate(place) for place in range(len(self.judged))]
        return shrunk(to_json([_LAYOUT, self.config, micros(self.at), candidates, *([self.missed] if self.missed else [])]))

    def _candidate(self, place: int) -> list[object]:
        first, judged = self.judged[0], self.judged[place]
        candidate = judged.candidate
        said = [
            0 if place and verdict == before else _stored_verdict(verdict)
            for verdict, before in zip(judged.verdicts, first.verdicts, strict=True)
        ]
        number = candidate.providers.index(self.provider) + 1 if candidate is self.chosen and self.provider is not None else 0
        providers = [_stored_provider(one) for one in self.stood[place]] if self.stood else candidate.providers
        return [candidate.channel, candidate.address.masked(), number, said, providers]


class KeptVerdict(NamedTuple):
    """A verdict as the record has it."""

    policy: str
    verdict: Literal["allow", "withhold", "defer"]
    source: str
    inputs: dict[str, JsonValue]
    reason: Reason | None = None
    until: datetime | None = None


class KeptCandidate(NamedTuple):
    """A candidate as the record has it; of a channel without a way only the reason is told."""

    channel: str
    address: str | None
    chosen: bool
    verdicts: tuple[KeptVerdict, ...]
    providers: tuple[Stood, ...]
    provider: str | None = None
    missed: Reason | None = None

    @property
    def against(self) -> KeptVerdict | None:
        """What kept it from being used then, as `Judged.against` says."""
        withheld = next((one for one in self.verdicts if one.verdict == "withhold"), None)
        return withheld or max((one for one in self.verdicts if one.until), key=lambda one: one.until or moment(0), default=None)


class Kept(NamedTuple):
    """A record as it was stored; `config` and `at` are None where an older wasl kept none."""

    config: str | None
    at: datetime | None
    candidates: tuple[KeptCandidate, ...]


def kept(stored: str) -> Kept:
    """A stored record, also of an older wasl."""
    found = json.loads(whole(stored))
    if not found or found[0] != _LAYOUT:
        return Kept(None, None, tuple(_old_candidate(*one) for one in found))
    _, config, at, candidates, *missed = found
    first = candidates[0][3] if candidates else []
    ways = [_kept_candidate(one, first) for one in candidates]
    none = [KeptCandidate(channel, None, False, (), (), missed=Reason(reason)) for some in missed for channel, reason in some]
    return Kept(config, moment(at), (*ways, *none))


def _stored_verdict(verdict: Verdict) -> list[object]:
    inputs = {short(name): packed(value) for name, value in verdict.inputs.items()}
    policy, source = short(verdict.policy), short_source(verdict.source)
    if isinstance(verdict, Allow):
        return [policy, "a", source, inputs]
    if isinstance(verdict, Withhold):
        return [policy, "w", source, inputs, verdict.reason]
    return [policy, "d", source, inputs, verdict.reason, micros(verdict.until)]


def _stored_provider(one: Stood) -> object:
    if one.verdict == "usable":
        return one.name
    return [one.name, _STOOD[one.verdict], one.reason, micros(one.until) if one.until is not None else None]


_VERDICTS: dict[str, Literal["allow", "withhold", "defer"]] = {"a": "allow", "w": "withhold", "d": "defer"}
_STOOD_FOR: dict[str, Literal["refused", "passed", "resting"]] = {"n": "refused", "p": "passed", "r": "resting"}


def _kept_candidate(told: Sequence[Any], first: Sequence[Any]) -> KeptCandidate:
    channel, address, number, said, listed = told
    verdicts = tuple(_kept_verdict(first[place] if one == 0 else one) for place, one in enumerate(said))
    providers = tuple(Stood(one) if isinstance(one, str) else _kept_provider(*one) for one in listed)
    return KeptCandidate(channel, address, bool(number), verdicts, providers, providers[number - 1].name if number else None)


def _kept_verdict(told: Sequence[Any]) -> KeptVerdict:
    policy, code, source, inputs, *rest = told
    spelled = {long(name): unpacked(value) for name, value in inputs.items()}
    until = moment(rest[1]) if len(rest) > 1 else None
    return KeptVerdict(long(policy), _VERDICTS[code], long_source(source), spelled, Reason(rest[0]) if rest else None, until)


def _kept_provider(name: str, code: str, reason: str | None, until: int | None) -> Stood:
    return Stood(name, _STOOD_FOR[code], Reason(reason) if reason else None, moment(until) if until is not None else None)


def _old_candidate(channel: str, address: str, chosen: int, said: Sequence[Any]) -> KeptCandidate:
    return KeptCandidate(channel, address, bool(chosen), tuple(_old_verdict(*one) for one in said), ())


def _old_verdict(policy: str, code: str, source: str, inputs: dict[str, JsonValue], *rest: str) -> KeptVerdict:
    until = datetime.fromisoformat(rest[1]) if len(rest) > 1 else None
    return KeptVerdict(policy, _VERDICTS[code], source, inputs, Reason(rest[0]) if rest else None, until)
