"""Doing together what comes one by one: in one commit, or in one go."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import Context
from typing import Generic, TypeVar

from wasl.errors import LedgerUnavailable, StorageLow

Item = TypeVar("Item")
Result = TypeVar("Result")

OUTAGES = (LedgerUnavailable, StorageLow)
"""No item is at fault, and each by itself would wait as long again."""
_MOST = 512  # items in one batch, so that the first of many does not wait for the last
_MANY = 8  # items in one batch, after which the next one waits a little for more: a larger batch costs less of the CPU for each
_GATHER = 0.01  # seconds of that wait, at most: it ends when as many are there as came last


class Gathered(Generic[Item, Result]):
    """Collects single items into batches, one after the other.

    `work` gets the items that came while it did the last batch, and returns one result each, in order; a result that is an exception is
    raised to the one who put the item. If it fails as a whole, each item is done again by itself, so that one bad item never fails the
    others. The first one waits `linger` seconds for others; where many came last, for as many, but not longer than 10 ms.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]], *, linger: float = 0) -> None:
        self._work = work
        self._linger = linger
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._flush: asyncio.Task[None] | None = None
        self._wanted = _MOST
        self._enough = asyncio.Event()

    def put(self, item: Item) -> "asyncio.Future[Result]":
        """Hand over one item; the future has its result when its batch is done."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if len(self._waiting) >= self._wanted:
            self._enough.set()
        if self._flush is None or self._flush.done():
            self._flush = asyncio.create_task(self._drain(), context=Context())  # what it logs is of no single request
        return done

    async def drained(self) -> None:
        """Wait until everything that was handed over has its result."""
        if self._flush is not None:
            await self._flush

    async def _drain(self) -> None:
        written = 0
        while self._waiting:
            await (self._gathered(written) if written > _MANY else asyncio.sleep(self._linger))  # at 0, the rest of this turn comes along
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            written = len(batch)
            try:
                self._deliver(batch, await self._work([item for item, _ in batch]))
            except OUTAGES as outage:
                self._deliver(batch, [outage] * len(batch))
            except Exception as error:
                await self._one_by_one(batch, error)

    async def _gathered(self, expected: int) -> None:
        """Wait for as many as came last. Callers that wait for their answers come again together; waiting longer brings no more."""
        self._wanted = expected
        self._enough.clear()
        if len(self._waiting) < expected:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GATHER):
                    await self._enough.wait()
        self._wanted = _MOST

    async def _one_by_one(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
        for single in batch if len(batch) > 1 else ():
            try:
                self._deliver([single], await self._work([single[0]]))
            except Exception as own:
                self._deliver([single], [own])
        if len(batch) == 1:
            self._deliver(batch, [error])

    @staticmethod
    def _deliver(batch: Sequence[tuple[Item, asyncio.Future[Result]]], results: Sequence[Result | Exception]) -> None:
        for (_, done), result in zip(batch, results, strict=True):
            if done.done():
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)
