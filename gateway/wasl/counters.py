"""What this process counts for /metrics: a few hundred nanoseconds a message, and never an id, an address or a text of anybody's."""

from bisect import bisect_left
from collections import Counter, defaultdict
from itertools import accumulate
from typing import Literal

from wasl_contracts import ProviderError, Reason, Rejected, State, Unavailable

Outcome = Literal["receipt", "rejected", "unavailable", "unknown"]
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds that calls take, as classes of a histogram; longer ones are in one more."""
_MOST = 2000  # label sets of settled deliveries; whatever is new after them counts for no brand
_OF: dict[type[object], Outcome] = {Rejected: "rejected", Unavailable: "unavailable"}


Labels = tuple[str, str, str, str]
"""Where deliveries got: brand, channel, state, and reason, which may be empty."""


class Durations:
    """How long calls took."""

    __slots__ = ("_classes", "seconds")

    def __init__(self) -> None:
        self._classes = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self._classes[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus wants them: upper bound, and how many took at most that long."""
        return list(zip([*map(str, BOUNDS), "+Inf"], accumulate(self._classes), strict=True))


class Counters:
    """Counts, in memory, since the process began. What is there only in the ledger is not counted here."""

    def __init__(self) -> None:
        self.accepted: Counter[tuple[str, str]] = Counter()
        """Messages, by brand and category."""
        self.settled: dict[Labels, int] = {}
        """Steps of deliveries that this process wrote; what providers reported later is not among them."""
        self.calls: defaultdict[tuple[str, Outcome], Durations] = defaultdict(Durations)
        """Calls, by provider and outcome."""
        self.overdue: Counter[str] = Counter()
        """Deliveries that were not confirmed in time, by provider."""

    def called(self, provider: str, answer: object, seconds: float) -> None:
        """A call has ended."""
        outcome: Outcome = _OF.get(type(answer), "unknown") if isinstance(answer, ProviderError) else "receipt"
        self.calls[provider, outcome].add(seconds)

    def settle(self, brand: str, channel: str, state: State, reason: Reason | None) -> None:
        """A delivery got to a state."""
        labels = brand, channel, state, reason or ""
        try:
            self.settled[labels] += 1
        except KeyError:
            if len(self.settled) >= _MOST:
                labels = "", channel, state, reason or ""
            self.settled[labels] = self.settled.get(labels, 0) + 1
