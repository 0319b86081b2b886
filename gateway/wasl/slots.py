"""How many calls each provider may have at one time, and which providers rest after a fault."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

_PARKED = 100  # deliveries a turn of a channel whose providers all rest


class Slots:
    """Free places for calls."""

    def __init__(self, concurrency: Mapping[str, int]) -> None:
        self._limits = dict(concurrency)
        self._used = dict.fromkeys(concurrency, 0)
        self._paused: dict[str, datetime] = {}
        self._freed: Callable[[], None] = lambda: None

    def on_freed(self, call: Callable[[], None]) -> None:
        """Call this whenever a place becomes free, so that more is claimed."""
        self._freed = call

    def take(self, provider: str) -> bool:
        """Take a place; False when all are in use."""
        if self._used[provider] >= self._limits[provider]:
            return False
        self._used[provider] += 1
        return True

    def give_back(self, provider: str) -> None:
        """A call has ended."""
        self._used[provider] -= 1
        self._freed()

    def pause(self, provider: str, until: datetime) -> None:
        """No calls until then."""
        self._paused[provider] = until

    def paused(self, provider: str, now: datetime) -> bool:
        """Whether the provider rests."""
        until = self._paused.get(provider)
        if until is not None and until <= now:
            del self._paused[provider]
            until = None
        return until is not None

    def resumes_at(self, providers: Iterable[str]) -> datetime | None:
        """When the first of them may be called again; None when one is not paused."""
        return min((self._paused[name] for name in providers if name in self._paused), default=None)

    def rooms(self, channels: Mapping[str, Sequence[str]], now: datetime) -> dict[str, int]:
        """For each channel, the free places of the first provider that does not rest; channels without room are not claimed.

        Where all rest, some are claimed all the same: to go another way, or to be told why they wait and until when.

        A provider that has just a few of many places free counts as full, so that claims stay batches.
        """
        rooms = {}
        for channel, providers in channels.items():
            ready = next((name for name in providers if not self.paused(name, now)), None)
            if ready is None:
                rooms[channel] = _PARKED
            elif (room := self._limits[ready] - self._used[ready]) > self._limits[ready] // 8:
                rooms[channel] = room
        return rooms

    @property
    def busy(self) -> bool:
        """Whether calls are out."""
        return any(self._used.values())
