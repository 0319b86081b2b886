"""Connections that do not wait for ever: aiohttp bounds neither the head nor the body of a request in time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from typing import IO, Any

import structlog
from aiohttp import StreamReader, web
from aiohttp.http_exceptions import ContentEncodingError, TransferEncodingError
from aiohttp.web_request import BaseRequest

from wasl.errors import Problem, WaslError
from wasl.ids import new_request_id
from wasl.server.problems import Broken, Malformed, TooSlow, refusal, too_large, translated, unsupported_encoding

_IDLE_SECONDS = 75.0  # between requests; longer than the 60 s of most reverse proxies, so that they close first
_SLOWEST = 1024  # bytes a second

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
Shortcuts = Mapping[tuple[str, str], Answering]
"""What answers a method at a path that has no variable part. The router would find the same, and takes 10 µs."""

_log = structlog.get_logger("wasl.server")


def _not_the_clients_fault(record: logging.LogRecord) -> bool:
    # After its answer aiohttp reads what is left of a body, and takes a body that cannot be unpacked for a fault of ours.
    return not (record.exc_info and isinstance(record.exc_info[1], ContentEncodingError | TransferEncodingError))


logging.getLogger("aiohttp.server").addFilter(_not_the_clients_fault)


class PatientRunner(web.AppRunner):
    """Runs an application on connections that close when a request's head takes longer than `head_timeout`."""

    def __init__(self, app: web.Application, shortcuts: Shortcuts, head_timeout: timedelta, shutdown_seconds: float) -> None:
        super().__init__(
            app,
            access_log=None,
            keepalive_timeout=_IDLE_SECONDS,
            lingering_time=min(10.0, head_timeout.total_seconds()),
            shutdown_timeout=shutdown_seconds,
        )
        self._shortcuts = shortcuts
        self._head_seconds = head_timeout.total_seconds()

    async def _make_server(self) -> web.Server:
        plain = await super()._make_server()
        return _PatientServer(plain, self._shortcuts, self._head_seconds, self._kwargs)


def _shortened(routed: Answering, shortcuts: Shortcuts) -> Answering:
    def answering(request: web.Request) -> Awaitable[web.StreamResponse]:
        shortcut = shortcuts.get((request.method, request.raw_path))
        if shortcut is None or "Expect" in request.headers:  # the application knows what to do about it
            return routed(request)
        return shortcut(request)

    return answering


class _PatientServer(web.Server):
    def __init__(self, plain: web.Server, shortcuts: Shortcuts, head_seconds: float, options: dict[str, Any]) -> None:
        handler = _shortened(plain.request_handler, shortcuts)
        super().__init__(handler, request_factory=plain.request_factory, **options)  # type: ignore[arg-type]  # the factory makes web.Request
        self._head_seconds = head_seconds

    def __call__(self) -> web.RequestHandler:
        return _PatientConnection(self, self._head_seconds, self._kwargs)


class _PatientConnection(web.RequestHandler):
    """aiohttp has no hook for a deadline on the head, so this relies on its private counters (aiohttp 3.14)."""

    __slots__ = ("_head_seconds", "_head_timer")

    def __init__(self, server: web.Server, head_seconds: float, options: dict[str, Any]) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._head_seconds = head_seconds
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._start_head_timer()

    def data_received(self, data: bytes) -> None:
        before = self._request_count
        super().data_received(data)
        if self._request_count != before:
            self._stop_head_timer()
        elif data and self._head_timer is None and self._current_request is None and not self._messages:
            self._start_head_timer()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def resume_reading(self, resume_parser: bool = True) -> None:
        # Each body read ends here, and aiohttp would run the parser over nothing; there is work only after a pause.
        if self._reading_paused or self._buffer_paused:
            super().resume_reading(resume_parser)

    def _start_head_timer(self) -> None:
        self._head_timer = self._loop.call_later(self._head_seconds, self.force_close)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        # aiohttp's own answer and log line repeat the bytes that it could not parse, which may be a key.
        _log.info("request.unreadable", cause=type(exc).__name__)
        response = refusal(_unreadable(exc) if status < 500 else Broken("wasl could not answer this request."), new_request_id())
        response.force_close()
        return response

    def finish_response(
        self, request: BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        # No handler of ours saw it: an unknown path or method, or a bad Expect header.
        if isinstance(resp, web.HTTPException):
            resp = translated(resp, new_request_id())
        return super().finish_response(request, resp, start_time)


def _unreadable(cause: BaseException | None) -> WaslError:
    if isinstance(cause, ContentEncodingError):  # the parser knows fewer encodings than HTTP has
        return unsupported_encoding()
    return Malformed([Problem(pointer="", code="bad_request", message="is not HTTP that this server understands")])


async def read_patiently(content: StreamReader, limit: int, patience: timedelta) -> bytes:
    """A body that has not wholly arrived yet.

    Raises:
        TooSlow: it took longer than `patience`, or came slower than 1 KiB a second for a third of it.
        TooLarge: it has more than `limit` bytes.
    """
    now = asyncio.get_running_loop().time
    window = patience.total_seconds() / 3
    end = now() + patience.total_seconds()
    body = bytearray()
    while True:
        enough = len(body) + _SLOWEST * window
        try:
            async with asyncio.timeout_at(min(now() + window, end)):
                return await _read_into(body, content, limit)
        except TimeoutError:
            if now() >= end or len(body) < enough:
                raise TooSlow("The body did not come in time.") from None


async def _read_into(body: bytearray, content: StreamReader, limit: int) -> bytes:
    while chunk := await content.readany():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


async def spool_patiently(content: StreamReader, file: IO[bytes], limit: int, patience: timedelta) -> None:
    """Write a body into a file as it comes.

    Raises:
        TooSlow: it came slower than 1 KiB a second for a third of `patience`, or took longer than twenty times that.
        TooLarge: it has more than `limit` bytes.
    """
    now = asyncio.get_running_loop().time
    window = patience.total_seconds() / 3
    end, size = now() + 20 * patience.total_seconds(), 0
    try:
        while True:
            enough = size + _SLOWEST * window
            async with asyncio.timeout_at(min(now() + window, end)):
                while size < enough:
                    if not (chunk := await content.readany()):
                        return
                    size += len(chunk)
                    if size > limit:
                        raise too_large(limit)
                    file.write(chunk)
    except TimeoutError:
        raise TooSlow("The body did not come in time.") from None
