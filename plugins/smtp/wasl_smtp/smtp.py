"""Mail over SMTP."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from wasl_contracts import BadSignature, Callback, Capabilities, Delivery, Event, HttpSession, ProviderSpec, Receipt, Sender
from wasl_contracts.letter import EMAIL, Composing
from wasl_smtp.composing import Composer
from wasl_smtp.pool import Pool
from wasl_smtp.proofs import proofs_of
from wasl_smtp.replies import receipt
from wasl_smtp.returned import Returned
from wasl_smtp.server import Server
from wasl_smtp.settings import LONGEST_TIMEOUT, Settings
from wasl_smtp.wire import Disconnected


class Smtp:
    """Hands mails to one SMTP server over a few warm connections.

    The Message-ID is `<delivery.id@domain of the sender>`, the same in every attempt; the header X-Wasl-Attempt holds the attempt.
    Mails are signed where there is a key, and go out as the delivery's sender, or else as that of the settings.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="smtp",
        channel="email",
        format="mail",
        addresses=(EMAIL,),
        settings=Settings,
        # Our own timeout comes first, because it knows how far the mail came.
        capabilities=Capabilities(timeout_seconds=LONGEST_TIMEOUT + 5, concurrency=8, attachments=True),
        docs_url="https://www.rfc-editor.org/rfc/rfc5321",
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._settings = settings
        proofs = proofs_of(settings)
        self._proofs = proofs
        self._returned = Returned(proofs) if proofs is not None else None
        self._composer = Composer(settings, proofs)
        self._composed = Composing(self._composer.compose)
        self._pool = Pool(Server(settings).connect, settings.connections)

    async def send(self, delivery: Delivery) -> Receipt:
        transaction = await self._composed(delivery)
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                return receipt(await self._pool.carry(transaction))
        except TimeoutError:
            raise transaction.lost("timeout") from None
        except Disconnected as end:
            raise transaction.lost(end.code) from None

    def wire(self, delivery: Delivery) -> bytes:
        return self._composer.write(delivery)

    def doubts(self, sender: Sender) -> Sequence[str]:
        return self._composer.doubts(sender)

    def parse(self, callback: Callback) -> Sequence[Event]:
        if self._returned is None:
            raise BadSignature
        return self._returned.read(callback)

    def made(self, address: str) -> bool:
        return self._proofs is not None and self._proofs.of_address(address) is not None

    async def close(self) -> None:
        await self._pool.close()
