"""Time: aware UTC in the code, microseconds since 1970 in the ledger."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the time; injected, so that tests never sleep."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def micros(moment: datetime) -> int:
    """A moment as the ledger stores it: microseconds since 1970-01-01 UTC."""
    return (moment - _EPOCH) // MICROSECOND


def moment(microseconds: int) -> datetime:
    """A stored moment, aware, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


class AnchoredClock:
    """Another machine's clock: told now and then what time it is there, it goes on by itself in between."""

    def __init__(self, there: datetime) -> None:
        self.anchor(there)

    def anchor(self, there: datetime) -> None:
        """It is now this time there."""
        self._there, self._since = there, time.monotonic()

    def now(self) -> datetime:
        return self._there + timedelta(seconds=time.monotonic() - self._since)
