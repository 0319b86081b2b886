"""The client of "accept one" and "a callback": keep-alive connections, each with one request at a time. `python -m wasl_bench.client`."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import bodies

SECRET = "a secret of at least 32 characters"
"""With which callbacks are signed."""
_BODIES = bodies("email")


class _Connection(asyncio.Protocol):
    """Sends requests one after the other until there are none left."""

    def __init__(self, requests: Iterator[bytes], seconds: list[float]) -> None:
        self._requests, self._seconds = requests, seconds
        self._buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._seconds.append(time.perf_counter() - self._began)
        self._buffer = b""
        if not head.startswith((b"HTTP/1.1 202", b"HTTP/1.1 200")):
            self._finish(RuntimeError(f"answered {head.partition(b' ')[2][:3]!r}: {body[:300]!r}"))
        else:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._finish(None)
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def _finish(self, error: Exception | None) -> None:
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
        self._transport.close()


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


async def post(port: int, key: str, count: int, connections: int) -> Facts:
    """Post so many messages; answers their latencies in milliseconds."""
    requests = iter([_request(port, key, next(_BODIES)) for _ in range(count)])
    return await _sent(port, requests, connections)


async def tell(port: int, attempts: Sequence[str], connections: int) -> Facts:
    """Tell of these attempts that each was delivered; answers the latencies of that in milliseconds."""
    return await _sent(port, iter([_callback(port, attempt) for attempt in attempts]), connections)


async def _sent(port: int, requests: Iterator[bytes], connections: int) -> Facts:
    seconds: list[float] = []
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(lambda: _Connection(requests, seconds), "127.0.0.1", port) for _ in range(connections)]
    await asyncio.gather(*(connection.done for _, connection in opened))
    seconds.sort()
    return {"count": len(seconds), "p50": 1000 * seconds[len(seconds) // 2], "p99": 1000 * seconds[len(seconds) * 99 // 100]}


def _request(port: int, key: str, body: bytes) -> bytes:
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _callback(port: int, attempt: str) -> bytes:
    body = json.dumps({"at": "2026-11-23T12:00:05.250Z", "attempt": attempt, "id": f"evt_{attempt}", "event": "delivered"}).encode()
    proof = hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
    head = (
        f"POST /hooks/mail HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Signature: {proof}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@asynccontextmanager
async def ready() -> AsyncIterator[tuple[Facts, Commands]]:
    yield {}, {"post": post, "tell": tell}


if __name__ == "__main__":
    run(ready(), "asyncio")
