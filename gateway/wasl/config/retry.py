"""What `[retry]` of wasl.toml may say: when what was not taken is tried again, and until when."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from wasl_contracts.duration import Duration
from wasl_contracts.model import Frozen, Slug


def _with_default_waits(waits: dict[str, timedelta]) -> dict[str, timedelta]:
    return {**_LONGEST_WAITS, **waits}


def _with_default_horizons(horizons: dict[str, timedelta]) -> dict[str, timedelta]:
    return {**_HORIZONS, **horizons}


# The numbers of "Delivery semantics"; a channel that it does not name has a day.
_LONGEST_WAITS = {"default": timedelta(hours=1), "email": timedelta(hours=4)}
_HORIZONS = {
    "default": timedelta(days=1),
    "otp": timedelta(minutes=5),
    "sms": timedelta(hours=4),
    "push": timedelta(hours=1),
    "email": timedelta(hours=72),
    "webhook": timedelta(days=3),
}


class Retry(Frozen):
    """When a delivery that was not taken is tried again, and until when.

    The wait after try n is random between nothing and `base`·2^(n-1), at most the longest wait of its channel. Retries end at the
    horizon, counted from acceptance, or after `attempts`. `reconcile_after` is how long an unknown outcome waits for the provider's
    word. Longest waits are told by channel, horizons by channel and category, and `default` holds for the rest.
    Of a provider's calls in a minute, retries are at most the share `budget` of first attempts, or `budget_floor`; others wait.
    """

    base: Duration = timedelta(seconds=5)
    longest_waits: Annotated[dict[Slug, Duration], AfterValidator(_with_default_waits)] = Field(default_factory=_LONGEST_WAITS.copy)
    horizons: Annotated[dict[Slug, Duration], AfterValidator(_with_default_horizons)] = Field(default_factory=_HORIZONS.copy)
    attempts: int = Field(100, ge=1, le=10_000)
    budget: float = Field(0.1, ge=0, le=1)
    budget_floor: int = Field(10, ge=0, le=1_000_000)
    reconcile_after: Duration = timedelta(seconds=120)

    def longest_wait(self, channel: str) -> timedelta:
        """The longest wait between two tries on a channel."""
        return self.longest_waits.get(channel, self.longest_waits["default"])

    def horizon(self, category: str, channel: str) -> timedelta:
        """How long tries go on: the shorter one of category and channel."""
        told = [self.horizons[name] for name in (category, channel) if name in self.horizons]
        return min(told, default=self.horizons["default"])
