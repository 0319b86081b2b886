"""Mail over SMTP."""

import asyncio
from typing import ClassVar

from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, Mail, ProviderSpec, Reason, Receipt, Rejected
from wasl_contracts.mime import Mailbox, mime_bytes
from wasl_smtp.pool import Pool
from wasl_smtp.replies import receipt
from wasl_smtp.server import Server
from wasl_smtp.settings import LONGEST_TIMEOUT, Settings
from wasl_smtp.transaction import Transaction
from wasl_smtp.wire import Disconnected

# Roughly one address, so that a mistake is told when a message is accepted; Mailbox.read knows exactly.
_CHARACTERS = r'[^\x00-\x20\x7f-\xa0\s@<>()\[\]:;,\\"]'
_ADDRESS = f"{_CHARACTERS}{{1,64}}@{_CHARACTERS}{{1,253}}"


class Smtp:
    """Hands mails to one SMTP server over a few warm connections.

    The Message-ID is `<delivery.id@domain of the sender>`, the same in every attempt; the header X-Wasl-Attempt holds the attempt.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="smtp",
        channel="email",
        format="mail",
        addresses=(AddressKind(kind="email", pattern=_ADDRESS),),
        settings=Settings,
        # Our own timeout comes first, because it knows how far the mail came.
        capabilities=Capabilities(timeout_seconds=LONGEST_TIMEOUT + 5, concurrency=8),
        docs_url="https://www.rfc-editor.org/rfc/rfc5321",
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._settings = settings
        self._sender = Mailbox.read(settings.sender)
        self._pool = Pool(Server(settings).connect, settings.connections)

    async def send(self, delivery: Delivery) -> Receipt:
        transaction = self._transaction(delivery)
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                return receipt(await self._pool.carry(transaction))
        except TimeoutError:
            raise transaction.lost("timeout") from None
        except Disconnected as end:
            raise transaction.lost(end.code) from None

    async def close(self) -> None:
        await self._pool.close()

    def _transaction(self, delivery: Delivery) -> Transaction:
        try:
            recipient = Mailbox.read(delivery.address.value)
        except ValueError:
            raise Rejected(Reason.INVALID_ADDRESS, "address", "not_one_address") from None
        if not isinstance(delivery.content, Mail):
            raise Rejected(Reason.CONTENT_REJECTED, "content", "not_a_mail")
        try:
            message = mime_bytes(
                delivery.content,
                sender=self._settings.sender,
                to=recipient.address,
                message_id=f"<{delivery.id}@{self._sender.domain}>",
                date=delivery.created_at,
                headers={"X-Wasl-Attempt": delivery.attempt_id},
            )
        except ValueError:
            raise Rejected(Reason.CONTENT_REJECTED, "content", "header") from None
        return Transaction(self._sender.address, recipient.address, message)
