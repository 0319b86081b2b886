"""Those who follow their feed: one task looks for all of them in this process whether something changed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from wasl.errors import TooManyListeners, WaslError
from wasl.ledger.inbox import Inbox, Owner

_POLL = 1.0  # seconds: how soon it sees what other processes wrote
_GATHER = 0.05  # seconds between two looks, however much is written here
_OF_ONE = 20  # streams of one feed

_log = structlog.get_logger("wasl.inbox")


class Watcher:
    """One who follows a feed, from a revision on."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.ended = False
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Something changed."""
        self._news.set()

    def end(self) -> None:
        """Nothing more comes."""
        self.ended = True
        self._news.set()

    async def changed(self, seconds: float) -> bool:
        """Whether something changed, or it ended, before so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


class Watching:
    """All who follow feeds of one database in this process, at most so many. `on_told` is told what to call when something was written."""

    def __init__(self, inbox: Inbox, most: int, on_told: Callable[[Callable[[], None]], None]) -> None:
        self._inbox = inbox
        self._most = most
        self._open: set[Watcher] = set()
        self._last: dict[Owner, int] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ended = False
        on_told(self.wake)

    @asynccontextmanager
    async def watching(self, owner: Owner) -> AsyncIterator[Watcher]:
        """One who follows a feed. Raises TooManyListeners."""
        of_one = Counter(watcher.owner for watcher in self._open)[owner]
        if len(self._open) >= self._most or of_one >= _OF_ONE:
            raise TooManyListeners("As many follow their feed as this process serves.")
        self._open.add(watcher := Watcher(owner))
        try:
            if self._ended:
                watcher.end()
            elif self._task is None or self._task.done():
                self._task = asyncio.create_task(self._run(), name="wasl-inbox")
            yield watcher
        finally:
            self._open.discard(watcher)
            if all(other.owner != owner for other in self._open):
                self._last.pop(owner, None)

    def wake(self) -> None:
        """Look now: this process wrote something."""
        self._news.set()

    def end(self) -> None:
        """Let all who follow end, and all who come."""
        self._ended = True
        for watcher in self._open:
            watcher.end()

    async def close(self) -> None:
        """The same, and let go of the ledger."""
        self.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while self._open:
            self._news.clear()
            try:
                await self._look()
            except WaslError as error:
                _log.warning("inbox.waiting", code=error.code)
            except Exception:
                _log.exception("inbox.failed")  # a fault of ours; it is looked again
            await asyncio.sleep(_GATHER)
            try:
                async with asyncio.timeout(_POLL):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        newest = await self._inbox.newest({watcher.owner for watcher in self._open})
        changed = {owner for owner, revision in newest.items() if revision != self._last.get(owner)}
        self._last |= newest
        for watcher in self._open:
            if watcher.owner in changed:
                watcher.wake()
