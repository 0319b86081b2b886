"""Where everything goes: an SMTP and an HTTP server that take all and keep the last. `python -m wasl_bench.sinks LOOP`."""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from wasl_bench.subject import Commands, Facts, run

_HTTP_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
_EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10000000\r\n"
_SMTP_ANSWERS = {b"EHLO": _EHLO, b"HELO": b"250 sink\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Taken:
    """How many came, and what the last one was."""

    count = 0
    last = b""

    async def facts(self) -> Facts:
        """The count since the last question, and the last content."""
        count, self.count = self.count, 0
        return {"count": count, "last": base64.b64encode(self.last).decode()}


class HttpSink(asyncio.Protocol):
    """Answers every request with 204; requests need a Content-Length."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) >= length:
            self._taken.count += 1
            self._taken.last = body[:length]
            self._buffer = body[length:]
            self._transport.write(_HTTP_ANSWER)


class SmtpSink(asyncio.Protocol):
    """Takes every mail, pipelined or not."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._buffer = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answers = []
        while (answer := self._step()) is not None:
            answers.append(answer)
        if answers:
            self._transport.write(b"".join(answers))
            if answers[-1].startswith(b"221"):
                self._transport.close()

    def _step(self) -> bytes | None:
        """The answer to the next command or content that is there as a whole."""
        if self._in_data:
            content, end, rest = self._buffer.partition(b"\r\n.\r\n")
            if not end:
                return None
            self._taken.count += 1
            self._taken.last = content + b"\r\n"
            self._buffer, self._in_data = rest, False
            return b"250 2.0.0 Ok: queued as 4F2A000100\r\n"
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return None
        self._buffer = rest
        verb = line[:4].upper()
        self._in_data = verb == b"DATA"
        return _SMTP_ANSWERS.get(verb, b"250 ok\r\n")


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Facts, Commands]]:
    loop = asyncio.get_running_loop()
    http, smtp = Taken(), Taken()
    servers = [
        await loop.create_server(lambda: HttpSink(http), "127.0.0.1", 0, backlog=1024),
        await loop.create_server(lambda: SmtpSink(smtp), "127.0.0.1", 0, backlog=1024),
    ]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    yield {"http": ports[0], "smtp": ports[1]}, {"webhook": http.facts, "email": smtp.facts}
    for server in servers:
        server.close()


if __name__ == "__main__":
    run(listening(), *sys.argv[1:])
