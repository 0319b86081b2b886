"""Those who listen to the feed: one task reads it for all of them in this process, and each gets what it wants, some of it in advance.

Who goes on after an earlier event first reads by itself what it missed, and then joins. The order of the feed is total, so what it read
and is told once more is known by its place.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain

import structlog

from wasl.clock import moment
from wasl.errors import Gone, TooManyListeners, WaslError
from wasl.feed.seen import FeedEvent, Wanted
from wasl.ledger.feed import START, Cursor, Entry, Feed
from wasl.restoring import restored

_POLL = 0.25  # seconds: how soon it sees what other processes told
_GATHER = 0.03  # seconds between two looks, however much is told here: one look for many commits
_AWAY = 1.0  # seconds between two tries while the database cannot be used
_PAGE = 500  # events that are read in one go
_MOST_WAITING = 2_000  # events that wait for one listener

_log = structlog.get_logger("wasl.feed")
_Placed = tuple[Cursor, FeedEvent]


class Listener:
    """One who listens. `place` is behind all that it took or did not want: there it can go on later.

    `read` offers it a page of what it missed. While it has `joined`, it is offered what comes. Where too much waits for it, it drops that
    and has to read again, in its own time.
    """

    def __init__(self, wanted: Wanted, place: Cursor, read: "Callable[[Listener], Awaitable[None]]") -> None:
        self.place = place
        self.joined = False
        self.ended = False
        self._wanted = wanted
        self._read = read
        self._offered = place
        self._waiting: list[FeedEvent] = []
        self._news = asyncio.Event()

    def offer(self, told: Sequence[_Placed]) -> None:
        """What comes next in the feed; what came already is passed over."""
        for place, event in told:
            if place.order > self._offered.order:
                self._offered = place
                if self._wanted.fits(event):
                    self._waiting.append(event)
        if not self._waiting:
            self.place = self._offered
        elif len(self._waiting) > _MOST_WAITING:
            self._waiting, self._offered, self.joined = [], self.place, False
        else:
            self._news.set()

    def go_to(self, place: Cursor) -> None:
        """Begin there, before anything was taken."""
        self.place = self._offered = place

    def end(self) -> None:
        """Nothing more comes."""
        self.ended = True
        self._news.set()

    async def take(self, seconds: float) -> Sequence[FeedEvent]:
        """What came; nothing where nothing did for so long, or where it has ended.

        Raises:
            Gone: it took so long that what comes next is not kept any more.
            LedgerUnavailable: what it missed cannot be read just now.
        """
        now = asyncio.get_running_loop().time
        end = now() + seconds
        while not (self.joined or self._waiting or self.ended) and now() < end:
            await self._read(self)
        if not await _within(end - now(), self._news):
            return ()
        if not self.ended:
            self._news.clear()
        taken, self._waiting, self.place = self._waiting, [], self._offered
        return taken


class Listeners:
    """All that listen to one database in this process, at most so many of each brand."""

    def __init__(self, feed: Feed, most: int) -> None:
        self._feed = feed
        self._most = most
        self._open: defaultdict[str, list[Listener]] = defaultdict(list)
        self._places: dict[str, Cursor] = {}
        """Up to where those who joined were told, of each brand that has some."""
        self._task: asyncio.Task[None] | None = None
        self._ended = False
        self._news = asyncio.Event()
        feed.on_told(self._news.set)

    @asynccontextmanager
    async def listening(self, brand: str, wanted: Wanted, after: Cursor | None = None) -> AsyncIterator[Listener]:
        """One who gets what comes after a place, or from now on.

        Raises:
            Gone: what came after that place is not kept any more.
            TooManyListeners.
        """
        if len(self._open[brand]) >= self._most:
            raise TooManyListeners("As many listen to these events as this process serves.")
        self._open[brand].append(listener := Listener(wanted, after or START, partial(self._read, brand)))
        try:
            if after is None:
                listener.go_to(await self._feed.newest(brand))
            else:
                await self._check(brand, after)
            if self._ended:
                listener.end()
            yield listener
        finally:
            self._open[brand].remove(listener)

    def end(self) -> None:
        """Let all who listen end, and all who come."""
        self._ended = True
        for listener in chain(*self._open.values()):
            listener.end()

    async def close(self) -> None:
        """The same, and let go of the ledger."""
        self.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _read(self, brand: str, listener: Listener) -> None:
        """Offer it a page of what it missed; where there is no more, it joins those who are told."""
        await self._check(brand, listener.place)
        told_before = self._places.get(brand)
        told = await self._after(brand, listener.place)
        listener.offer(told)
        if len(told) < _PAGE and self._places.get(brand) == told_before:  # else the others were told more meanwhile: it reads that too
            listener.joined = True
            self._places.setdefault(brand, listener.place)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._run(), name="wasl-feed")

    async def _check(self, brand: str, place: Cursor) -> None:
        if not await self._feed.keeps(brand, place):
            raise Gone("What came after that event is not kept any more.")

    async def _run(self) -> None:
        """Tell those who joined, as long as there are any."""
        while self._places:
            try:
                self._news.clear()
                for brand, place in tuple(self._places.items()):
                    await self._tell(brand, place)
                await asyncio.sleep(_GATHER)
                await _within(_POLL, self._news)
            except WaslError as error:
                _log.warning("feed.waiting", code=error.code)
                await asyncio.sleep(_AWAY)
            except Exception:
                _log.exception("feed.failed")  # a fault of ours; what was not told yet is read again
                await asyncio.sleep(_AWAY)

    async def _tell(self, brand: str, place: Cursor) -> None:
        """Offer those of a brand what came after a place."""
        told = await self._after(brand, place)
        listening = [listener for listener in self._open[brand] if listener.joined]
        if not listening:
            del self._places[brand]
        elif told:
            self._places[brand] = told[-1][0]
            for listener in listening:
                listener.offer(told)
        if len(told) == _PAGE:
            self._news.set()

    async def _after(self, brand: str, place: Cursor) -> list[_Placed]:
        return [(entry.cursor, _event(entry)) for entry in await self._feed.after(brand, place, _PAGE)]


async def _within(seconds: float, happened: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await happened.wait()
    except TimeoutError:
        return False


def _event(entry: Entry) -> FeedEvent:
    fields: dict[str, object] = {
        "id": str(entry.cursor),
        "type": entry.type,
        "at": moment(entry.at),
        "message": entry.message_id,
        "delivery": entry.delivery,
        "channel": entry.channel,
        "provider": entry.provider,
        "recipient": entry.recipient_id,
        "topic": entry.topic,
        "reason": entry.reason,
        "successor": entry.successor,
    }
    return restored(FeedEvent, fields)
