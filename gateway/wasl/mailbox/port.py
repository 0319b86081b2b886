"""The SMTP port: who may speak to it, and what becomes of a mail. It relays nothing, and sends nothing back to anybody.

connect ─ RCPT (an address with a proof, else 550) ─ DATA ─ kept by the ledger ─ 250
"""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from multidict import CIMultiDict

from wasl.api import Gateway
from wasl.callers import PerMinute, TooMany, network
from wasl.config.mailbox import MailboxSection
from wasl.errors import LedgerUnavailable, StorageLow, Unusable, WaslError
from wasl.receipts.intake import Forged
from wasl_contracts import Callback

try:
    from aiosmtpd.smtp import SMTP, Envelope, Session
except ModuleNotFoundError:
    raise Unusable("[mailbox] needs aiosmtpd, which is not installed.", suggested_action="pip install wasl[mailbox]") from None

_SILENCE = 120.0  # seconds
_LONGEST_LINE = 65_536  # octets: what people's programs write is longer than the 998 that RFC 5322 allows
_MOST_COMMANDS = 20  # of a kind, in one conversation
_NAME = "wasl"
_log = structlog.get_logger("wasl.mailbox")


@asynccontextmanager
async def receiving(gateway: Gateway) -> AsyncIterator[int | None]:
    """Takes mail for as long as the block runs, where `[mailbox]` says so; yields the port.

    Raises:
        Unusable: the address cannot be listened on, or the certificate not be read.
    """
    settings = gateway.config.mailbox
    if settings.place is None:
        yield None
        return
    logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # it tells every command, with the addresses in it
    desk, tls = Desk(gateway, settings), _tls(settings)
    try:
        server = await asyncio.get_running_loop().create_server(lambda: _Conversation(desk, settings, tls), *settings.place)
    except OSError as error:
        raise Unusable(f"Cannot listen on {settings.listen} for mail: {error.strerror}.", suggested_action="See [mailbox].") from None
    port = server.sockets[0].getsockname()[1]
    _log.info("mailbox.started", port=port, domains=settings.domains)
    try:
        yield port
    finally:
        server.close()
        await desk.close()


class _Addressed(Envelope):
    """A mail that is being brought, and the provider that reads it."""

    provider = ""


class Desk:
    """Answers what aiosmtpd asks: the methods `handle_…` are its names for that. Its answers tell no address."""

    def __init__(self, gateway: Gateway, settings: MailboxSection) -> None:
        self._gateway = gateway
        self._domains = frozenset(settings.domains)
        self._most = settings.connections
        self._rate = PerMinute(settings.per_minute)
        self._open: dict[_Conversation, str] = {}
        self._counts: Counter[str] = Counter()

    def admit(self, conversation: "_Conversation", peer: str) -> bool:
        """Whether one more may speak; one network gets a quarter of all places."""
        caller = network(peer)
        if len(self._open) >= self._most or self._counts[caller] >= self._most // 4:
            return False
        self._open[conversation] = caller
        self._counts[caller] += 1
        return True

    def leave(self, conversation: "_Conversation") -> None:
        """It has ended."""
        caller = self._open.pop(conversation, None)
        if caller is not None:
            self._counts -= Counter([caller])

    async def close(self) -> None:
        """Hang up. What was answered with 250 is on disk; everything else is brought again."""
        for conversation in list(self._open):
            conversation.hang_up()
        await asyncio.sleep(0)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, session: Session, envelope: _Addressed, address: str, options: list[str]
    ) -> str:
        """Only addresses of our own making, one a mail, so that each is answered for itself."""
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        try:
            self._rate.count(network((session.peer or ("",))[0]))
        except TooMany:
            return "451 4.7.1 Too many mails within a minute"
        if address.rpartition("@")[2].lower() not in self._domains:
            return "550 5.7.1 Nothing is relayed here"
        try:
            provider = await self._gateway.mail_for(address)
        except WaslError as error:
            return _later(error)
        if provider is None:
            return "550 5.1.1 There is no such address"
        envelope.provider = provider
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: _Addressed) -> str:  # noqa: N802 - aiosmtpd's
        """On disk before it is answered."""
        (address,), provider, body = envelope.rcpt_tos, envelope.provider, envelope.original_content or b""
        headers = CIMultiDict({"Content-Type": "message/rfc822", "X-Original-To": address})
        url = f"smtp://{address.rpartition('@')[2]}/{provider}"
        try:
            await self._gateway.take_callback(provider, Callback("SMTP", url, headers, body, self._gateway.received_at()))
        except Forged:
            return "550 5.7.1 It does not belong to a mail of ours"
        except WaslError as error:
            return _later(error)
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours, or nonsense that aiosmtpd stumbled over."""
        _log.error("mailbox.failed", error=type(error).__name__)
        return "451 4.3.0 Try again later"


class _Conversation(SMTP):
    """One connection. A mail ends with <CR><LF>.<CR><LF> and nothing else: a bare line feed ends nothing (CVE-2023-51764)."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, desk: Desk, settings: MailboxSection, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            desk,
            data_size_limit=int(settings.size_limit),
            enable_SMTPUTF8=True,
            hostname=settings.domains[0],
            ident=_NAME,
            tls_context=tls,
            timeout=_SILENCE,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],  # nobody signs in here
            command_call_limit=_MOST_COMMANDS,
            loop=asyncio.get_running_loop(),
        )
        self._desk = desk
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse those who are too many."""
        peer = (transport.get_extra_info("peername") or ("",))[0]
        begins = self._original_transport is None  # with STARTTLS it is made a second time
        if begins and isinstance(transport, asyncio.WriteTransport) and not self._desk.admit(self, peer):
            self._refused = True
            transport.write(b"421 4.7.0 Too many connections\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Whoever was refused is not listened to."""
        if not self._refused:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """The other side has said all."""
        return None if self._refused else super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """It has ended."""
        if not self._refused:
            self._desk.leave(self)
            super().connection_lost(error)

    def hang_up(self) -> None:
        """End it from our side."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def _create_envelope(self) -> _Addressed:
        return _Addressed()


def _later(error: WaslError) -> str:
    """The other server keeps the mail and brings it again."""
    if not isinstance(error, LedgerUnavailable | StorageLow):
        _log.error("mailbox.failed", code=error.code)
    return "451 4.3.0 It could not be kept, try again later"


def _tls(settings: MailboxSection) -> ssl.SSLContext | None:
    if settings.certificate is None or settings.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:  # ssl.SSLError is one
        raise Unusable(f"The certificate of [mailbox] cannot be used: {error.strerror or error}.") from None
    return context
