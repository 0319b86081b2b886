"""A TCP proxy between wasl and PostgreSQL that cuts a connection around a COMMIT, so that wasl cannot see what became of it."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

_COMMIT = re.compile(rb"Q\x00\x00\x00.COMMIT;?\x00", re.DOTALL)  # a simple query (PostgreSQL manual, "Message Formats")
_HOWS = ("before it arrives", "as soon as it left", "before its answer")


@dataclass
class _Pair:
    """The two halves of a connection. `muted`: the next answer is that of a COMMIT which wasl shall not hear."""

    from_wasl: StreamReader
    to_wasl: StreamWriter
    from_server: StreamReader
    to_server: StreamWriter
    muted: bool = False

    def cut(self) -> None:
        """wasl sees a reset; the server still reads what was passed on, and then the end."""
        self.to_wasl.transport.abort()
        self.to_server.close()


class CuttingProxy:
    """Passes everything on, and cuts the share `likely` of all commits; `cuts` counts them by how."""

    def __init__(self, server: int, chance: Random, hows: Sequence[str]) -> None:
        self.port = 0
        self.likely = 0.0
        self.cuts: Counter[str] = Counter()
        self._server = server
        self._chance = chance
        self._hows = hows

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection of wasl."""
        try:
            pair = _Pair(reader, writer, *await asyncio.open_connection("127.0.0.1", self._server))
        except OSError:
            writer.transport.abort()
            return
        passing = {asyncio.create_task(self._requests(pair)), asyncio.create_task(self._answers(pair))}
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            pass  # the test is over
        pair.cut()
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def _requests(self, pair: _Pair) -> None:
        while data := await pair.from_wasl.read(65_536):
            how = self._rarest() if _COMMIT.search(data) and self._chance.random() < self.likely else None
            if how is not None:
                self.cuts[how] += 1
            if how == "before it arrives":
                return
            pair.muted = how == "before its answer"
            pair.to_server.write(data)
            await pair.to_server.drain()
            if how == "as soon as it left":
                return

    def _rarest(self) -> str:
        """In turns, so that a short run has each of them."""
        least = min(self.cuts[how] for how in self._hows)
        return self._chance.choice([how for how in self._hows if self.cuts[how] == least])

    async def _answers(self, pair: _Pair) -> None:
        while (data := await pair.from_server.read(65_536)) and not pair.muted:
            pair.to_wasl.write(data)
            await pair.to_wasl.drain()


@asynccontextmanager
async def cutting_commits(server: int, chance: Random, hows: Sequence[str] = _HOWS) -> AsyncIterator[CuttingProxy]:
    """The proxy, on a loopback port."""
    proxy = CuttingProxy(server, chance, hows)
    listening = await asyncio.start_server(proxy.talk, "127.0.0.1", 0)
    proxy.port = listening.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listening.close()
