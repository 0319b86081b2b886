"""One open connection: bytes out, replies in.

aiosmtplib opens it. From then on we read the replies ourselves, because aiosmtplib keeps only the first of several replies that
arrive together, as they do when commands are pipelined.
"""

import asyncio
import re
from collections import deque
from collections.abc import Mapping

from wasl_smtp.replies import Reply

_REPLY_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_LARGEST_REPLIES = 65_536


class Disconnected(Exception):
    """The connection ended, or the server no longer makes sense. `code` says how in one word."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Wire(asyncio.Protocol):
    """A connection that is ready for mail. `extensions` are what EHLO offered, by lower-case name."""

    def __init__(self, transport: asyncio.Transport, extensions: Mapping[str, str]) -> None:
        self.extensions = extensions
        self.mails = 0
        self.idle_since = 0.0
        self.leaving = False
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self._replies: deque[Reply] = deque()
        self._buffer = b""
        self._text: list[bytes] = []
        self._unread = 0
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._lost = ""
        self._goodbye: asyncio.TimerHandle | None = None
        transport.set_protocol(self)

    @property
    def pipelining(self) -> bool:
        return "pipelining" in self.extensions

    @property
    def usable(self) -> bool:
        """Whether another mail may start: still open, and nothing is left over from the one before."""
        return not (self._lost or self.leaving or self._replies or self._buffer or self._text or self._transport.is_closing())

    def write(self, data: bytes) -> None:
        if self._lost:
            raise Disconnected(self._lost)
        self._transport.write(data)

    async def drained(self) -> None:
        """Wait until most of what was written has left."""
        while self._paused:
            if self._lost:
                raise Disconnected(self._lost)
            await self._change()

    async def reply(self) -> Reply:
        """The next reply.

        Raises:
            Disconnected: there will be none.
        """
        while not self._replies:
            if self._lost:
                raise Disconnected(self._lost)
            await self._change()
        reply = self._replies.popleft()
        if reply.code == 421:  # RFC 5321 section 3.8: the server closes now
            self.leaving = True
        self._unread = 0
        return reply

    def leave(self, patience: float) -> None:
        """Say goodbye, and close when the server answers or after `patience` seconds; does not wait."""
        if self._goodbye is not None or self._transport.is_closing():
            return
        self.leaving = True
        self._goodbye = self._loop.call_later(patience, self.abort)
        self._transport.write(b"QUIT\r\n")

    def abort(self) -> None:
        """Close at once. What was written and has not left never will."""
        self.leaving = True
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._goodbye is not None:
            self._transport.close()
            return
        self._unread += len(data)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._read(line.rstrip(b"\r"))
        if self._unread > _LARGEST_REPLIES:
            self._give_up("too_long")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = self._lost or "disconnected"
        if self._goodbye is not None:
            self._goodbye.cancel()
        if not self.gone.done():
            self.gone.set_result(None)
        self._wake()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    def _read(self, line: bytes) -> None:
        found = _REPLY_LINE.fullmatch(line)
        if found is None:
            self._give_up("malformed_reply")
            return
        self._text.append(found[3] or b"")
        if found[2] != b"-":
            self._replies.append(Reply(int(found[1]), b"\n".join(self._text).decode("utf-8", "replace")))
            self._text.clear()

    def _give_up(self, code: str) -> None:
        self._lost = self._lost or code
        self._transport.abort()

    async def _change(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
