"""How many calls each provider may have at one time: as many as it bears, and no more than its rate allows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from wasl.rate import Limit
from wasl.standing import Standings

_PARKED = 100  # deliveries a turn of a channel whose providers all rest
AGAIN = timedelta(milliseconds=100)
"""At least so long after it found no free place at its provider, a delivery is claimed again."""


class Place(NamedTuple):
    """A place for one call. `probe`: the call tries a provider that fails. `cuts`: how often its places had been halved."""

    provider: str
    probe: bool
    cuts: int


@dataclass(slots=True)
class _Places:
    most: int
    now: float  # places at present; its whole part counts
    used: int = 0
    cuts: int = 0
    given: int = 0  # calls that its rate leaves to this worker just now


class Slots:
    """Free places for calls.

    Their number is halved when the provider has no room, at most once a round trip, and grows by one for each round of successes
    (additive increase, multiplicative decrease): never below one, never above what is configured.
    """

    def __init__(self, concurrency: Mapping[str, int], standings: Standings, limits: Mapping[str, Limit]) -> None:
        self.standings = standings
        self.limits = limits
        self._places = {name: _Places(most, most) for name, most in concurrency.items()}
        self._freed: Callable[[], None] = lambda: None

    def on_freed(self, call: Callable[[], None]) -> None:
        """Call this whenever a place becomes free, so that more is claimed."""
        self._freed = call

    def tell_freed(self) -> None:
        """There is room again."""
        self._freed()

    def take(self, provider: str) -> Place | None:
        """Take a place; None when all are in use, or its rate leaves none."""
        places = self._places[provider]
        if places.used >= int(places.now):
            return None
        if provider in self.limits:
            if not places.given:
                return None
            places.given -= 1
        places.used += 1
        return Place(provider, self.standings.take_try(provider), places.cuts)

    def give_back(self, place: Place) -> None:
        """A call has ended."""
        self._places[place.provider].used -= 1
        self._freed()

    def grow(self, place: Place) -> None:
        """A call succeeded: after as many as there are places, there is one more."""
        places = self._places[place.provider]
        if places.now < places.most:
            places.now = min(places.most, places.now + 1 / places.now)

    def halve(self, place: Place) -> None:
        """A call found no room. Those that began before the last cut say nothing of the places that are left."""
        places = self._places[place.provider]
        if place.cuts == places.cuts:
            places.now, places.cuts = max(1, places.now / 2), places.cuts + 1

    def give(self, provider: str, calls: int) -> None:
        """So many calls may be made now by its rate; what was left before is forfeit."""
        self._places[provider].given = calls

    def free(self, provider: str) -> int:
        """Places that are not in use."""
        places = self._places[provider]
        return max(0, int(places.now) - places.used)

    def frees_at(self, provider: str, now: datetime) -> datetime:
        """When to look again for a place."""
        return max(now + AGAIN, self.standings[provider].next_call_at if provider in self.limits else now)

    def rooms(self, channels: Mapping[str, Sequence[str]], now: datetime) -> dict[str, int]:
        """For each channel, the free places of the first provider that does not rest; channels without room are not claimed.

        Where all rest, some are claimed all the same: to go another way, or to be told why they wait and until when.
        """
        rooms = {}
        for channel, providers in channels.items():
            ready = next((name for name in providers if not self.standings.waits(name, now)), None)
            if room := _PARKED if ready is None else self._room(ready, now):
                rooms[channel] = room
        return rooms

    def _room(self, provider: str, now: datetime) -> int:
        """A provider that has just a few of many places free counts as full, so that claims stay batches."""
        free = self.free(provider)
        if free <= int(self._places[provider].now) // 8:
            return 0
        if provider not in self.limits:
            return free
        return 0 if self.standings[provider].next_call_at > now else min(free, self.limits[provider].chunk)

    @property
    def busy(self) -> bool:
        """Whether calls are out."""
        return any(places.used for places in self._places.values())
