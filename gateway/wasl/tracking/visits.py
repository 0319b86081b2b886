"""What is done with tracked links: where one leads, and that it was followed.

Whoever clicked does not wait for the database longer than a moment; what they did is written all the same.
"""

import asyncio
from datetime import timedelta

import structlog

from wasl.clock import micros, moment
from wasl.errors import LedgerUnavailable, StorageLow
from wasl.ids import new_callback_id
from wasl.keys import KeyRing
from wasl.ledger.callbacks import Arrival, Callbacks
from wasl.ledger.reports import Attempted, Report
from wasl.ledger.tracked import TrackedCall, TrackedCalls
from wasl.receipts.sealing import sealed
from wasl.tracking.machines import Visit, told_by
from wasl.tracking.tokens import PICTURE, Link, read
from wasl_contracts import Callback, EventKind

_PATIENCE = 0.05  # seconds that an answer waits for the commit
_MOST = 1000  # visits that may wait for the database
_AWAY = 0.5  # seconds between two tries
_CLOSING = 5.0  # seconds that a database which is away has when the process ends
_HURRY = timedelta(seconds=1)
"""For so long a click waits: who follows two links within it is a machine."""
_log = structlog.get_logger("wasl.tracking")


class Visits:
    """Takes visits in."""

    def __init__(self, ring: KeyRing, calls: TrackedCalls, callbacks: Callbacks) -> None:
        self._ring = ring
        self._calls = calls
        self._callbacks = callbacks
        self._notes: set[asyncio.Task[None]] = set()

    async def opened(self, token: str, visit: Visit | None) -> bool:
        """Note that a mail was shown; False where the token is none of ours, or what it was sent with is gone. None: nobody looked."""
        found = await self._found(token, picture=True)
        if found is not None and visit is not None and found[1].opens:
            await self._note("opened", *found, visit)
        return found is not None and found[1].opens

    async def clicked(self, token: str, visit: Visit | None) -> str | None:
        """Note that a link was followed; where it leads, None as above."""
        found = await self._found(token, picture=False)
        if found is None or not 0 < found[0].number <= len(found[1].targets):
            return None
        if visit is not None:
            await self._note("clicked", *found, visit)
        return found[1].targets[found[0].number - 1]

    async def close(self) -> None:
        """Write what is still to be written; where the database is away, not for ever."""
        if self._notes:
            _, late = await asyncio.wait(self._notes, timeout=_CLOSING)
            for note in late:
                note.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _found(self, token: str, *, picture: bool) -> tuple[Link, TrackedCall] | None:
        link = read(self._ring, token)
        if link is None or (link.number == PICTURE) is not picture:
            return None
        call = await self._calls.find(*link[:-1])
        return (link, call) if call is not None else None

    async def _note(self, kind: EventKind, link: Link, call: TrackedCall, visit: Visit) -> None:
        if visit.private:
            return
        if len(self._notes) >= _MOST:
            _log.error("visit.dropped", kind=kind)
            return
        note = asyncio.create_task(self._write(self._arrival(kind, link, call, visit)))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)
        await asyncio.wait([note], timeout=_PATIENCE)

    async def _write(self, arrival: Arrival) -> None:
        while True:
            try:
                await self._callbacks.put(arrival)
                return
            except (LedgerUnavailable, StorageLow) as error:
                _log.warning("visit.waiting", code=error.code)
                await asyncio.sleep(_AWAY)

    def _arrival(self, kind: EventKind, link: Link, call: TrackedCall, visit: Visit) -> Arrival:
        machine = told_by(visit, moment(call.ended_at) if call.ended_at is not None else None)
        at, clicked = micros(visit.at), kind == "clicked"
        # A person who clicks after a filter has followed every link is another one; a link that is called all day is not.
        when = visit.at.strftime("%Y-%m-%dT%H:%M") if clicked else ""
        report = Report(
            provider=call.provider,
            key=self._ring.hash(f"visit|{kind}|{link}|{machine is not None}|{when}"),
            kind=kind,
            at=at,
            attempted=Attempted(link.message_id, link.delivery, link.attempt),
            code=machine,
            machine=machine is not None,
            own=True,
            held_until=at + micros_of(_HURRY) if clicked and machine is None else 0,
            facts={"link": str(link.number)} if clicked else {},
        )
        name = new_callback_id(at)
        raw = sealed(self._ring, call.provider, name, Callback("GET", "", {"User-Agent": visit.agent[:512]}, b"", visit.at))
        return Arrival(name, call.provider, at, raw, report.key, (report,))


def micros_of(span: timedelta) -> int:
    """A span in microseconds."""
    return span // timedelta(microseconds=1)
