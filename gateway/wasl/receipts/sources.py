"""The providers whose callbacks are read: those that send in this process, else opened when the first callback comes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from wasl_contracts import EventSource, Handshake, Mailroom, Provider

Opening = Callable[[], Awaitable[Mapping[str, Provider]]]


class Source(NamedTuple):
    """A provider that reads callbacks, and that answers handshakes where it does."""

    reader: EventSource
    handshake: Handshake | None


class Sources:
    """Finds who reads the callbacks of a provider."""

    def __init__(self, names: Mapping[str, type[Provider]], opening: Opening) -> None:
        self._names = names
        self._opening = opening
        self._turn = asyncio.Lock()
        self._opened: dict[str, Source] = {}

    def reads(self, name: str) -> bool:
        """Whether there is a provider of that name which reads callbacks."""
        return name in self._names and issubclass(self._names[name], EventSource)

    async def of(self, name: str) -> Source | None:
        """The provider of that name; None where there is none, or it reads no callbacks."""
        if (found := self._opened.get(name)) is not None:
            return found
        if not self.reads(name):
            return None
        async with self._turn:
            if not self._opened:
                # Asked once: whether an object is of a protocol takes as long as all the rest of reading a callback.
                self._opened = {each: _source(one) for each, one in (await self._opening()).items() if isinstance(one, EventSource)}
        return self._opened[name]

    async def making(self, address: str) -> str | None:
        """The provider of whose making a mail address is; None where it is nobody's."""
        for name in self._names:
            found = await self.of(name)
            if found is not None and isinstance(found.reader, Mailroom) and found.reader.made(address):
                return name
        return None


def _source(provider: EventSource) -> Source:
    return Source(provider, provider if isinstance(provider, Handshake) else None)
