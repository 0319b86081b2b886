"""Files that are stored before a message needs them: `await gateway.files.put(content)`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from wasl.answers import FileSeen
from wasl.branded import Branded
from wasl.errors import LedgerUnavailable, Problem, Refused, StorageLow
from wasl.files.enclosing import Enclosing
from wasl.files.inspecting import NotSendable
from wasl.ledger.accept import Draft
from wasl.ledger.ledger import Ledger
from wasl_contracts import Message

_PATIENCE = 10.0  # seconds that an upload waits for its turn


@asynccontextmanager
async def _turn(turns: asyncio.Semaphore) -> AsyncIterator[None]:
    try:
        await asyncio.wait_for(turns.acquire(), _PATIENCE)
    except TimeoutError:
        raise LedgerUnavailable("Too many files are uploaded just now.", code="busy") from None
    try:
        yield
    finally:
        turns.release()


class BrandFiles:
    """The files of one brand."""

    def __init__(self, enclosing: Enclosing, ledger: Ledger, brand: str) -> None:
        self._enclosing = enclosing
        self._ledger = ledger
        self._brand = brand

    def coming(self) -> AbstractAsyncContextManager[None]:
        """A turn to let a file come, however slowly: few of one brand have it at a time. Raises LedgerUnavailable: it did not come."""
        return _turn(self._enclosing.coming[self._brand])

    def turn(self) -> AbstractAsyncContextManager[None]:
        """A turn to have a file in memory that has come. Raises LedgerUnavailable: it did not come."""
        return _turn(self._enclosing.turns)

    async def put(self, content: bytes, media_type: str | None = None) -> FileSeen:
        """Store a file of at most 25 MiB and get its id, for `attachments`; on disk when it returns. The same bytes have the same id.

        Raises:
            Refused: it is empty, too large, a program, not of that media type, or an archive of such things.
            LedgerUnavailable, StorageLow: it was not kept.
        """
        if self._ledger.low():
            raise StorageLow("There is too little disk space to accept more.")
        try:
            return await self._enclosing.put(self._brand, content, media_type)
        except NotSendable as refused:
            problem = Problem(pointer="", code=refused.code, message=refused.message)
            raise Refused([problem], message=f"The file {refused.message}.") from None


class Filing(Branded):
    """The verb of files, and what encloses them in drafts."""

    @property
    def files(self) -> BrandFiles:
        """The files of this brand."""
        parts = self._open
        return BrandFiles(parts.enclosing, parts.ledger, self.brand)

    async def _enclosed(self, draft: Draft, message: Message) -> Draft:
        """The draft with its files. A repetition needs none: it gets the first answer, though a file may be gone since."""
        brand, key = draft.row["brand"], draft.row["idempotency_key"]
        ledger = self._open.ledger
        if not message.attachments or (key is not None and await ledger.foreseeing.repeats(brand, key, ledger.clock.now())):
            return draft
        return await self._open.enclosing.enclosed(draft, message)
