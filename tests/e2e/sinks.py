"""Loopback receivers that remember what reached them: a mail server and a web server, on plain asyncio."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar


class MailSink:
    """Takes every mail and counts deliveries by the Message-ID that names them."""

    def __init__(self) -> None:
        self.deliveries: Counter[str] = Counter()
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                mail = await reader.readuntil(b"\r\n.\r\n")
                # Counted when the mail is whole, whether or not our yes still reaches the sender.
                self.deliveries[found(rb"Message-ID: <([^@>]+)@", mail)] += 1
                writer.write(b"250 queued as X1\r\n")
            elif verb == b"EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")


class WebSink:
    """Takes every POST and counts deliveries by their webhook-id."""

    def __init__(self) -> None:
        self.deliveries: Counter[str] = Counter()
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            await reader.readexactly(int(found(rb"(?i)content-length: (\d+)", head)))
            self.deliveries[found(rb"(?i)webhook-id: (\S+)", head)] += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def found(pattern: bytes, text: bytes) -> str:
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1].decode()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


Sink = TypeVar("Sink", MailSink, WebSink)


@asynccontextmanager
async def listening(sink: Sink) -> AsyncIterator[Sink]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await sink.talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender was killed
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    async with server:
        yield sink
