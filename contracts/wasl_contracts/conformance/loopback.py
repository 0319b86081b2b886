"""A server on 127.0.0.1 with an event loop and a thread of its own.

Its own thread, so that a plugin that blocks its event loop is told so instead of waiting for ever; its own loop, so that every
task which is left behind in the test's loop is the plugin's.
"""

import asyncio
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import Self

_SMALL_BUFFER = 65_536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST


class Loopback(ABC):
    """A fake provider, running as long as its `with` block. `fault` is what went wrong in the fake itself."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.fault: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="conformance-fake", daemon=True)
        self._conversations: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak the protocol over one connection until it ends."""

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=2**20, backlog=256)

    async def _close(self) -> None:
        self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = self._loop.create_task(self._attend(reader, writer))
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Small buffers, so that what the fake could write tells how much the plugin read.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL_BUFFER)
        writer.transport.set_write_buffer_limits(high=_SMALL_BUFFER)
        try:
            await self.converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the plugin hung up, as it may
        except Exception as fault:
            self.fault = fault
        finally:
            self.connections -= 1
            writer.transport.abort()


async def hang(reader: asyncio.StreamReader) -> None:
    """Say nothing until the other side hangs up."""
    while await reader.read(_SMALL_BUFFER):
        pass


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST, as a crashed server or a firewall does."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port on 127.0.0.1 that refuses connections: it is held without listening, so that nobody else can come to listen there."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@contextmanager
def unanswered_port() -> Iterator[int | None]:
    """A port on 127.0.0.1 where connecting hangs, since its queue is full; None where this system never lets it fill."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ExitStack() as waiting:
        port = int(server.getsockname()[1])
        for _ in range(16):
            try:
                waiting.enter_context(socket.create_connection(("127.0.0.1", port), timeout=0.05))
            except TimeoutError:
                yield port
                return
        yield None
