"""What a policy looks at and what it may say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Self

from pydantic import JsonValue

from wasl.consent import Said
from wasl_contracts import Address, Category, Envelope, Reason
from wasl_contracts.content import SmsEncoding


class Cost(NamedTuple):
    """What a rendered message takes by a provider: units (segments of an SMS, else one), and their price in micro units if it is known."""

    units: int = 1
    encoding: SmsEncoding | None = None
    micros: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A channel and address that the route could use for an envelope, and the providers that could carry it, in order.

    `cost` is known when it is rendered, by the provider that was chosen.
    """

    envelope: Envelope
    channel: str
    address: Address
    address_hash: str
    providers: tuple[str, ...]
    private: bool = True
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A row of the suppression list. `scope` is a category, or empty for every message; `brand` is * where it holds for all brands."""

    reason: Reason
    since: datetime
    source: str
    id: str
    scope: str = ""
    brand: str = ""
    expires_at: datetime | None = None


class Use(NamedTuple):
    """An intent that was not refused for certain: what a frequency cap counts."""

    message_id: str
    topic: str
    category: Category
    channel: str
    at: datetime

    @classmethod
    def of(cls, candidate: Candidate, at: datetime) -> Self:
        """The use that this candidate is when it goes."""
        envelope = candidate.envelope
        return cls(envelope.message_id, envelope.topic, envelope.category, candidate.channel, at)


Standing = Literal["waiting", "calling", "sent"]
"""How far a message has come: its call is still to be made; it is out; it was taken, or may have been."""


class Telling(NamedTuple):
    """A message that tells a fact and may go or may have gone. `due` is when it comes next, where it is known."""

    message_id: str
    created_at: datetime
    standing: Standing
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the policies need to know of the world, read for a whole batch at once."""

    suppressed: Mapping[tuple[str, str, str], Sequence[Suppressed]] = field(default_factory=dict)
    """By brand, channel and address hash: every row, also those of another category and those that have run out."""
    consents: Mapping[tuple[str, str], Sequence[Said]] = field(default_factory=dict)
    """By brand and recipient: the newest row of each scope that is not pending."""
    superseded: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By brand and message: the newer one that replaced it."""
    telling: Mapping[tuple[str, str, str], Sequence[Telling]] = field(default_factory=dict)
    """By brand, recipient and fact: the messages that tell it, by their ids."""
    uses: Mapping[tuple[str, str], Sequence[Use]] = field(default_factory=dict)
    """By brand and recipient, of those whom a frequency cap could keep something from."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """By budget: what was spent in its present period, in micro units of its currency."""


@dataclass(frozen=True, slots=True)
class Allow:
    """Nothing against it.

    `inputs` of every verdict are all that it follows from beside the moment: `policies/again.py` judges by them alone.
    """

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
    ends_route: bool = False
    """It keeps back the message, and not only this way of sending it: no channel that comes later is used in its place."""


@dataclass(frozen=True, slots=True)
class Defer:
    """Not before `until`."""

    policy: str
    source: str
    inputs: Mapping[str, JsonValue]
    reason: Reason
    until: datetime
    ends_route: bool = False
    """As of Withhold."""


Verdict = Allow | Withhold | Defer
Policy = Callable[[Candidate, Inputs, datetime], Verdict]
"""`judge(candidate, inputs, now)`: a pure function, no I/O, so that explaining is the same call as deciding."""
