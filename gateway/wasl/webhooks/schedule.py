"""When an event is posted again that was not taken, and when that ends."""

from datetime import timedelta
from random import Random

STEPS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 72_000)
"""Seconds to wait after each try that failed: all together three days (the first hours as Svix does)."""
FAILING = timedelta(days=5)
"""An endpoint that took nothing for so long is disabled."""
_JITTER = 0.2


def due_in(tried: int, retry_after: float | None, random: Random) -> timedelta | None:
    """How long until the next try, after so many; None where it was the last. What the endpoint asks for is a floor."""
    if tried > len(STEPS):
        return None
    step = STEPS[tried - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)
    return timedelta(seconds=max(step, retry_after or 0.0))
