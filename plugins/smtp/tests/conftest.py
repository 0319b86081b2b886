"""A scripted SMTP server on plain asyncio, and providers, pools and deliveries for it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

import wasl_contracts
from wasl_contracts import Address, Delivery, HttpSession, Mail, ProviderError, Receipt
from wasl_smtp import Settings, Smtp
from wasl_smtp.pool import Pool
from wasl_smtp.server import Server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HANG, RESET = "hang", "reset"
USUAL = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", "DOT": "250 queued as A1", "RSET": "250 ok", "QUIT": "221 bye"}


class Scripted:
    """Says `script[verb]`, one after the other, then the usual. Remembers each thing that it was told, and over which connection."""

    def __init__(self) -> None:
        self.script: dict[str, list[str]] = {}
        self.extensions = ["PIPELINING", "SIZE 1000000"]
        self.heard: list[tuple[int, str]] = []
        self.mails: list[bytes] = []
        self.opened = self.open = self.most = self.port = 0
        self.unanswered = b""
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def said(self, verb: str) -> int:
        return sum(heard == verb for _, heard in self.heard)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened, self.open = self.opened + 1, self.open + 1
        self.most = max(self.most, self.open)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._speak(self.opened, reader, writer)
        self.open -= 1
        writer.transport.abort()

    async def _speak(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            verb = line.split()[0].decode().upper()
            self.heard.append((number, verb))
            reply = (
                "\r\n".join(["250-me", *(f"250-{name}" for name in self.extensions), "250 HELP"]) if verb == "EHLO" else self._next(verb)
            )
            if reply.startswith("354"):
                writer.write(f"{reply}\r\n".encode())
                self.mails.append(await self.content(reader))
                await self.may_answer.wait()
                reply = self._next("DOT")
            if reply == HANG:
                self.unanswered = await reader.read(4096)
                await reader.read()
            if reply in (HANG, RESET):
                return
            writer.write(f"{reply}\r\n".encode())
            if reply.startswith(("421", "221")):
                return

    def _next(self, verb: str) -> str:
        if verb == "EHLO":
            return "\r\n".join(["250-me", *(f"250-{name}" for name in self.extensions), "250 HELP"])
        return self.script[verb].pop(0) if self.script.get(verb) else USUAL[verb]

    async def content(self, reader: asyncio.StreamReader) -> bytes:
        lines = []
        while (line := await reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)


class Sender:
    """A provider, asked to send one and the same mail with this or that changed."""

    def __init__(self, provider: Smtp) -> None:
        self._provider = provider
        self.close = provider.close

    def doubts(self, **sender: object) -> Sequence[str]:
        return self._provider.doubts(wasl_contracts.Sender.model_validate(sender))

    async def send(self, text: str = "مرحبا", to: str = "ann@example.com", attempt: int = 1, **changes: object) -> Receipt | ProviderError:
        """How it ends. `changes` are fields of the delivery, where text alone is not enough."""
        delivery = Delivery(
            id="dlv_1",
            attempt_id=f"att_{attempt}",
            message_id="msg_1",
            brand="acme",
            channel="email",
            address=Address(channel="email", kind="email", value=to),
            content=Mail(subject="طلبك في الطريق", html=f"<p dir='rtl'>{text}</p>", text=text, locale="ar", direction="rtl"),
            topic="orders",
            category="transactional",
            created_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )
        try:
            return await self._provider.send(delivery.model_copy(update=changes))
        except ProviderError as error:
            return error


class Inbox:
    """Keeps what arrives; offers PIPELINING where told to."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.secure: list[bool] = []
        self.pipelining = False

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802 - aiosmtpd's name
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self.pipelining else responses

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(envelope)
        self.secure.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return "250 2.0.0 Ok: queued as A1"


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    listening = await asyncio.start_server(scripted.converse, "127.0.0.1", 0)
    async with listening:
        scripted.port = listening.sockets[0].getsockname()[1]
        yield scripted


@pytest.fixture
async def smtp() -> AsyncIterator[Callable[..., Sender]]:
    """Makes senders: `smtp(port, **settings)`."""
    made: list[Sender] = []

    def make(port: int, **settings: object) -> Sender:
        found = Settings.model_validate({"host": "127.0.0.1", "port": port, "sender": "أكمي <hello@acme.example>", **settings})
        made.append(Sender(Smtp(found, cast("HttpSession", None))))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
async def pool(server: Scripted) -> AsyncIterator[Callable[..., Pool]]:
    """Makes pools of connections to the scripted server."""
    made: list[Pool] = []

    def make(size: int = 2, mails: int = 100, idle_seconds: float = 60, goodbye_seconds: float = 1) -> Pool:
        settings = Settings(host="127.0.0.1", port=server.port, sender="hello@acme.example")
        made.append(Pool(Server(settings).connect, size, mails=mails, idle_seconds=idle_seconds, goodbye_seconds=goodbye_seconds))
        return made[-1]

    yield make
    for one in made:
        await one.close()


Serve = Callable[..., Awaitable[int]]


@pytest.fixture
async def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def serve(inbox: Inbox) -> AsyncIterator[Serve]:
    servers: list[asyncio.Server] = []
    loop = asyncio.get_running_loop()

    async def start(wrapped: ssl.SSLContext | None = None, **options: object) -> int:
        options = {"enable_SMTPUTF8": True, **options}
        servers.append(await loop.create_server(lambda: SMTP(inbox, loop=loop, hostname="test", **options), "127.0.0.1", 0, ssl=wrapped))
        return int(servers[-1].sockets[0].getsockname()[1])

    yield start
    for server in servers:
        server.close()
    await asyncio.sleep(0.01)
