"""Exports: what users asked for, how far each is written, and the lines that are.

A process that writes one holds it by a lease (leases.py). A part and the place behind it commit together, under the fence: whoever takes
over after a crash goes on there, and whoever was late changes nothing.
"""

import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from wasl.audited import Entry
from wasl.clock import Clock, micros, moment
from wasl.errors import Gone
from wasl.export_seen import ExportSeen, ExportState, Fault
from wasl.keys import KeyRing
from wasl.ledger import export_statements as sql
from wasl.ledger import locks
from wasl.ledger.audit import with_entry
from wasl.ledger.leases import HELD
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.suppressions import ALL_BRANDS

_KEPT = 3600 * 1_000_000  # microseconds after the link has ended
_PACKED = 1  # zlib's level: a sixth is left of what lists say, in a tenth of the time that making them takes
_MARK = 8  # bytes of a MAC: with a million of them, one erasure in ten thousand million lets go of an export that it need not

Subject = tuple[str, str]
"""Brand and id of what a line tells of: a person, a message, a suppressed address."""


class Part(NamedTuple):
    """Some lines of a file, where the next ones are to be looked for, and what they tell of. `last`: there are no more."""

    lines: bytes
    rows: int
    place: str
    about: Collection[Subject]
    last: bool


@dataclass(frozen=True, slots=True)
class Held:
    """An export that this process writes now: where to go on, and what was asked for, as JSON."""

    seen: ExportSeen
    fence: int
    place: str
    asked: str

    @property
    def key(self) -> dict[str, object]:
        """By which its row is found as long as it is held."""
        return {"key_id": self.seen.id, "key_fence": self.fence}


