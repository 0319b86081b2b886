"""Writes exports piece by piece, behind those who send: for each of its own moments it leaves them several."""

import asyncio
import time
from collections.abc import Callable

import structlog

from wasl.errors import WaslError
from wasl.export_seen import AT_ONCE, MOST_BYTES, MOST_ROWS
from wasl.exports.lines import first_lines, lines
from wasl.exports.sources import COLUMNS, Sources, Stretch
from wasl.ledger.exports import Exports, Held, Part

_EVERY = 1.0  # seconds until it looks again
_SHARE = 4  # times as long as a piece took, it leaves the thread to those who send
_TURN = 2.0  # seconds of work at one export, before the one with the fewest rows has its turn
_SOON = 0.5  # seconds that a request may spend on a small one
_PIECE = 500  # rows in one go: for so long as these take the thread is not free
_CLEARS = 60.0  # seconds
_log = structlog.get_logger("wasl.exports")


class WritingOut:
    """Writes the exports of one ledger. `look` does what there is to do; `start` begins a task that does so again and again.

    While `low` says so, there is too little room on the disk, and all of them wait.
    """

    def __init__(self, exports: Exports, sources: Sources, low: Callable[[], bool]) -> None:
        self.sources = sources
        self._exports = exports
        self._low = low
        self._task: asyncio.Task[None] | None = None
        self._held: Held | None = None
        self._cleared = -_CLEARS

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="wasl-exports")

    async def close(self) -> None:
        """Stop; what is not whole yet, another one goes on with at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._held is not None:
            await self._exports.release(self._held)

    async def look(self) -> None:
        """Write all that waits, and remove what is old."""
        if time.monotonic() - self._cleared > _CLEARS:
            self._cleared = time.monotonic()
            await self._exports.clear()
        while not self._low() and (held := await self._exports.claim()) is not None:
            await self._turn(held)

    async def soon(self, export_id: str) -> None:
        """Write the first thousand rows of an export that was just asked for, within half a second: small ones are whole by then."""
        ends = time.monotonic() + _SOON
        held = await self._exports.claim(export_id) if not self._low() else None
        while held is not None and held.seen.rows < AT_ONCE and time.monotonic() < ends:
            held = await self._piece(held, AT_ONCE)
        if held is not None:
            await self._exports.release(held)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self.look()
            except WaslError as error:
                _log.error("exports.waiting", code=error.code)
            except Exception:
                _log.exception("exports.failed")  # a fault of ours: it looks again

    async def _turn(self, held: Held) -> None:
        self._held = held
        worked = 0.0
        while self._held is not None and worked < _TURN:
            began = time.monotonic()
            self._held = await self._piece(self._held, _PIECE)
            took = time.monotonic() - began
            worked += took
            await asyncio.sleep(_SHARE * took)
        if self._held is not None:
            await self._exports.release(self._held)
            self._held = None

    async def _piece(self, held: Held, size: int) -> Held | None:
        """Write the next rows; returns how it goes on, None where it does not."""
        source = self.sources.of(held.seen.kind, held.seen.brands, held.asked)
        try:
            part = _part(held, await source.stretch(held.place, size))
        except WaslError:
            raise
        except Exception:
            _log.exception("exports.broken", export=held.seen.id)
            await self._exports.fail(held, "broken")
            return None
        if held.seen.rows + part.rows > MOST_ROWS:
            await self._exports.fail(held, "too_many")
        elif held.seen.bytes + len(part.lines) > MOST_BYTES:
            await self._exports.fail(held, "too_large")
        else:
            return await self._exports.write(held, part)
        return None


def _part(held: Held, found: Stretch) -> Part:
    seen, columns = held.seen, COLUMNS[held.seen.kind]
    begin = first_lines(seen.format, columns) if not seen.parts else b""
    told = begin + lines(seen.format, columns, found.rows)
    return Part(told, len(found.rows), found.place or "", found.about, found.place is None)
