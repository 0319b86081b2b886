"""Callbacks as they are kept: each stored with what it does, in one transaction; what comes again is recognised, what matches nothing
yet is looked at again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import structlog
from pydantic import TypeAdapter

from wasl.clock import Clock, micros
from wasl.keys import KeyRing
from wasl.ledger import callback_rows as rows
from wasl.ledger.applying import Applying
from wasl.ledger.callback_list import Unread
from wasl.ledger.confirming import heard
from wasl.ledger.hot import Row, Values
from wasl.ledger.hurry import unhurried
from wasl.ledger.matching import Found, Missing, Serving, match
from wasl.ledger.port import Transaction
from wasl.ledger.reports import Report
from wasl.ledger.store import Store
from wasl.ledger.writer import Batched

Fate = Literal["settled", "duplicate", "waiting", "orphan", "foreign", "unparsed", "quarantine"]
"""What became of a callback: it did what it says; it had come before; it waits for our own account of the call; nothing that we know is
meant; something is meant with which this provider has nothing to do; it was not understood; it is not the provider's."""
_WORST: tuple[Fate, ...] = ("foreign", "orphan", "waiting", "unparsed", "quarantine", "settled", "duplicate")

_SOON = 250_000  # microseconds until something is matched again for the first time
_OFTEN = 4_000_000  # between two looks, while a call may still be out
_CALLS = 600_000_000  # the age from which on no call is out any more: a call may take 300 s, and its answer may have to wait
_GIVEN_UP = 7 * 86_400_000_000  # the age at which nothing is matched by itself any more
BATCH = 500
"""Callbacks that are matched again in one transaction."""
LINGER = 0.002
"""Seconds that one waits for others to share its commit."""
_REPORT: TypeAdapter[Report] = TypeAdapter(Report)
_log = structlog.get_logger("wasl.receipts")


@dataclass(slots=True)  # not frozen, which costs each callback 2 µs
class Arrival:
    """A request that a provider sent: when it came (microseconds), the request encrypted, and what it tells; nothing for one that tells
    nothing we have a word for. `key` is what it is recognised by where it tells nothing; `state` is for one that was not read. `raw` is
    None where nothing may be kept of it any more."""

    id: str
    provider: str
    at: int
    raw: bytes | None
    key: str
    reports: tuple[Report, ...] = ()
    state: Literal["settled", "unparsed", "quarantine"] = "settled"


@dataclass(slots=True)
class _Line:
    """One thing that an arrival tells, or the arrival itself where it tells nothing."""

    arrival: Arrival
    report: Report | None = None
    held: bool = False
    again: bool = False
    found: Found | None = None
    missing: Missing | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.arrival.provider, self.report.key if self.report is not None else self.arrival.key

    @property
    def erased(self) -> bool:
        return self.found is not None and self.found.erased

    @property
    def ripe(self) -> bool:
        return self.found is not None and not (self.held or self.found.early)

    @property
    def fate(self) -> Fate:
        if self.again:
            return "duplicate"
        if self.report is None:
            return self.arrival.state
        return self.missing or ("settled" if self.ripe else "waiting")


