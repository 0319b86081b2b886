"""The providers whose callbacks are read: those that send in this process, else opened when the first callback comes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from wasl_contracts import EventSource, Provider

Opening = Callable[[], Awaitable[Mapping[str, Provider]]]


class Sources:
    """Finds who reads the callbacks of a provider."""

    def __init__(self, names: Mapping[str, type[Provider]], opening: Opening) -> None:
        self._names = names
        self._opening = opening
        self._turn = asyncio.Lock()
        self._opened: Mapping[str, Provider] | None = None

    def reads(self, name: str) -> bool:
        """Whether there is a provider of that name which reads callbacks."""
        return name in self._names and issubclass(self._names[name], EventSource)

    async def of(self, name: str) -> EventSource | None:
        """The provider of that name; None where there is none, or it reads no callbacks."""
        if not self.reads(name):
            return None
        if self._opened is None:
            async with self._turn:
                if self._opened is None:
                    self._opened = await self._opening()
        found = self._opened[name]
        return found if isinstance(found, EventSource) else None
