"""Time: aware UTC in the code, microseconds since 1970 in the ledger."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = ((datetime(year, 1, 2, tzinfo=UTC) - _EPOCH) // MICROSECOND for year in (1, 9999))  # any zone can show these


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
    """A stored moment, aware, in UTC; for one that no calendar reaches, the year 1 or 9999."""
    if not _FIRST <= microseconds <= _LAST:
        microseconds = _FIRST if microseconds < _FIRST else _LAST
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