class Callbacks:
    """The callbacks of one database."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock, serving: Serving, applying: Applying) -> None:
        self._store = store
        self._keys = keys
        self._clock = store.clock(clock)
        self._serving = serving
        self._applying = applying
        self._receiving: Batched[Arrival, Fate] = Batched(store.writer, self.receive, linger=LINGER)

    async def put(self, arrival: Arrival) -> Fate:
        """Store it and do what it says; on disk when it returns. Those of a moment share a commit.

        Raises:
            LedgerUnavailable, StorageLow: nothing was kept.
        """
        return await self._receiving.put(arrival)

    async def put_all(self, arrivals: Sequence[Arrival]) -> list[Fate]:
        """The same for several in one commit; returns what became of each."""
        return await self._store.writer.run(lambda tx: self.receive(tx, arrivals)) if arrivals else []

    async def drained(self) -> None:
        """Wait until everything that was handed over has its result."""
        await self._receiving.drained()

    async def receive(self, tx: Transaction, arrivals: Sequence[Arrival]) -> list[Fate]:
        """Store arrivals and do what they say, each thing once; returns what became of each."""
        now = micros(self._clock.now())
        lines = [_Line(arrival, report, held=_held(report, now)) for arrival in arrivals for report in (arrival.reports or (None,))]
        await self._place(tx, [(line, line.report) for line in lines if line.report is not None])
        _forget(lines)
        await self._keep(tx, lines)
        await self._do(tx, [line for line in lines if not line.again], now)
        fates: dict[str, list[Fate]] = {}
        for line in lines:
            fates.setdefault(line.arrival.id, []).append(line.fate)
        return [min(fates[arrival.id], key=_WORST.index) for arrival in arrivals]

    async def reread(self, unread: Unread, arrival: Arrival) -> Fate:
        """Put what was understood now in place of what was not."""

        async def work(tx: Transaction) -> list[Fate]:
            await tx.many(rows.DROP, [{"key_provider": unread.provider, "key_key": unread.key}])
            return await self.receive(tx, [arrival])

        return (await self._store.writer.run(work))[0]

    async def match_all(self) -> int:
        """Let every callback that waits or matches nothing be matched again, soon; returns how many."""
        now = micros(self._clock.now())
        return await self._store.writer.run(lambda tx: tx.many(rows.MATCH_ALL, [{"now": now}]))

    async def look_again(self) -> list[Fate]:
        """Match what is due to be matched again, at most 500; returns what became of each. It costs one read where nothing is due."""
        now = micros(self._clock.now())
        if not await self._store.reader.fetch(rows.ANY_DUE, {"now": now}):
            return []
        return await self._store.working.run(lambda tx: self._look(tx, now))

    async def _look(self, tx: Transaction, now: int) -> list[Fate]:
        lines = [self._kept(row, now) for row in await tx.fetch(rows.DUE, {"now": now, "most": BATCH})]
        await self._place(tx, [(line, line.report) for line in lines if line.report is not None])
        if lines:
            await tx.many(rows.LOOKED, [{**_named(line), **self._told(line, _next(line, now))} for line in lines])
        await self._do(tx, [line for line in lines if line.ripe], now)
        return [line.fate for line in lines]

    async def _place(self, tx: Transaction, lines: Sequence[tuple[_Line, Report]]) -> None:
        for (line, _), found in zip(lines, await match(tx, [report for _, report in lines], self._serving), strict=True):
            line.found, line.missing = (None, found) if isinstance(found, str) else (found, None)

    async def _keep(self, tx: Transaction, lines: Sequence[_Line]) -> None:
        """Store each once, and note which of them were there."""
        first: dict[tuple[str, str], _Line] = {}
        for line in lines:
            line.again = first.setdefault(line.key, line) is not line
        holders: dict[int, str] = {}
        for key, line in first.items():
            holders.setdefault(id(line.arrival), key[1])
        kept = [self._row(line, holders[id(line.arrival)]) for line in first.values()]
        if await tx.many(rows.PUT, kept) < len(kept):
            await self._known(tx, first, holders)

    async def _known(self, tx: Transaction, first: Mapping[tuple[str, str], _Line], holders: Mapping[int, str]) -> None:
        """Which were there before: their rows have another id. The request stays with the first of its things that was not."""
        stored = {(row[0], row[1]): row[2] for row in await tx.fetch(rows.STORED, {"keys": json.dumps(list(first))})}
        orphaned: dict[int, _Line] = {}
        for key, line in first.items():
            line.again = stored.get(key) != line.arrival.id
            if not line.again:
                orphaned.setdefault(id(line.arrival), line)
        moved = [line for arrival, line in orphaned.items() if holders[arrival] != line.key[1]]
        if moved:
            await tx.many(rows.HOLD, [{**_named(line), "raw": line.arrival.raw} for line in moved])

    async def _do(self, tx: Transaction, lines: Sequence[_Line], now: int) -> None:
        told = [(line, line.report) for line in lines if line.report is not None]
        matched = [(report, line.found) for line, report in told if line.found is not None and line.ripe]
        if matched:
            await self._applying.apply(tx, await unhurried(tx, matched), now)
        strangers = [report for line, report in told if line.missing == "orphan" and report.whose is not None]
        if strangers:
            await self._applying.of_strangers(tx, [(one, b) for one in strangers for b in self._serving.meant_by(one.provider)], now)
        for line, report in told:
            if line.missing == "foreign":  # a key of another brand in the wrong hands, or a callback URL at the wrong account
                _log.warning("callback.foreign", provider=report.provider, kind=report.kind, callback=line.arrival.id)
        heard(tx, [report for report, _ in matched], now)

    def _row(self, line: _Line, holder: str) -> Values:
        arrival, key = line.arrival, line.key[1]
        whose = line.report.whose if line.report is not None and not line.erased else None
        return {
            "provider": arrival.provider,
            "key": key,
            "id": arrival.id,
            "at": arrival.at,
            "kind": line.report.kind if line.report is not None else None,
            "address_hash": whose.address_hash if whose is not None else None,
            "raw": arrival.raw if holder == key else None,
            "held_by": None if holder == key else holder,
            **self._told(line, arrival.at + _SOON),
        }

    def _told(self, line: _Line, look_at: int | None) -> Values:
        """What may change: the state, of which delivery it tells, and the event, which is kept as long as it is needed."""
        found, report, fate = line.found, line.report, line.fate
        needed = report if report is not None and (fate != "settled" or report.text is not None) else None
        return {
            "state": "orphan" if fate == "foreign" else fate,
            "brand": found.brand if found is not None else None,
            "message_id": found.message_id if found is not None else None,
            "delivery": found.delivery if found is not None else None,
            "event": self._keys.seal(_REPORT.dump_json(needed), _about(line.key)) if needed is not None else None,
            "look_at": look_at if fate in ("waiting", "orphan") and _matchable(report) else None,
        }

    def _kept(self, row: Row, now: int) -> _Line:
        provider, key, callback, at, sealed = row
        report = _REPORT.validate_json(self._keys.open(sealed, _about((provider, key))))
        return _Line(Arrival(callback, provider, at, b"", key), report, held=_held(report, now))


def _forget(lines: Sequence[_Line]) -> None:
    """Of those who were erased since, keep only what became of a delivery: not the request, nor what they wrote."""
    bare = {line.arrival.id: replace(line.arrival, raw=None) for line in lines if line.erased}
    for line in lines if bare else ():
        line.arrival = bare.get(line.arrival.id, line.arrival)
        if line.erased and line.report is not None:
            line.report = replace(line.report, text=None, thread=None, code=None, facts={})


def _held(report: Report | None, now: int) -> bool:
    return report is not None and report.held_until > now


def _matchable(report: Report | None) -> bool:
    return report is not None and (report.attempted is not None or report.provider_ref is not None)


def _next(line: _Line, now: int) -> int | None:
    """When it is matched again: soon while a call may still be out, then ever less often; not after a week."""
    age = now - line.arrival.at
    if age >= _GIVEN_UP:
        return None
    return now + max(_SOON, min(age, _OFTEN) if age < _CALLS else age)


def _named(line: _Line) -> Values:
    return {"key_provider": line.key[0], "key_key": line.key[1]}


def _about(key: tuple[str, str]) -> bytes:
    return f"report|{key[0]}|{key[1]}".encode()
