"""The decision record as people and programs read it: the same models for what was decided and for what would be."""

from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from wasl_contracts import Reason
from wasl_contracts.model import Frozen


class Counterfactual(Frozen):
    """What would have to be otherwise: a code with its parameters for programs, and a sentence for people by language (`en`, `ar`)."""

    code: str
    params: dict[str, JsonValue] = Field(default_factory=dict)
    sentences: dict[str, str]


class VerdictSeen(Frozen):
    """What one policy said of one candidate, the rule (a place in wasl.toml, a row) and all that it looked at."""

    policy: str
    verdict: Literal["allow", "withhold", "defer"]
    reason: Reason | None = None
    until: AwareDatetime | None = None
    source: str
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    counterfactual: Counterfactual | None = None


class ProviderConsidered(Frozen):
    """A provider that could carry a candidate.

    `chosen`, or `usable` in its place. `resting`: it is not called just now, `reason` says why and `until` for how long. `refused`: it
    said a definite no to this delivery. `passed`: it stands before the one that failed over, or is not the one that may have sent it.
    """

    name: str
    verdict: Literal["chosen", "usable", "resting", "refused", "passed"]
    reason: Reason | None = None
    until: AwareDatetime | None = None
    counterfactual: Counterfactual | None = None


class CandidateSeen(Frozen):
    """One way in which the message could have gone, with every policy's verdict and every provider.

    A channel of the route by which there was no way at all has no address and no verdicts, but a reason.
    """

    channel: str
    address: str | None
    chosen: bool
    reason: Reason | None = None
    verdicts: tuple[VerdictSeen, ...] = ()
    providers: tuple[ProviderConsidered, ...] = ()
    counterfactual: Counterfactual | None = None


class DecisionSeen(Frozen):
    """The decision record of one delivery; `config` is the version of the configuration that judged."""

    delivery: str
    at: AwareDatetime
    config: str
    candidates: tuple[CandidateSeen, ...]
