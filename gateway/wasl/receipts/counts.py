"""How many callbacks came, by provider and what became of them: for /metrics and `wasl doctor`, of this process alone."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from wasl.ledger.callbacks import Fate

Outcome = Fate | Literal["handshake", "bad_signature"]
"""What became of a callback; `handshake`: it only set callbacks up; `bad_signature`: it does not prove that it is the provider's."""


class Counts:
    """Counts, in memory."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, Outcome]] = Counter()

    def add(self, provider: str, outcome: Outcome) -> None:
        """One more."""
        self._counted[provider, outcome] += 1

    @property
    def by_outcome(self) -> Mapping[tuple[str, Outcome], int]:
        """How many, by provider and outcome, since the process began; those that never came have no entry."""
        return self._counted
