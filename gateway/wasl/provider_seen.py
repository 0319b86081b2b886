"""How a provider does, as operators see it: its calls, what waits for it, and its reports."""

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime

from wasl.answers import ProviderSeen, WhyNot
from wasl_contracts.model import Frozen

Word = Literal["healthy", "degraded", "down", "paused"]
"""`degraded`: it is called, but it asked us to slow down, does not confirm any more, or many of its calls fail. `down`: most fail."""


class CallsSeen(Frozen):
    """Calls for the messages of some time, the newest of them where they are many (`whole` is False then).

    `errors` are those in which the provider did not do its part, `refused` those to which it said no. Times in milliseconds, None
    where no call has ended.
    """

    calls: int = 0
    errors: int = 0
    refused: int = 0
    p50: int | None = None
    p95: int | None = None
    whole: bool = True

    @property
    def error_share(self) -> float:
        """From 0 to 1."""
        return self.errors / self.calls if self.calls else 0.0


class ErrorGroup(Frozen):
    """Calls that ended alike: how many, the last one, and a few of the messages, newest first."""

    outcome: str
    why: WhyNot
    count: int
    last: AwareDatetime
    messages: tuple[str, ...]


class FailoverSeen(Frozen):
    """How many messages went on to another provider after this one did not take them, and some of them."""

    provider: str
    count: int
    messages: tuple[str, ...]


class QueueSeen(Frozen):
    """What waits for its channel. `seconds` is the age of what is due longest; with `more` there are more than were counted."""

    waiting: int
    due: int
    seconds: float
    more: bool


class ReportsSeen(Frozen):
    """What it reports. `gives` is False where it never tells what became of a delivery.

    Of `judged` deliveries lately, `confirmed` were confirmed in time; `heard_at` is when it was last heard of, to ten seconds. `url` is
    where its callbacks are to go, None where it makes none. `unsettled` counts those that came and did nothing, by their state.
    """

    gives: bool
    judged: int = 0
    confirmed: int = 0
    heard_at: AwareDatetime | None = None
    url: str | None = None
    unsettled: Mapping[str, int] = {}


class ProviderHealth(Frozen):
    """A configured provider, how it does in the last hour (`now`), and how in the same hour of last week (`before`).

    `others` are the providers of its channel that may be called instead, in their order. `rate_used` is the share of its rate that the
    last minute has used, None where its rate is not limited.
    """

    provider: ProviderSeen
    word: Word
    now: CallsSeen
    before: CallsSeen
    queue: QueueSeen
    others: tuple[str, ...]
    rate_used: float | None
    reports: ReportsSeen


class ProviderStory(Frozen):
    """One provider in detail: the commonest ways in which its calls of the last day failed, and who stepped in."""

    health: ProviderHealth
    day: CallsSeen
    errors: tuple[ErrorGroup, ...]
    failovers: tuple[FailoverSeen, ...]
