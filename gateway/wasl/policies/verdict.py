"""What a policy looks at and what it may say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from wasl_contracts import Address, Envelope, Reason


@dataclass(frozen=True, slots=True)
class Candidate:
    """A channel and address that the route could use for an envelope, and the providers that could carry it, in order."""

    envelope: Envelope
    channel: str
    address: Address
    address_hash: str
    providers: tuple[str, ...]
    private: bool = True


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A row of the suppression list."""

    reason: Reason
    since: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the policies need to know of the world, read for a whole batch at once."""

    suppressed: Mapping[tuple[str, str, str], Suppressed] = field(default_factory=dict)
    """By brand, channel and address hash."""


@dataclass(frozen=True, slots=True)
class Allow:
    """Nothing against it."""

    policy: str
    source: str
    inputs: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Withhold:
    """Not this candidate, not now and not later."""

    policy: str
    source: str
    inputs: Mapping[str, JsonValue]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Defer:
    """Not before `until`."""

    policy: str
    source: str
    inputs: Mapping[str, JsonValue]
    reason: Reason
    until: datetime


Verdict = Allow | Withhold | Defer
Policy = Callable[[Candidate, Inputs, datetime], Verdict]
"""`judge(candidate, inputs, now)`: a pure function, no I/O, so that explaining is the same call as deciding."""
