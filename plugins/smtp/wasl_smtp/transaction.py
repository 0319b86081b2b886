"""One mail over one connection: MAIL, RCPT, DATA, the content and the final dot."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from wasl_contracts import ProviderError, Reason, Rejected, Unavailable, Unknown
from wasl_smtp.replies import Reply, Step, refusal
from wasl_smtp.wire import Wire

_ONE_WRITE = 65_536


@dataclass(slots=True)
class Transaction:
    """One attempt to mail one message, and how far it came. `message` ends each of its lines with CRLF."""

    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    message: bytes = field(repr=False)
    own_sender: bool = False
    """It comes from a brand's own address, not from that of the settings."""
    untouched: bool = field(default=True, init=False)
    """The server has not answered MAIL, or only to say that it closes the connection."""
    dot_written: bool = field(default=False, init=False)
    refused: ProviderError | None = field(default=None, init=False)

    async def run(self, wire: Wire) -> Reply:
        """Mail it and return the reply that took it.

        Raises:
            Rejected, Unavailable, Unknown: the server said so; the connection may be used again.
            Disconnected: it did not say anything; `lost` tells the outcome.
        """
        go_ahead = await self._announce(wire)
        if self.refused is None:
            return await self._hand_over(wire)
        if go_ahead:
            await _ask(wire, b".\r\n")
        elif not wire.leaving:
            await _ask(wire, b"RSET\r\n")
        raise self.refused

    def lost(self, code: str) -> ProviderError:
        """The outcome when the connection or the time ends here: without the final dot nothing was taken (RFC 5321 section 4.1.1.4)."""
        return self.refused or (Unknown(code) if self.dot_written else Unavailable(code=code))

    def _commands(self, wire: Wire) -> tuple[tuple[Step, bytes], ...]:
        size = wire.extensions.get("size")
        if size is not None and size.isdecimal() and len(size) < 20 and 0 < int(size) < len(self.message):
            raise Rejected(Reason.TOO_LONG, "content", "size")
        options = f" SIZE={len(self.message)}" if size is not None else ""
        # All but mailboxes is ASCII; the part before the @ has no other form (RFC 6531).
        if not (self.message.isascii() and self.sender.isascii() and self.recipient.isascii()):
            if "smtputf8" not in wire.extensions:
                raise self._not_writable()
            options += " BODY=8BITMIME SMTPUTF8"
        return (
            ("mail", f"MAIL FROM:<{self.sender}>{options}\r\n".encode()),
            ("rcpt", f"RCPT TO:<{self.recipient}>\r\n".encode()),
            ("data", b"DATA\r\n"),
        )

    def _not_writable(self) -> Rejected:
        # Nothing is wrong with the address, so it is not suppressed; and only the brand of this sender has the wrong server.
        return Rejected(Reason.PROVIDER_MISCONFIGURED if self.recipient.isascii() else Reason.UNREACHABLE, "content", "smtputf8")

    async def _announce(self, wire: Wire) -> bool:
        """Whether the server now waits for content. It may do so though it refused the mail (RFC 2920 section 3.1)."""
        self.refused = None
        commands = self._commands(wire)
        if wire.pipelining:
            wire.write(b"".join([command for _, command in commands]))
        for step, command in commands:
            if not wire.pipelining:
                wire.write(command)
            reply = await wire.reply()
            self.untouched = step == "mail" and reply.code == 421
            if step == "data" and reply.code == 354:
                return True
            if self.refused is None and (step == "data" or not reply.good):
                self.refused = refusal(step, reply, own_sender=self.own_sender)
            if wire.leaving or (self.refused and not wire.pipelining):
                break
        return False

    async def _hand_over(self, wire: Wire) -> Reply:
        content = self.message
        if len(content) > _ONE_WRITE:
            # Keeps the dot back until the content has left, so that a slow line that breaks leaves no doubt.
            for piece in _pieces(content):
                wire.write(_stuffed(piece))
                await wire.drained()
                await asyncio.sleep(0)  # a fast line never makes us wait, and others want their turn
            content = b""
        self.dot_written = True
        reply = await _ask(wire, _stuffed(content) + b".\r\n")
        if reply.good:
            return reply
        raise refusal("dot", reply, own_sender=self.own_sender)


def _pieces(content: bytes) -> Iterator[bytes]:
    """The content in pieces that end with a line."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + _ONE_WRITE) + 1 or len(content)
        yield content[start:end]
        start = end


def _stuffed(lines: bytes) -> bytes:
    """Whole lines with the dots at their beginning doubled (RFC 5321 section 4.5.2)."""
    return (b"." if lines.startswith(b".") else b"") + lines.replace(b"\r\n.", b"\r\n..")


async def _ask(wire: Wire, words: bytes) -> Reply:
    wire.write(words)
    return await wire.reply()