class Exports:
    """The exports of one database. Writes are on disk when they return."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    async def add(self, seen: ExportSeen, asked: str, entry: Entry, *, most_open: int, most: int) -> bool:
        """Store a new one, and tell the audit; False where its user has as many as they may."""
        told = seen.model_dump(exclude={"query", "brands", "at_least", "asked_at", "expires_at"})
        row = {
            **told, "brands": json.dumps(seen.brands), "at_least": int(seen.at_least), "asked_at": micros(seen.asked_at),
            "expires_at": micros(seen.expires_at), "place": "", "fence": 0, "leased_until": 0,
            "sealed": self._keys.seal(json.dumps([seen.query, asked]).encode(), _about(seen.id)),
        }  # fmt: skip

        async def work(tx: Transaction) -> bool:
            await tx.lock({locks.exports(seen.user_id)})
            kept, still_open = (await tx.fetch(sql.COUNT, {"key_user": seen.user_id}))[0]
            if kept >= most or still_open >= most_open:
                return False
            await tx.fetch(sql.ADD, row)
            return True

        return await self._store.writer.run(with_entry(work, entry, self._now, when=bool))

    async def get(self, user_id: str, export_id: str) -> ExportSeen | None:
        """An export of this user."""
        rows = await self._store.reader.fetch(sql.ONE, {"key_id": export_id, "key_user": user_id})
        return self._told(rows[0])[0] if rows else None

    async def of(self, user_id: str) -> Sequence[ExportSeen]:
        """All of this user, newest first."""
        return [self._told(row)[0] for row in await self._store.reader.fetch(sql.OF_USER, {"key_user": user_id})]

    async def stop(self, seen: ExportSeen, entry: Entry) -> bool:
        """Write no more of it, or let go of what is ready; its bytes go. False: there was nothing of it any more."""
        return await self._store.writer.run(with_entry(_ending(seen.id, "stopped", self._now), entry, self._now, when=bool))

    async def lines(self, seen: ExportSeen) -> AsyncIterator[bytes]:
        """Its file, part by part.

        Raises:
            Gone: its bytes were let go meanwhile.
        """
        for number in range(seen.parts):
            rows = await self._store.reader.fetch(sql.PART, {"key_id": seen.id, "key_number": number})
            if not rows:
                raise Gone("This export is not kept any more.", suggested_action="Ask for it again.")
            yield zlib.decompress(self._keys.open(rows[0][0], _about(seen.id, number)))

    # Writing it

    async def claim(self, export_id: str | None = None) -> Held | None:
        """The right to write this one, or of those that wait the one with the fewest rows so far; None where there is none."""
        now = self._now
        if export_id is None:
            waiting = await self._store.reader.fetch(sql.NEXT, {"now": now})
            if not waiting:
                return None
            export_id = str(waiting[0][0])
        told = {"key_id": export_id, "now": now, "leased_until": now + HELD}
        rows = await self._store.working.run(lambda tx: tx.fetch(sql.CLAIM, told))
        if not rows:
            return None
        *columns, fence, place = rows[0]
        seen, asked = self._told(columns)
        return Held(seen, fence, place, asked)

    async def write(self, held: Held, part: Part) -> Held | None:
        """Store its next part; returns how it goes on, None where it is whole now, or not this process's any more."""
        now, seen = self._now, held.seen
        grown = {"rows": seen.rows + part.rows, "bytes": seen.bytes + len(part.lines), "parts": seen.parts + bool(part.lines)}
        ended = {"state": "ready", "ended_at": now} if part.last else {"state": "writing", "ended_at": None}
        told = {**held.key, **grown, **ended, "place": part.place, "leased_until": now + HELD}
        packed = zlib.compress(part.lines, _PACKED)
        row = {
            "export_id": seen.id, "number": seen.parts, "about": b"".join(sorted(self._marks(part.about))),
            "sealed": self._keys.seal(packed, _about(seen.id, seen.parts)),
        }  # fmt: skip

        async def work(tx: Transaction) -> bool:
            if not await tx.fetch(sql.GO_ON, told):
                return False
            if part.lines:
                await tx.fetch(sql.PUT_PART, row)  # alone: in a batch its bytes would go as text
            return True

        if not await self._store.working.run(work) or part.last:
            return None
        return Held(seen.model_copy(update=grown), held.fence, part.place, held.asked)

    async def fail(self, held: Held, fault: Fault) -> None:
        """It cannot be made; nothing of it is kept."""
        told = {**held.key, "sealed": b"", "ended_at": self._now, "state": "failed", "fault": fault}

        async def work(tx: Transaction) -> None:
            if await tx.fetch(sql.FAIL, told):
                await tx.fetch(sql.FORGET_PARTS, {"key_id": held.seen.id})

        await self._store.working.run(work)

    async def release(self, held: Held) -> None:
        """Let another one go on with it."""
        await self._store.working.run(lambda tx: tx.fetch(sql.RELEASE, held.key))

    async def clear(self) -> int:
        """Remove those whose link ended an hour ago, and those of users who are not there any more; returns how many, at most 100."""
        old = await self._store.reader.fetch(sql.OLD, {"before": self._now - _KEPT})
        for (export_id,) in old:  # one at a time: each may have many parts
            await self._store.working.run(partial(_remove, export_id=export_id))
        return len(old)

    # Whom it tells of

    async def discard(self, brand: str, objects: Iterable[str]) -> int:
        """Let go of every export that tells of one of these; returns how many. For the end of an erasure, when the ledger tells nothing.

        What is just being written may have been read before that: its holder loses it, and whoever goes on with it reads again.
        """
        if await self._store.reader.fetch(sql.OPEN, {}):
            await self._store.working.run(lambda tx: tx.fetch(sql.VOID, {}))
        live = [str(row[0]) for row in await self._store.reader.fetch(sql.LIVE, {})]
        wanted = self._marks((one, told) for told in objects for one in (brand, ALL_BRANDS)) if live else set()
        found = [export_id for export_id in live if await self._tells(export_id, wanted)]
        for export_id in found:
            await self._store.working.run(_ending(export_id, "discarded", self._now))
        return len(found)

    async def _tells(self, export_id: str, wanted: Collection[bytes]) -> bool:
        after = -1
        while rows := await self._store.reader.fetch(sql.ABOUT, {"key_id": export_id, "after": after}):
            if not all(_marks_of(row[1]).isdisjoint(wanted) for row in rows):
                return True
            after = rows[-1][0]
        return False

    def _marks(self, about: Iterable[Subject]) -> set[bytes]:
        return {self._keys.sign(f"export|{brand}|{told}".encode())[:_MARK] for brand, told in set(about)}

    @property
    def _now(self) -> int:
        return micros(self._clock.now())

    def _told(self, row: Sequence[Any]) -> tuple[ExportSeen, str]:
        """An export, and what was asked for; where it holds nothing any more, that is not told either."""
        told = dict(zip(sql.SEEN, row, strict=True))
        sealed = bytes(told.pop("sealed"))
        query, asked = json.loads(self._keys.open(sealed, _about(told["id"]))) if sealed else ("", "")
        moments = {name: moment(told[name]) for name in ("asked_at", "expires_at", "ended_at") if told[name] is not None}
        return ExportSeen.model_validate({**told, **moments, "brands": json.loads(told["brands"]), "query": query}), asked


def _ending(export_id: str, state: ExportState, now: int) -> Callable[[Transaction], Awaitable[bool]]:
    """What ends an export that is open or ready, and lets go of its bytes; False where it was neither."""
    told = {"key_id": export_id, "sealed": b"", "ended_at": now, "state": state, "fault": None}

    async def work(tx: Transaction) -> bool:
        ended = await tx.fetch(sql.END, told)
        await tx.fetch(sql.FORGET_PARTS, {"key_id": export_id})
        return bool(ended)

    return work


async def _remove(tx: Transaction, export_id: str) -> None:
    await tx.fetch(sql.FORGET_PARTS, {"key_id": export_id})
    await tx.fetch(sql.REMOVE, {"key_id": export_id})


def _marks_of(told: bytes) -> set[bytes]:
    return {told[at : at + _MARK] for at in range(0, len(told), _MARK)}


def _about(export_id: str, number: int | None = None) -> bytes:
    """What a value is sealed with beside the key, so that it opens nowhere else."""
    return f"export|{export_id}|{'' if number is None else number}".encode()
