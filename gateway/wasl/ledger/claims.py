"""Claiming: a batch of deliveries that are due, each with its envelope, under a lease and a fence that grows."""

import json
from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog

from wasl.clock import moment
from wasl.keys import KeyRing
from wasl.ledger import statements as sql
from wasl.ledger.envelopes import envelope_of, told
from wasl.ledger.fairness import Fairness
from wasl.ledger.hot import Row, Values
from wasl.ledger.people import PersonRow
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.rows import DeliveryRow, MessageRow, brand_of
from wasl_contracts import Envelope, Mark, Reason, State

_log = structlog.get_logger("wasl.ledger")
_ATTEMPTS, _FLOW = 10, 15  # the positions of these columns in what CLAIM returns
_FRESH = 250_000  # microseconds that the list of flows with something due is good for
LEASE = 60 * 1_000_000
"""How long a claim holds without a sign of life of its worker, in microseconds."""


OwnRooms = Mapping[str, Mapping[str, int]]
"""Lanes in which brands have room of their own, none for one whose providers have none; a brand that is not in it shares the lane's."""


class Doubt(NamedTuple):
    """A call of which nobody knows whether the provider took it: the attempt's number, and since when."""

    attempt: int
    since: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker alone may move on, until its lease ends; and what it is for."""

    brand: str
    message_id: str
    number: int
    state: State
    reason: Reason | None
    marks: tuple[Mark, ...]
    fence: int
    lane: str
    channel: str | None
    address_hash: str | None
    provider: str | None
    attempts: int
    refused: tuple[str, ...]
    tried: tuple[str, ...]
    envelope: Envelope
    flow: str = ""
    superseded_by: str | None = None
    """The newer message that replaced it, as it was when it was claimed."""
    strikes: int = 0
    """How often its worker died, or lost its lease, while it may have been at fault (poison.py)."""
    ordering_key: str | None = None
    unproven: bool = False
    """An earlier call may have sent it, so it may not go by another provider or channel."""
    doubts: tuple[Doubt, ...] = ()
    """Those calls."""
    past: int = 0
    """Attempts before it was replayed."""

    @property
    def tries(self) -> int:
        """Attempts since it was accepted or replayed: those that its limits count."""
        return self.attempts - self.past

    @property
    def key(self) -> Values:
        """The parameters that name it in an update, fence included."""
        return {"key_brand": self.brand, "key_message": self.message_id, "key_number": self.number, "key_fence": self.fence}


@dataclass(frozen=True, slots=True)
class Release:
    """A claimed delivery that goes back without a change of state: due at that moment (None: until something happens), by that lane."""

    claimed: Claimed
    lane: str
    due_at: int | None
    struck: bool = False
    """It goes back because of a fault of ours, which counts against it (poison.py)."""


class _Part(NamedTuple):
    """What of a lane shares a room: the flows of a brand, or of all `without` some."""

    lane: str
    room: int
    brand: str = ""
    without: Container[str] = ()

    def chosen(self, flows: list[str]) -> list[str]:
        """Its flows, of those of the lane."""
        if not self.brand and not self.without:
            return flows
        return [flow for flow in flows if (brand_of(flow) == self.brand if self.brand else brand_of(flow) not in self.without)]


class Claiming:
    """Claims in fair shares, of these brands. Remembers for a moment which flows have something due, which costs a look at each."""

    def __init__(self, brands: Container[str]) -> None:
        self._brands = brands
        self._flows: dict[str, list[str]] = {}
        self._looked: dict[str, int] = {}
        self._fairness: defaultdict[tuple[str, str], Fairness] = defaultdict(Fairness)

    async def claim(self, tx: Transaction, rooms: Mapping[str, int], now: int, own: OwnRooms) -> list[tuple[str, Row]]:
        """Claim up to so many due deliveries of each lane; returns the lane and the row of each."""
        found: list[tuple[str, Row]] = []
        for lane, room in rooms.items():
            found += [(lane, row) for row in await self._of_lane(tx, _Part(lane, room, without=own.get(lane, {})), now)]
        for lane, brands in own.items():
            for brand, room in ((brand, room) for brand, room in brands.items() if room):
                found += [(lane, row) for row in await self._of_lane(tx, _Part(lane, room, brand), now)]
        return found

    async def _of_lane(self, tx: Transaction, part: "_Part", now: int) -> list[Row]:
        lane, room = part.lane, part.room
        if not 0 <= now - self._looked.get(lane, -_FRESH) < _FRESH:
            due = await tx.fetch(sql.FLOWS, {"lane": lane, "now": now})
            self._flows[lane] = [row[0] for row in due if brand_of(row[0]) in self._brands]
            self._looked[lane] = now
        found: list[Row] = []
        flows = part.chosen(self._flows[lane])
        while flows and len(found) < room:
            wanted = self._fairness[lane, part.brand].shares(flows, room - len(found))
            rows = await tx.each(sql.CLAIM, [_claim(lane, flow, share, now) for flow, share in wanted.items()])
            found += rows
            got = Counter(row[_FLOW] for row in rows)
            flows = [flow for flow in flows if got[flow] >= wanted.get(flow, 0)]  # what one did not use goes to those that have more
        if len(found) < room:
            del self._looked[lane]  # all that was due is claimed: look again next time
        return found


def _claim(lane: str, flow: str, room: int, now: int) -> Values:
    return {"lane": lane, "flow": flow, "room": room, "now": now, "lease_ends": now + LEASE}


async def read_envelopes(tx: Reader, rows: Sequence[tuple[str, Row]], keys: KeyRing) -> list[Claimed]:
    """The envelopes of claimed rows: one query for the batch, and one for those that were called before."""
    wanted = json.dumps(list({(row[0], row[1]) for _, row in rows}))
    envelopes = {}
    for row in await tx.fetch(sql.CLAIMED_MESSAGES, {"keys": wanted}):
        try:
            envelopes[row[0], row[1]] = envelope_of(row[:-1], keys), row[-1]
        except Exception as error:  # one that is damaged must not keep back the others, and there is nothing to do with it
            _log.error("message.unreadable", message=row[1], error=type(error).__name__)
    called = [row[:3] for _, row in rows if row[_ATTEMPTS]]
    calls: defaultdict[Row, list[Row]] = defaultdict(list)
    for call in await tx.fetch(sql.CALLS, {"keys": json.dumps(called)}) if called else ():
        calls[call[:3]].append(call[3:])
    return [_claimed(lane, row, envelopes[row[0], row[1]], calls[row[:3]]) for lane, row in rows if (row[0], row[1]) in envelopes]


async def release(tx: Transaction, releases: Sequence[Release]) -> None:
    """Give claims back."""
    rows = [{**r.claimed.key, "due_at": r.due_at, "lane": r.lane, "strikes": r.claimed.strikes + r.struck} for r in releases]
    await tx.many(sql.RELEASE, rows)


async def strike(tx: Transaction, suspects: Sequence[Claimed]) -> None:
    """Count a strike before they are tried: it is taken back when the process outlives that."""
    await tx.many(sql.STRIKE, [suspect.key for suspect in suspects])


async def renew(tx: Transaction, held: Sequence[Claimed], now: int) -> None:
    """A sign of life: the leases begin anew."""
    await tx.many(sql.RENEW, [{**claimed.key, "lease_ends": now + LEASE} for claimed in held])


def _claimed(lane: str, row: Row, told: tuple[Envelope, str | None], calls: Sequence[Row]) -> Claimed:
    envelope, superseded_by = told
    (
        brand,
        message_id,
        number,
        state,
        reason,
        marks,
        fence,
        channel,
        address_hash,
        provider,
        attempts,
        refused,
        tried,
        strikes,
        ordering_key,
        flow,
    ) = row
    doubts = tuple(Doubt(attempt, ended_at) for attempt, _, ended_at, outcome in calls if outcome == "unknown")
    # A replay gives it a new time to go from; what was tried before belongs to the life before.
    past = sum(envelope.send_at is not None and moment(started_at) < envelope.send_at for _, started_at, _, _ in calls)
    return Claimed(
        brand=brand,
        message_id=message_id,
        number=number,
        state=State(state),
        reason=Reason(reason) if reason else None,
        marks=_marks(marks, reason),
        fence=fence,
        lane=lane,
        channel=channel,
        address_hash=address_hash,
        provider=provider,
        attempts=attempts,
        refused=tuple(json.loads(refused)) if refused != "[]" else (),
        tried=tuple(json.loads(tried)) if tried != "[]" else (),
        envelope=envelope,
        flow=flow,
        superseded_by=superseded_by,
        strikes=strikes,
        ordering_key=ordering_key,
        unproven=bool(doubts),
        doubts=doubts,
        past=past,
    )


def _marks(stored: str, reason: str | None) -> tuple[Mark, ...]:
    """Its marks; what waited for proof, and is due now, goes because none came."""
    marks = tuple(map(Mark, json.loads(stored))) if stored != "[]" else ()
    return (*marks, Mark.ESCALATED) if reason == Reason.AWAITING_PROOF and Mark.ESCALATED not in marks else marks


def foreseen(message: MessageRow, person: PersonRow, delivery: DeliveryRow, keys: KeyRing) -> Claimed:
    """A delivery as it would be claimed, had it been accepted."""
    envelope = envelope_of(told(message, person), keys)
    return Claimed(
        brand=message["brand"],
        message_id=message["id"],
        number=delivery["number"],
        state=State(delivery["state"]),
        reason=Reason(delivery["reason"]) if delivery["reason"] else None,
        marks=(),
        fence=0,
        lane=delivery["lane"],
        channel=delivery["channel"],
        address_hash=None,
        provider=None,
        attempts=0,
        refused=(),
        tried=(),
        envelope=envelope,
        flow=delivery["flow"],
        ordering_key=delivery["ordering_key"],
    )
