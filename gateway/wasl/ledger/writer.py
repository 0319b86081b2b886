"""Group commit: everything that came while the last commit ran goes into the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from wasl.errors import LedgerUnavailable
from wasl.ledger.gathering import OUTAGES, Gathered
from wasl.ledger.port import Collision, Transaction

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")
_log = structlog.get_logger("wasl.ledger")

_AGAIN = 5  # times that a group runs which stood in another's way


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
            if len(jobs) > 1 and not isinstance(error, OUTAGES):
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


class Batched(Gathered[Item, Result]):
    """Collects single items into one batch per commit: see Gathered. `written` is called after each commit."""

    def __init__(
        self,
        writer: Writer,
        write: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        linger: float = 0,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(self._committed, linger=linger)
        self._writer = writer
        self._write = write
        self._told = written

    async def _committed(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        results = await self._writer.run(lambda tx: self._write(tx, items))
        self._told()
        return results
