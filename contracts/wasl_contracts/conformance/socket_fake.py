"""A fake server of a protocol of the plugin's own, on plain asyncio: the test says how it hears and what it answers."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from wasl_contracts.conformance.loopback import Loopback, hang, reset
from wasl_contracts.conformance.wire import Ending, leaves

_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Heard:
    """What came over a socket in one piece: a line, or a frame."""

    data: bytes = field(repr=False)

    def fields(self) -> Mapping[str, str]:
        """Every value in it: as JSON where it is such, else as text."""
        try:
            return dict(leaves(json.loads(self.data)))
        except ValueError:
            return {"text": self.data.decode(errors="replace")}


@dataclass(frozen=True, slots=True)
class Manner:
    """How the fake behaves: how it hears one piece, what it says first, what it answers; `before` is for pieces that are no sends."""

    hear: Callable[[asyncio.StreamReader], Awaitable[bytes]]
    greeting: bytes
    before: Callable[[Heard], bytes | None]
    answer: Callable[[Heard], bytes | Ending]
    delay: float = 0


class SocketFake(Loopback):
    """Answers each piece as told. `sent` holds those that are sends, `written` how many bytes of answers got out."""

    def __init__(self, manner: Manner) -> None:
        super().__init__()
        self.sent: list[Heard] = []
        self.written = 0
        self._manner = manner

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._manner.greeting)
        while data := await self._manner.hear(reader):
            answer: bytes | Ending | None = self._manner.before(Heard(data))
            if answer is None:
                self.sent.append(Heard(data))
                await asyncio.sleep(self._manner.delay)
                answer = self._manner.answer(Heard(data))
            if isinstance(answer, Ending):
                return await _end(answer, reader, writer)
            await self._write(answer, writer)
        return None

    async def _write(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(data), _CHUNK):
            writer.write(data[start : start + _CHUNK])
            await writer.drain()
            self.written += min(_CHUNK, len(data) - start)


async def _end(ending: Ending, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if ending is Ending.HANG:
        await hang(reader)
    elif ending is Ending.RESET:
        reset(writer)
    # CUT: the connection is closed without an answer.
