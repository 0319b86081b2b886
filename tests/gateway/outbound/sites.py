"""Real servers on loopback addresses: 127.0.0.2 stands for the public, 127.0.0.1 for what is inside."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import cycle

from aiohttp.abc import AbstractResolver, ResolveResult

Answering = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
PUBLIC, INSIDE = "127.0.0.2", "127.0.0.1"


class Names(AbstractResolver):
    """A name server that says each time what comes next, as one who rebinds names does."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = cycle(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        self.asked.append(host)
        return [ResolveResult(hostname=host, host=ip, port=port, family=socket.AF_INET, proto=0, flags=0) for ip in next(self._answers)]

    async def close(self) -> None:
        pass


class Site:
    """A server and what it was asked."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self.heads: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            await self._answer(self.heads[-1], writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def site(answer: bytes | Answering, host: str = PUBLIC, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    async def same(_: bytes, writer: asyncio.StreamWriter) -> None:
        assert isinstance(answer, bytes)
        writer.write(answer)
        await writer.drain()

    found = Site(same if isinstance(answer, bytes) else answer)
    server = await asyncio.start_server(found.serve, host, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        server.close_clients() if hasattr(server, "close_clients") else None


def ok(body: bytes = b"hello", headers: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body
