"""Mail over SMTP."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, ProviderSpec, Receipt, Sender
from wasl_smtp.composing import Composer
from wasl_smtp.pool import Pool
from wasl_smtp.replies import receipt
from wasl_smtp.server import Server
from wasl_smtp.settings import LONGEST_TIMEOUT, Settings
from wasl_smtp.transaction import Transaction
from wasl_smtp.wire import Disconnected

# Roughly one address, so that a mistake is told when a message is accepted; Mailbox.read knows exactly.
_CHARACTERS = r'[^\x00-\x20\x7f-\xa0\s@<>()\[\]:;,\\"]'
_ADDRESS = f"{_CHARACTERS}{{1,64}}@{_CHARACTERS}{{1,253}}"
_LARGE = 65_536  # bytes


class Smtp:
    """Hands mails to one SMTP server over a few warm connections.

    The Message-ID is `<delivery.id@domain of the sender>`, the same in every attempt; the header X-Wasl-Attempt holds the attempt.
    Mails are signed where there is a key, and go out as the delivery's sender, or else as that of the settings.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="smtp",
        channel="email",
        format="mail",
        addresses=(AddressKind(kind="email", pattern=_ADDRESS),),
        settings=Settings,
        # Our own timeout comes first, because it knows how far the mail came.
        capabilities=Capabilities(timeout_seconds=LONGEST_TIMEOUT + 5, concurrency=8, attachments=True),
        docs_url="https://www.rfc-editor.org/rfc/rfc5321",
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._settings = settings
        self._composer = Composer(settings)
        self._composing = asyncio.Semaphore(1)
        self._pool = Pool(Server(settings).connect, settings.connections)

    async def send(self, delivery: Delivery) -> Receipt:
        large = sum(file.size for file in delivery.attachments) > _LARGE
        transaction = await self._composed_apart(delivery) if large else self._composer.compose(delivery)
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                return receipt(await self._pool.carry(transaction))
        except TimeoutError:
            raise transaction.lost("timeout") from None
        except Disconnected as end:
            raise transaction.lost(end.code) from None

    async def _composed_apart(self, delivery: Delivery) -> Transaction:
        """A large mail takes long to encode and to sign: one at a time, while the others go on."""
        async with self._composing:
            return await asyncio.to_thread(self._composer.compose, delivery)

    def wire(self, delivery: Delivery) -> bytes:
        return self._composer.write(delivery)

    def doubts(self, sender: Sender) -> Sequence[str]:
        return self._composer.doubts(sender)

    async def close(self) -> None:
        await self._pool.close()
