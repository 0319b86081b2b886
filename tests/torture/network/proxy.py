"""A TCP proxy on loopback that plays a fault on every connection which it is asked for."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Protocol, Self

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST
_CHUNK = 65_536


class Speech(Protocol):
    """How a protocol is spoken, as far as a fault must know to strike at the right moment. Positions are those after a text."""

    def body(self, said: bytes) -> int | None:
        """Where some of the message's content, but not all of it, has been said; None as long as it has not come that far."""
        ...

    def end(self, said: bytes) -> int | None:
        """Where the whole request has been said, so that the server takes it."""
        ...

    def answered(self, told: bytes) -> bool:
        """Whether this is the whole answer to it."""
        ...


class Link:
    """One connection of the client's, and the one to the server behind it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, speech: Speech) -> None:
        self.speech = speech
        self._reader, self._writer = reader, writer
        self._port = port
        self._server: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._said = b""
        self._passed = 0

    async def hear(self, least: int) -> None:
        """Read so much of the client and pass nothing on."""
        while len(self._said) < least and (chunk := await self._reader.read(_CHUNK)):
            self._said += chunk

    async def carry(self, until: Callable[[bytes], int | None], *, most: int = _CHUNK) -> None:
        """Go between, both ways, until the client has said so much; only that much is passed on, `most` bytes at a time.

        Raises ConnectionError where one side leaves before.
        """
        reader, writer = await self._connected()
        answers = asyncio.create_task(self._answers(reader))
        try:
            while (position := until(self._said)) is None:
                await self._pass_on(writer, len(self._said), most)
                chunk = await self._reader.read(_CHUNK)
                if not chunk:
                    raise ConnectionResetError
                self._said += chunk
            await self._pass_on(writer, position, most)
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)

    async def answer(self) -> bytes:
        """What the server says to the request that is whole now; the next one may begin."""
        reader, _ = await self._connected()
        told = b""
        while not self.speech.answered(told) and (chunk := await reader.read(_CHUNK)):
            told += chunk
        self._said, self._passed = self._said[self._passed :], 0
        return told

    async def tell(self, data: bytes, *, most: int = _CHUNK) -> None:
        """Say it to the client, `most` bytes at a time."""
        for start in range(0, len(data), most):
            self._writer.write(data[start : start + most])
            await self._writer.drain()
            await asyncio.sleep(0)

    async def stall(self) -> None:
        """Say nothing and read nothing until the proxy closes."""
        self._writer.transport.pause_reading()
        await asyncio.Event().wait()

    def finish(self) -> None:
        """Tell the client that nothing more will come, and go on reading."""
        self._writer.write_eof()

    def reset(self) -> None:
        """End the client's connection with RST, as a crashed server or a firewall does."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._writer.transport.abort()

    def close(self) -> None:
        """End both connections, in order."""
        self._writer.close()
        if self._server is not None:
            self._server[1].close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._server is None:
            self._server = await asyncio.open_connection("127.0.0.1", self._port)
        return self._server

    async def _pass_on(self, writer: asyncio.StreamWriter, position: int, most: int) -> None:
        while self._passed < position:
            end = min(self._passed + most, position)
            writer.write(self._said[self._passed : end])
            await writer.drain()
            self._passed = end
            if most < _CHUNK:
                await asyncio.sleep(0)

    async def _answers(self, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(_CHUNK):
            self._writer.write(chunk)
        self._writer.close()


Fault = Callable[[Link], Awaitable[None]]


async def healthy(link: Link) -> None:
    """No fault: every request and its answer."""
    while True:
        await link.carry(link.speech.end)
        await link.tell(await link.answer())


class FaultProxy:
    """Listens on `port` and plays `fault` on each connection, for as long as its `async with` block runs."""

    def __init__(self, server_port: int, speech: Speech, fault: Fault) -> None:
        self.port = 0
        self._server_port, self._speech = server_port, speech
        self._fault = fault
        self._links: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=2**20)
        self.port = int(self._listening.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.close()
        await self._hang_up()

    async def play(self, fault: Fault) -> None:
        """End every connection; the next ones have this fault."""
        self._fault = fault
        await self._hang_up()
        await asyncio.sleep(0.01)  # so that the client sees what has ended

    async def _hang_up(self) -> None:
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._attend(Link(reader, writer, self._server_port, self._speech)))
        self._links.add(task)
        task.add_done_callback(self._links.discard)

    async def _attend(self, link: Link) -> None:
        try:
            await self._fault(link)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # one side hung up, as it may
        finally:
            link.close()
