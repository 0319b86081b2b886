"""Group commit: everything that came while the last commit ran goes into the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

import structlog

from wasl.errors import LedgerUnavailable, StorageLow
from wasl.ledger.port import Collision, Transaction

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")
_log = structlog.get_logger("wasl.ledger")
_OUTAGES = (LedgerUnavailable, StorageLow)  # no member is at fault, and each would wait as long again

_AGAIN = 5  # times that a group runs which stood in another's way
_MOST = 512  # items in one commit, so that the first of many does not wait for the last
_MANY = 8  # items in one commit, after which the next one waits a little for more: a larger commit costs less of the CPU for each
_GATHER = 0.01  # seconds of that wait, at most: it ends when as many are there as came last


class Connection(Transaction, Protocol):
    """The one connection that writes."""

    def begin(self) -> None: ...
    async def commit(self) -> None: ...
    async def rollback(self) -> None: ...


class _Job(Generic[T]):
    def __init__(self, work: Callable[[Transaction], Awaitable[T]]) -> None:
        self.work = work
        self.done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.result: T

    async def run(self, transaction: Transaction) -> None:
        self.result = await self.work(transaction)

    def succeed(self) -> None:
        if not self.done.done():
            self.done.set_result(self.result)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class Writer:
    """Runs write transactions one after the other on one connection, and as many as are waiting in one commit.

    A caller that is cancelled leaves its transaction whole. If a group fails, each member runs again by itself, so that one bad
    member never fails the others.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._jobs: list[_Job[object]] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="wasl-writer")

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do the work in a transaction; returns when it is committed and on disk."""
        if self._closing:
            raise RuntimeError("the ledger is closed")
        job: _Job[T] = _Job(work)
        self._jobs.append(job)  # type: ignore[arg-type]  # a list of jobs of any result
        self._wake.set()
        return await job.done

    async def close(self) -> None:
        """Finish what is waiting."""
        self._closing = True
        self._wake.set()
        await self._task

    async def _run(self) -> None:
        while not (self._closing and not self._jobs):
            await self._wake.wait()
            self._wake.clear()
            jobs, self._jobs = self._jobs, []
            if jobs and not await self._commit(jobs):
                for job in jobs:
                    await self._commit([job])

    async def _commit(self, jobs: Sequence[_Job[object]], again: int = _AGAIN) -> bool:
        """True when every job has its result or its error; False when one of them failed, and each must run by itself."""
        try:
            self._connection.begin()
            for job in jobs:
                await job.run(self._connection)
            await self._connection.commit()
        except Collision as collision:
            await self._undo()
            if again:
                return await self._commit(jobs, again - 1)
            for job in jobs:
                job.fail(LedgerUnavailable(f"The database is too busy ({collision})."))
            return True
        except Exception as error:
            await self._undo()
            if len(jobs) > 1 and not isinstance(error, _OUTAGES):
                return False
            for job in jobs:
                job.fail(error)
            return True
        for job in jobs:
            job.succeed()
        return True

    async def _undo(self) -> None:
        try:
            await self._connection.rollback()
        except Exception as error:  # then the next transaction cannot begin and tells its callers so; the writer goes on
            _log.error("ledger.rollback_failed", error=type(error).__name__)


class Batched(Generic[Item, Result]):
    """Collects single items into one batch per commit.

    `write` gets the items that came meanwhile and returns one result each, in order; a result that is an exception is raised to the
    one who put the item. The first one waits `linger` seconds for others; where many came last, for as many, but not longer than 10 ms.
    `written` is called after each commit.
    """

    def __init__(
        self,
        writer: Writer,
        write: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        linger: float = 0,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self._writer = writer
        self._told = written
        self._write = write
        self._linger = linger
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._flush: asyncio.Task[None] | None = None
        self._wanted = _MOST
        self._enough = asyncio.Event()

    def put(self, item: Item) -> "asyncio.Future[Result]":
        """Hand over one item; the future has its result when it is on disk."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if len(self._waiting) >= self._wanted:
            self._enough.set()
        if self._flush is None or self._flush.done():
            self._flush = asyncio.create_task(self._drain())
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
                self._deliver(batch, await self._written([item for item, _ in batch]))
            except _OUTAGES as outage:
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
                self._deliver([single], await self._written([single[0]]))
            except Exception as own:
                self._deliver([single], [own])
        if len(batch) == 1:
            self._deliver(batch, [error])

    async def _written(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        results = await self._writer.run(lambda tx: self._write(tx, items))
        self._told()
        return results

    @staticmethod
    def _deliver(batch: Sequence[tuple[Item, asyncio.Future[Result]]], results: Sequence[Result | Exception]) -> None:
        for (_, done), result in zip(batch, results, strict=True):
            if done.done():
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)
