"""Messages inside your own application: wasl keeps them in a feed that each person's app or page reads."""

import json
from typing import ClassVar

from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, ProviderSpec, Receipt
from wasl_contracts.content import Card
from wasl_contracts.handing import handing_over
from wasl_contracts.model import Frozen

_FOR_EVER = 366 * 86_400  # seconds: a feed holds each delivery once, as long as it holds it


class InAppSettings(Frozen):
    """A section of wasl.toml with `plugin = "inapp"`. There is nothing to set."""


class InApp:
    """Hands each delivery to wasl's own feed, in the transaction that settles it. It calls nobody, so that it cannot fail."""

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="inapp",
        channel="inapp",
        format="card",
        addresses=(AddressKind(kind="inapp", pattern=r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,255}"),),
        settings=InAppSettings,
        capabilities=Capabilities(receipts=True, idempotency_seconds=_FOR_EVER, concurrency=256, timeout_seconds=5),
    )

    def __init__(self, settings: InAppSettings, http: HttpSession) -> None:
        """The settings and the session are of no use here."""

    async def send(self, delivery: Delivery) -> Receipt:
        """The item, for wasl to keep. It counts as delivered when their app says that it has it."""
        wire = self.wire(delivery)
        handing_over(wire)
        return Receipt(entry=json.loads(wire))

    def wire(self, delivery: Delivery) -> bytes:
        """The item as JSON."""
        if not isinstance(delivery.content, Card):
            raise TypeError("needs content in the format card")
        shown = delivery.content.model_dump(mode="json", exclude={"format"})
        return json.dumps({**shown, "topic": delivery.topic}, ensure_ascii=False).encode()

    async def close(self) -> None:
        """Nothing to let go of."""
