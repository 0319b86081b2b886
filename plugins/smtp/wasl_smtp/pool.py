"""Warm connections, used again."""

import asyncio
from collections.abc import Awaitable, Callable

from wasl_contracts import ProviderError, Unavailable
from wasl_smtp.replies import Reply
from wasl_smtp.transaction import Transaction
from wasl_smtp.wire import Disconnected, Wire


class Pool:
    """At most `size` connections at one time; the one used last is used next, so that the others may end.

    A connection ends after `mails` mails, after `idle_seconds` without any, and at once after a timeout or a cancellation. The server
    gets `goodbye_seconds` to answer QUIT.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Wire]],
        size: int,
        *,
        mails: int = 100,
        idle_seconds: float = 60,
        goodbye_seconds: float = 1,
    ) -> None:
        self._connect, self._mails = connect, mails
        self._idle_seconds, self._goodbye_seconds = idle_seconds, goodbye_seconds
        self._loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Wire] = []
        self._open: set[Wire] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self._closed = False

    async def carry(self, transaction: Transaction) -> Reply:
        """Run it on a connection that is free, as soon as one is.

        Raises:
            Rejected, Unavailable, Unknown: as the server said, or because there is no connection.
            Disconnected: the connection ended on the way.
        """
        async with self._slots:
            warm = self._warm()
            if warm is not None:
                try:
                    return await self._run(transaction, warm)
                except (Disconnected, Unavailable):
                    # The server closed it while it was idle and has taken nothing: not a retry, only a late look.
                    if not transaction.untouched:
                        raise
            return await self._run(transaction, await self._new())

    async def close(self) -> None:
        """End all idle connections, and the busy ones after their mail. May be called twice."""
        self._closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        while self._idle:
            self._idle.pop().leave(self._goodbye_seconds)
        leaving = [wire for wire in self._open if wire.leaving]
        if leaving:
            await asyncio.wait([wire.gone for wire in leaving], timeout=2 * self._goodbye_seconds)

    def _warm(self) -> Wire | None:
        while self._idle:
            wire = self._idle.pop()
            if wire.usable:
                return wire
            wire.abort()
        return None

    async def _new(self) -> Wire:
        wire = await self._connect()
        self._open.add(wire)
        wire.gone.add_done_callback(lambda _: self._open.discard(wire))
        return wire

    async def _run(self, transaction: Transaction, wire: Wire) -> Reply:
        try:
            reply = await transaction.run(wire)
        except ProviderError:
            self._put_back(wire)
            raise
        except BaseException:
            wire.abort()
            raise
        self._put_back(wire)
        return reply

    def _put_back(self, wire: Wire) -> None:
        wire.mails += 1
        if self._closed or wire.mails >= self._mails or not wire.usable:
            wire.leave(self._goodbye_seconds)
            return
        wire.idle_since = self._loop.time()
        self._idle.append(wire)
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(self._idle_seconds, self._sweep)

    def _sweep(self) -> None:
        self._sweeping = None
        oldest = self._loop.time() - self._idle_seconds
        for wire in self._idle:
            if wire.idle_since <= oldest:
                wire.leave(self._goodbye_seconds)
        self._idle = [wire for wire in self._idle if not wire.leaving]
        if self._idle and not self._closed:
            wait = self._idle[0].idle_since - oldest
            self._sweeping = self._loop.call_later(max(wait, 0.01), self._sweep)
