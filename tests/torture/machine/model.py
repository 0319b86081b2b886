"""The ledger as a dictionary: what each step must do, in a few lines each, to be compared with what the ledger did."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from wasl.states import LIVE, PENDING, fold, may_become
from wasl_contracts import State

LEASE = 60_000_000
"""Microseconds that a claim holds."""
_KEEPS_IT = LIVE | {State.SENT, State.DELIVERED, State.CANCELLED}
Key = tuple[str, int]
"""A message's id and the number of a delivery."""


@dataclass
class Row:
    """A delivery. `doubtful`: one of its calls has an unknown outcome. `parked`: it waits for its turn."""

    lane: str
    state: State
    due: int | None
    fence: int = 0
    claimed: bool = False
    strikes: int = 0
    attempts: int = 0
    doubtful: bool = False
    parked: bool = False

    @property
    def waits(self) -> bool:
        return self.state in LIVE and self.due is not None


@dataclass
class Asked:
    """A message as it was asked for."""

    body: str
    mode: str
    person: str
    order: str | None
    send_at: int
    expires: int
    life: int
    rows: dict[int, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class End:
    """What a claim ends in.

    `unknown`: its call has an unknown outcome. `clears`: its call ended while its worker lived, which takes its strikes away.
    `successor`: the lane of the delivery that takes over.
    """

    state: State
    due: int | None
    lane: str
    unknown: bool = False
    clears: bool = False
    successor: str | None = None


class Model:
    """All messages, keys and suppressed addresses."""

    def __init__(self) -> None:
        self.messages: dict[str, Asked] = {}
        self.keys: dict[str, str] = {}
        self.suppressed: set[tuple[str, str]] = set()

    def rows(self) -> dict[Key, Row]:
        """Every delivery."""
        return {(name, number): row for name, asked in self.messages.items() for number, row in asked.rows.items()}

    def accept(self, name: str, asked: Asked, lanes: Iterable[str], now: int) -> None:
        busy = self.busy(asked.order)
        due = max(now, asked.send_at)
        for number, lane in enumerate(lanes, 1):
            row = Row(lane, State.SCHEDULED if due > now else State.ACCEPTED, due)
            if busy:
                row.state, row.due, row.parked = State.SCHEDULED, asked.expires, True
            asked.rows[number] = row
        self.messages[name] = asked

    def claimable(self, lane: str, now: int) -> set[Key]:
        return {key for key, row in self.rows().items() if row.lane == lane and row.due is not None and row.due <= now}

    def claim(self, key: Key, now: int) -> Row:
        row = self.rows()[key]
        row.fence, row.due, row.strikes = row.fence + 1, now + LEASE, row.strikes or int(row.claimed)
        row.claimed = True
        return row

    def holds(self, key: Key, fence: int) -> Row | None:
        """The row, where that claim is still the newest."""
        row = self.rows()[key]
        return row if row.fence == fence else None

    def commit(self, key: Key, fence: int, now: int, channel: str) -> bool:
        row, asked = self.holds(key, fence), self.messages[key[0]]
        if row is None or row.state not in PENDING or now >= asked.expires or (channel, asked.person) in self.suppressed:
            return False
        row.state, row.due, row.attempts, row.parked = State.SENDING, now + LEASE, row.attempts + 1, False
        return True

    def settle(self, key: Key, fence: int, now: int, end: End) -> bool:
        """Whether the claim is the newest and the transition legal; else nothing changes."""
        row, asked = self.holds(key, fence), self.messages[key[0]]
        done = row is not None and row.state in may_become(end.state)
        if done and row is not None:
            row.state, row.due, row.lane = end.state, end.due, end.lane
            row.claimed, row.parked, row.doubtful = False, False, row.doubtful or end.unknown
            row.strikes = 0 if end.clears else row.strikes
            rows = asked.rows.values()
            if end.successor is not None and not any(one.doubtful or one.state in _KEEPS_IT for one in rows):
                asked.rows[max(asked.rows) + 1] = Row(end.successor, State.ACCEPTED, now)
        if end.due is None:
            self.advance(asked.order, now)
        return done

    def renew(self, claims: Iterable[tuple[Key, int]], now: int) -> None:
        for key, fence in claims:
            row = self.holds(key, fence)
            if row is not None and row.claimed:
                row.due = now + LEASE

    def void(self, now: int) -> None:
        """All claims end now."""
        for row in self.rows().values():
            if row.claimed and row.due is not None:
                row.due = min(row.due, now)

    def release(self, key: Key, fence: int, due: int | None) -> None:
        row = self.holds(key, fence)
        if row is not None and row.state in PENDING | {State.UNKNOWN}:
            row.due, row.claimed = due, False

    def cancel(self, name: str, now: int) -> bool:
        """Whether that is possible: something waits, or all was cancelled before."""
        asked = self.messages[name]
        waiting = [row for row in asked.rows.values() if row.state in PENDING]
        if not waiting:
            return fold(row.state for row in asked.rows.values()) is State.CANCELLED
        for row in waiting:
            row.state, row.due, row.claimed = State.CANCELLED, None, False
        self.advance(asked.order, now)
        return True

    def replay(self, name: str, now: int) -> None:
        """What ended without having arrived goes again; what may have arrived does not."""
        asked = self.messages[name]
        rows = list(asked.rows.values())
        ended = [row for row in rows if row.state in (State.FAILED, State.EXPIRED) or (row.state is State.UNKNOWN and row.due is None)]
        arrived = any(row.state in (State.SENT, State.DELIVERED) for row in rows)
        if any(row.waits for row in rows) or not ended or (asked.mode == "first" and arrived):
            return
        unsure = [row for row in ended if row.doubtful or row.state is State.UNKNOWN]
        if asked.mode == "first":
            ended = unsure or ended[-1:]
        chosen = [row for row in ended if row not in unsure]
        busy = self.busy(asked.order)
        if chosen:
            asked.send_at, asked.expires = now, now + asked.life
        for row in chosen:
            row.state, row.fence, row.strikes, row.claimed = State.SCHEDULED, row.fence + 1, 0, False
            row.parked, row.due = busy, asked.expires if busy else now
            row.lane = "email" if asked.mode == "first" else row.lane

    def busy(self, order: str | None) -> bool:
        """Whether a message with that ordering key is under way or waits."""
        return order is not None and any(
            row.waits for asked in self.messages.values() if asked.order == order for row in asked.rows.values()
        )

    def advance(self, order: str | None, now: int) -> None:
        """The oldest that waits goes next, where nothing before it is under way."""
        named = sorted((name, asked) for name, asked in self.messages.items() if asked.order == order and order is not None)
        following = next((asked for _, asked in named if any(row.waits for row in asked.rows.values())), None)
        if following is not None and next(row for row in following.rows.values() if row.waits).parked:
            for row in following.rows.values():
                if row.parked and row.state in PENDING:
                    row.parked, row.due = False, max(now, following.send_at)
