"""How providers stand: what all workers know of each, and the quick answers that a worker makes of it for every message."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from wasl_contracts import Reason

ProviderState = Literal["closed", "open", "paused"]
PROBE = timedelta(seconds=5)
"""How often a provider whose calls fail is tried by one call."""
PAUSE = timedelta(seconds=60)
"""How often a provider is tried by one call whose settings or code are at fault."""
UNTIL_RESUMED = timedelta(days=3660)
"""For how long nothing tries a provider that an operator has paused: longer than anything waits."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """A provider as all workers see it.

    As of a circuit: `closed`, calls go through; `open`, most of them failed; `paused`, it refused our settings, its code is at fault, or
    an operator wants it so.
    While it is open or paused, one call may try it from `until` on. While it is closed, `until` is the moment that it named
    when it asked us to slow down. Its calls up to `next_call_at` are given out, where its rate is limited.
    """

    name: str
    state: ProviderState = "closed"
    reason: Reason | None = None
    code: str | None = None
    since: datetime = _LONG_AGO
    until: datetime | None = None
    next_call_at: datetime = _LONG_AGO

    @property
    def by_operator(self) -> bool:
        """Whether it is called again only when somebody resumes it."""
        return self.state == "paused" and self.reason is Reason.OPERATOR_PAUSED

    @property
    def tried_at(self) -> datetime | None:
        """When it may next be called by itself; None where nothing keeps it from that, or only an operator does."""
        return None if self.by_operator else self.until


class Standings:
    """What this worker knows of its providers just now."""

    def __init__(self, names: Iterable[str]) -> None:
        self._known = {name: Standing(name) for name in names}
        self._probes: dict[str, datetime] = {}

    def __getitem__(self, name: str) -> Standing:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def learn(self, standing: Standing) -> None:
        """This is how it stands now."""
        self._known[standing.name] = standing

    def fails(self, name: str, now: datetime) -> bool:
        """Whether it is open or paused, and this worker is not the one that may try it."""
        return self._known[name].state != "closed" and not self.tried(name, now)

    def waits(self, name: str, now: datetime) -> bool:
        """Whether it may not be called now: it fails, or it asked us to slow down."""
        known = self._known[name]
        if known.state == "closed":
            return known.until is not None and known.until > now
        return not self.tried(name, now)

    def resumes_at(self, names: Iterable[str], now: datetime) -> datetime:
        """When the first of them may be called again."""
        return min((until for name in names if (until := self._known[name].until) is not None), default=now)

    def untried(self, now: datetime) -> set[str]:
        """Those that fail and may be tried by one call, if no other worker does."""
        return {
            name
            for name, known in self._known.items()
            if known.state != "closed" and known.until is not None and known.until <= now and not self.tried(name, now)
        }

    def try_by_one_call(self, name: str, until: datetime) -> None:
        """This worker may try it by one call, until another may."""
        self._probes[name] = until

    def tried(self, name: str, now: datetime) -> bool:
        """Whether this worker may try it by one call."""
        return name in self._probes and now < self._probes[name]

    def take_try(self, name: str) -> bool:
        """Whether the call that is about to be made is that one."""
        return self._probes.pop(name, None) is not None


@dataclass(slots=True)
class Queue:
    """Moments for what must wait, one after the other and at most `widest` late, so that not all of it comes back at once."""

    step: timedelta
    widest: timedelta = timedelta(seconds=60)
    _last: datetime = field(default=_LONG_AGO, init=False)

    def place(self, earliest: datetime) -> datetime:
        """The next moment that is free."""
        self._last = min(max(self._last + self.step, earliest), earliest + self.widest)
        return self._last
