"""The verbs of the suppression list, of both clients."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from datetime import datetime
from typing import IO, Literal, TypedDict, TypeVar, Unpack
from urllib.parse import quote, urlencode

from wasl.client.wire import Answered, Request, read, written
from wasl.ids import suppressed_place
from wasl.suppression import Imported, SuppressionPage, SuppressionSeen, SuppressionStory
from wasl_contracts import Address, Category, Reason

_PATH = "/v1/suppressions"
_JSON = {"Content-Type": "application/json"}
_CSV = {"Content-Type": "text/csv"}
_Result = TypeVar("_Result")


class SuppressionFields(TypedDict, total=False):
    """What a suppression may have beside address and reason; see wasl.suppression.Suppression."""

    scope: Category
    expires_at: datetime
    note: str
    message_id: str


class SuppressionFilters(TypedDict, total=False):
    """Which suppressions to list; all of them must hold."""

    channel: str
    reason: Reason
    scope: Category | Literal["every"]
    address: str


class Suppressing(ABC):
    """The verbs of the suppression list for asyncio; see Gateway."""

    @abstractmethod
    async def _ask(self, request: Request) -> Answered: ...

    async def suppress(
        self, address: Address | str, reason: Reason = Reason.SUPPRESSED_MANUAL, **fields: Unpack[SuppressionFields]
    ) -> SuppressionStory:
        """Send nothing to this address any more, or nothing of a category (`scope`); no call begins after that. Raises Refused."""
        told = {**_named(address), "reason": reason, **{name: value for name, value in fields.items() if value is not None}}
        return read(SuppressionStory, (await self._ask(Request("POST", _PATH, written(told), _JSON))).body)

    async def unsuppress(
        self, address: Address | str, reason: str, *, scope: Category | None = None, listed_for: Reason | None = None
    ) -> SuppressionStory:
        """Take an address, or the id of a suppression, off the list, and write down why.

        Raises:
            NotFound: it is not on the list.
            Conflict: it is on the list of all brands, which only the operator of the installation changes.
        """
        told = {"reason": reason, "scope": scope, "listed_for": listed_for}
        # Not repeated by itself: meanwhile they may have opted out again.
        request = Request("DELETE", f"{_PATH}/{await self._id(address)}", written(told), _JSON, repeatable=False)
        return read(SuppressionStory, (await self._ask(request)).body)

    async def suppression(self, address: Address | str) -> SuppressionStory:
        """An address, or the id of a suppression: what holds against it, and its history; raises NotFound."""
        # By its body: a URL is where logs would keep the address.
        by_id = isinstance(address, str) and suppressed_place(address) is not None
        find = Request("POST", f"{_PATH}:find", written(_named(address)), _JSON)
        request = Request("GET", f"{_PATH}/{quote(str(address), safe='')}") if by_id else find
        return read(SuppressionStory, (await self._ask(request)).body)

    async def suppressions(self, **filters: Unpack[SuppressionFilters]) -> AsyncIterator[SuppressionSeen]:
        """Everything that is suppressed now, newest first, fetched page by page."""
        query = {name: str(value) for name, value in filters.items() if value is not None}
        while True:
            page = read(SuppressionPage, (await self._ask(Request("GET", f"{_PATH}?{urlencode(query)}"))).body)
            for seen in page.data:
                yield seen
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    async def import_suppressions(self, file: IO[bytes] | bytes, *, dry_run: bool = False) -> Imported:
        """Put the addresses of a CSV file on the list; with `dry_run` only tell what that would do. See Gateway.import_suppressions."""
        body = file if isinstance(file, bytes) else file.read()
        path = f"{_PATH}:import{'?dry_run=true' if dry_run else ''}"
        return read(Imported, (await self._ask(Request("POST", path, body, _CSV, patient=True))).body)

    async def export_suppressions(self) -> bytes:
        """What is suppressed now, as CSV: the keyed hash and the masked form of each address."""
        return (await self._ask(Request("GET", f"{_PATH}:export", patient=True))).body

    async def _id(self, address: Address | str) -> str:
        """The id of an address, which only the server's keys can make of it."""
        if isinstance(address, str) and suppressed_place(address) is not None:
            return quote(address, safe="")
        return quote((await self.suppression(address)).id, safe="")


class SyncSuppressing(ABC):
    """The same verbs without `await`."""

    @property
    @abstractmethod
    def _suppressing(self) -> Suppressing: ...

    @abstractmethod
    def _run(self, call: Callable[[], Coroutine[object, object, _Result]]) -> _Result: ...

    def suppress(
        self, address: Address | str, reason: Reason = Reason.SUPPRESSED_MANUAL, **fields: Unpack[SuppressionFields]
    ) -> SuppressionStory:
        """See Client.suppress."""
        return self._run(lambda: self._suppressing.suppress(address, reason, **fields))

    def unsuppress(
        self, address: Address | str, reason: str, *, scope: Category | None = None, listed_for: Reason | None = None
    ) -> SuppressionStory:
        """See Client.unsuppress."""
        return self._run(lambda: self._suppressing.unsuppress(address, reason, scope=scope, listed_for=listed_for))

    def suppression(self, address: Address | str) -> SuppressionStory:
        """See Client.suppression."""
        return self._run(lambda: self._suppressing.suppression(address))

    def suppressions(self, **filters: Unpack[SuppressionFilters]) -> Iterator[SuppressionSeen]:
        """See Client.suppressions."""
        found = self._suppressing.suppressions(**filters)

        async def next_one() -> SuppressionSeen | None:
            return await anext(found, None)

        while (seen := self._run(next_one)) is not None:
            yield seen

    def import_suppressions(self, file: IO[bytes] | bytes, *, dry_run: bool = False) -> Imported:
        """See Client.import_suppressions."""
        return self._run(lambda: self._suppressing.import_suppressions(file, dry_run=dry_run))

    def export_suppressions(self) -> bytes:
        """See Client.export_suppressions."""
        return self._run(self._suppressing.export_suppressions)


def _named(address: Address | str) -> Mapping[str, str]:
    if isinstance(address, str):
        return {"address": address}
    return {"address": address.value, "channel": address.channel, "kind": address.kind}
