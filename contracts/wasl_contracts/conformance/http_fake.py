"""A fake HTTP provider on plain asyncio: HTTP/1.1 with keep-alive, and every way to misbehave."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from wasl_contracts.conformance.loopback import Loopback, hang, reset
from wasl_contracts.conformance.wire import Ending, Headers, Request, Response

_CHUNK = 65_536
Answering = Callable[[Request], Response | Ending]


class HttpFake(Loopback):
    """Answers each request as told. `sent` holds the requests that are sends, `written` how many bytes of answers got out.

    `before` answers auxiliary requests, such as a token's, which are not sends. `read` gives a send as the provider understands it.
    """

    def __init__(
        self,
        answer: Answering,
        before: Callable[[Request], Response | None],
        delay: float = 0,
        read: Callable[[Request], Request] = lambda request: request,
    ) -> None:
        super().__init__()
        self.sent: list[Request] = []
        self.written = 0
        self._answer, self._before, self._delay, self._read = answer, before, delay, read

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await _read_request(reader):
            answer: Response | Ending | None = self._before(request)
            if answer is None:
                request = self._read(request)
                self.sent.append(request)
                await asyncio.sleep(self._delay)
                answer = self._answer(request)
            if isinstance(answer, Ending):
                return await self._end(answer, reader, writer)
            await self._write(_head(answer) + answer.body, writer)
        return None

    async def _end(self, ending: Ending, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if ending is Ending.HANG:
            await hang(reader)
        elif ending is Ending.RESET:
            reset(writer)
        else:
            await self._write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"half":', writer)

    async def _write(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(data), _CHUNK):
            writer.write(data[start : start + _CHUNK])
            await writer.drain()
            self.written += min(_CHUNK, len(data) - start)


def _head(answer: Response) -> bytes:
    fields = {"Content-Length": str(len(answer.body)), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} Answer", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode()


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = Headers({name: value.strip() for name, _, value in (line.partition(":") for line in lines)})
    url = urlsplit(target)
    return Request(method, url.path, url.query, headers, await _read_body(reader, headers))


async def _read_body(reader: asyncio.StreamReader, headers: Headers) -> bytes:
    if headers.get("Transfer-Encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("Content-Length", "0")))
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
