"""Following what happens: the verbs of both clients."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from wasl.client.wire import Request, read
from wasl.errors import WaslError
from wasl.feed.seen import FeedEvent

_SHORTEST, _LONGEST = 0.5, 15.0  # seconds before it comes back to a server that is away
_Result = TypeVar("_Result")


class _Block(NamedTuple):
    """What stands between two empty lines of a stream."""

    id: str
    data: bytes


class Following(ABC):
    """The verbs of the feed for asyncio; see Gateway."""

    @abstractmethod
    def _streamed(self, request: Request) -> AbstractAsyncContextManager[AsyncIterable[bytes]]:
        """The lines of an answer without an end."""

    @abstractmethod
    async def _pause(self, longest: float) -> None: ...

    async def events(
        self, *, after: str | None = None, types: Collection[str] = (), message: str | None = None, recipient: str | None = None
    ) -> AsyncGenerator[FeedEvent, None]:
        """What happens, as it happens, without an end: `async for event in wasl.events(types=["message.bounced"])`; see Gateway.events.

        Where the server goes away it comes back to it, and goes on after the last event.

        Raises:
            WaslError: it was refused, or the server did not answer the first time.
            Gone: it was away for so long that what came next is not kept any more.
        """
        asked = {"after": after, "type": ",".join(types) or None, "message": message, "recipient": recipient}
        path = f"/v1/events?{urlencode({name: value for name, value in asked.items() if value is not None})}"
        place, wait = "", _SHORTEST
        while True:
            try:
                async with self._streamed(Request("GET", path, headers={"Last-Event-ID": place} if place else {})) as lines:
                    async for block in _blocks(lines):
                        place, wait = block.id or place, _SHORTEST
                        if block.data:
                            yield read(FeedEvent, block.data)
            except WaslError as error:
                if not place or error.status < 500:
                    raise
            await self._pause(wait)
            wait = min(wait * 2, _LONGEST)


class SyncFollowing(ABC):
    """The same verbs without `await`."""

    @property
    @abstractmethod
    def _following(self) -> Following: ...

    @abstractmethod
    def _run(self, call: Callable[[], Coroutine[object, object, _Result]]) -> _Result: ...

    def events(
        self, *, after: str | None = None, types: Collection[str] = (), message: str | None = None, recipient: str | None = None
    ) -> Iterator[FeedEvent]:
        """See Client.events."""
        found = self._following.events(after=after, types=types, message=message, recipient=recipient)

        async def next_one() -> FeedEvent | None:
            return await anext(found, None)

        try:
            while (event := self._run(next_one)) is not None:
                yield event
        finally:
            self._run(found.aclose)


async def _blocks(lines: AsyncIterable[bytes]) -> AsyncIterator[_Block]:
    """The blocks of a stream; one that has not come whole is none."""
    place, data = "", b""
    async for line in lines:
        name, _, value = line.rstrip(b"\r\n").partition(b":")
        value = value.removeprefix(b" ")
        if line in (b"\n", b"\r\n"):
            yield _Block(place, data)
            data = b""
        elif name == b"id":
            place = value.decode()
        elif name == b"data":
            data = value
