"""Posting what happened to all endpoints: a task beside the worker's. START HERE to see how it goes.

Each turn of an endpoint posts what is due to be tried again and what is new in the feed, at most so many, and writes what became of it in
one commit. Killed in between, another turn posts the same events again, with the same ids.
"""

import asyncio
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import structlog

from wasl.clock import micros
from wasl.errors import WaslError
from wasl.ledger.feed import START, Cursor, Entry
from wasl.ledger.ledger import Ledger
from wasl.ledger.webhooks import Endpoint, Place
from wasl.webhooks.happening import Happening
from wasl.webhooks.outcome import Posted, outcome
from wasl.webhooks.posting import Posting

_log = structlog.get_logger("wasl.webhooks")
_POLL = 1.0  # seconds: how soon it sees what other processes told, and what has become due
_GATHER = 0.05  # seconds between two looks, however much is told here
_GRACE = 5.0  # seconds that posts may still take when it closes
_AWAY = 1.0  # seconds between two tries while the database cannot be used
_ENDPOINTS = 32  # that are posted to at one time
_IN_FLIGHT = 8  # posts to one endpoint at one time
_BATCH = 32  # events in a turn: at 15 seconds each, they are done in one minute, long before the lease of three ends
_READ = 512  # events that are read at one time
_MOST_WAITING = 1_000  # events that wait for one endpoint; where more do, the others stay in the feed
_LAGS = timedelta(hours=12)  # an endpoint that is so far behind may miss what the feed no longer keeps

POSTS = _ENDPOINTS * _IN_FLIGHT
"""How many connections there may be at one time."""


@dataclass(slots=True)
class _Ahead:
    """What was read of the feed beyond a turn: a row of it holds all that one commit told, and is read whole."""

    cursor: Cursor | None = None
    entries: Sequence[Entry] = ()

    def take(self, most: int) -> Sequence[Entry]:
        taken, self.entries = self.entries[:most], self.entries[most:]
        self.cursor = taken[-1].cursor if taken else None
        return taken


class Dispatching:
    """Posts until it is closed, while `sends` says that this process may; only for these brands."""

    def __init__(self, ledger: Ledger, posting: Posting, brands: Container[str], random: Random) -> None:
        self._rows = ledger.webhooks
        self._feed = ledger.feed
        self._clock = ledger.clock
        self._posting = posting
        self._brands = brands
        self._random = random
        self._turning: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, sends: Callable[[], bool]) -> None:
        """Begin, as soon as this process may send."""
        self._feed.on_told(self._news.set)
        self._task = asyncio.create_task(self._run(sends), name="wasl-webhooks")

    async def close(self) -> None:
        """Begin no post any more, and let those that are out end. What takes too long is posted again, by the next worker."""
        self._closing.set()
        self._news.set()
        if self._task is not None:
            await self._task
        if turning := set(self._turning.values()):
            _, late = await asyncio.wait(turning, timeout=_GRACE)
            for turn in late:
                turn.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, sends: Callable[[], bool]) -> None:
        while not self._closing.is_set() and not sends():
            await _elapsed(self._closing, _POLL)
        begun = False
        while not self._closing.is_set():
            self._news.clear()
            try:
                if not begun:
                    await self._rows.void()
                    begun = True
                # Where there is nobody to post to, no commit is worth a look.
                await _elapsed(self._closing, _GATHER if await self._look() else _POLL)
            except WaslError as error:
                _log.error("webhooks.waiting", code=error.code)
                await _elapsed(self._closing, _AWAY)
            except Exception:
                _log.exception("webhooks.failed")  # a fault of ours: what was not written is posted again
                await _elapsed(self._closing, _AWAY)
            await _elapsed(self._news, _POLL)

    async def _look(self) -> bool:
        """Begin turns where there is something to post. False: there is nobody to post to."""
        now, newest = micros(self._clock.now()), dict[str, Cursor]()
        places = [place for place in await self._rows.places() if place.brand in self._brands]
        for place in places:
            if (place.brand, place.id) in self._turning or len(self._turning) >= _ENDPOINTS:
                continue
            if place.brand not in newest:
                newest[place.brand] = await self._feed.newest(place.brand)
            if place.cursor.order != newest[place.brand].order or (place.due_at is not None and place.due_at <= now):
                self._turning[place.brand, place.id] = asyncio.create_task(self._turns(place), name=f"wasl-webhook-{place.id}")
        return bool(places or self._turning)

    async def _turns(self, place: Place) -> None:
        """Turns of one endpoint, until there is nothing more for now."""
        ahead = _Ahead()
        try:
            while not self._closing.is_set() and await self._turn(place, ahead):
                pass
        except WaslError as error:
            _log.error("webhook.waiting", webhook=place.id, code=error.code)
        except Exception:
            _log.exception("webhook.failed", webhook=place.id)
        finally:
            del self._turning[place.brand, place.id]

    async def _turn(self, place: Place, ahead: _Ahead) -> bool:
        """Whether there may be more."""
        endpoint = await self._rows.claim(place)
        if endpoint is None:
            return False
        due = await self._rows.due(endpoint, _BATCH)
        room = _BATCH - len(due) if await self._rows.waiting(endpoint) < _MOST_WAITING else 0
        if room and (not ahead.entries or ahead.cursor != endpoint.cursor):
            ahead.entries = await self._new(endpoint)
        entries = ahead.take(room)
        now = micros(self._clock.now())
        fresh = [Happening.read(entry, now) for entry in entries if _wanted(endpoint, entry)]
        posted = await self._post(endpoint, [*map(Happening.waited, due), *fresh])
        turn = outcome(endpoint, entries[-1].cursor if entries else endpoint.cursor, posted, now, self._random)
        if not await self._rows.settle(endpoint, turn):
            return False
        if turn.disabled is not None:
            _log.error("webhook.disabled", webhook=endpoint.id, brand=endpoint.brand, reason=turn.disabled)
            self._feed.wake()
            return False
        return len(due) + len(entries) >= _BATCH

    async def _new(self, endpoint: Endpoint) -> Sequence[Entry]:
        old = self._clock.now() - _LAGS
        if endpoint.cursor.at < micros(old) and not await self._feed.keeps(endpoint.brand, endpoint.cursor):
            _log.error("webhook.missed", webhook=endpoint.id, brand=endpoint.brand)
        found = await self._feed.after(endpoint.brand, endpoint.cursor, _READ)
        if not found and endpoint.cursor.order > (await self._feed.newest(endpoint.brand)).order:
            # Of a database that was restored into another cluster, where the feed began anew.
            found = await self._feed.after(endpoint.brand, START, _READ)
        return found

    async def _post(self, endpoint: Endpoint, happenings: Sequence[Happening]) -> Sequence[Posted]:
        """All of them, some at a time. Those that are not begun when it is to close are not tried."""
        about = await self._rows.about(endpoint.brand, [one.message_id for one in happenings if one.message_id is not None])
        places = asyncio.Semaphore(_IN_FLIGHT)

        async def post(one: Happening) -> Posted:
            async with places:
                if self._closing.is_set():
                    return Posted(one, None)
                body = one.body(about.get((one.message_id or "", one.delivery or 1)))
                return Posted(one, await self._posting.post(endpoint, one.id, body))

        return await asyncio.gather(*map(post, happenings))


def _wanted(endpoint: Endpoint, entry: Entry) -> bool:
    if endpoint.types and entry.type not in endpoint.types:
        return False
    return not endpoint.topics or entry.topic is None or entry.topic in endpoint.topics


async def _elapsed(event: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until the event."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
