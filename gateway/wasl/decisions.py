"""The decision record: stored as codes and inputs, spelled out when it is read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from pydantic_core import to_json

from wasl.answers import CandidateSeen, DecisionSeen, VerdictSeen
from wasl.clock import moment
from wasl.policies.verdict import Allow, Candidate, Defer, Verdict, Withhold
from wasl_contracts import Reason

_VERDICTS = {"a": "allow", "w": "withhold", "d": "defer"}


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


def encode(judged: Sequence[Judged], chosen: Candidate | None) -> str:
    """The record as it is stored; addresses masked."""
    return to_json(
        [
            [j.candidate.channel, j.candidate.address.masked(), int(j.candidate is chosen), [_encode_verdict(v) for v in j.verdicts]]
            for j in judged
        ]
    ).decode()


def decode(stored: str, *, delivery: str, at: int, config: str) -> DecisionSeen:
    """The record as people read it."""
    return DecisionSeen(
        delivery=delivery,
        at=moment(at),
        config=config,
        candidates=tuple(
            _decode_candidate(channel, address, bool(chosen), tuple(map(_decode_verdict, verdicts)))
            for channel, address, chosen, verdicts in json.loads(stored)
        ),
    )


def _decode_candidate(channel: str, address: str, chosen: bool, verdicts: tuple[VerdictSeen, ...]) -> CandidateSeen:
    """A candidate with the reason of what keeps it from being used, by the rule of `Judged.against`."""
    withheld = next((verdict for verdict in verdicts if verdict.verdict == "withhold"), None)
    against = withheld or max((v for v in verdicts if v.until is not None), key=attrgetter("until"), default=None)
    return CandidateSeen(channel=channel, address=address, chosen=chosen, reason=against.reason if against else None, verdicts=verdicts)


def _encode_verdict(verdict: Verdict) -> list[object]:
    if isinstance(verdict, Allow):
        return [verdict.policy, "a", verdict.source, verdict.inputs]
    if isinstance(verdict, Withhold):
        return [verdict.policy, "w", verdict.source, verdict.inputs, verdict.reason]
    return [verdict.policy, "d", verdict.source, verdict.inputs, verdict.reason, verdict.until.isoformat()]


def _decode_verdict(stored: Sequence[object]) -> VerdictSeen:
    policy, code, source, inputs, *rest = stored
    return VerdictSeen.model_validate(
        {
            "policy": policy,
            "verdict": _VERDICTS[str(code)],
            "source": source,
            "inputs": inputs,
            "reason": Reason(str(rest[0])) if rest else None,
            "until": datetime.fromisoformat(str(rest[1])) if len(rest) > 1 else None,
        }
    )
