"""Writes deliveries to the log instead of sending them: for trying out, and for channels that have no provider yet."""

import json
import logging
from typing import ClassVar

from pydantic import Field

from wasl_contracts import AddressKind, Delivery, HttpSession, ProviderSpec, Receipt, Structured
from wasl_contracts.handing import handing_over
from wasl_contracts.model import Frozen

_log = logging.getLogger("wasl.log")


class LogSettings(Frozen):
    """A section of wasl.toml with `plugin = "log"`."""

    show: bool = Field(False, description="Write the address and the content too. They are personal data: only where nobody's are real.")


class Log:
    """Takes every delivery and writes one line at level INFO to the logger `wasl.log`."""

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="log",
        channel="log",
        format="structured",
        addresses=(AddressKind(kind="any", pattern=r"[^\r\n]{1,4096}"),),
        settings=LogSettings,
    )

    def __init__(self, settings: LogSettings, http: HttpSession) -> None:
        self._show = settings.show

    async def send(self, delivery: Delivery) -> Receipt:
        """Write it down; never raises."""
        line = self.wire(delivery)
        handing_over(line)
        _log.info("delivery.logged %s", line.decode())
        return Receipt()

    def wire(self, delivery: Delivery) -> bytes:
        """The line, in UTF-8."""
        return json.dumps(self._told(delivery), ensure_ascii=False).encode()

    async def close(self) -> None:
        """Nothing to let go of."""

    def _told(self, delivery: Delivery) -> dict[str, str]:
        ids = {"delivery": delivery.id, "attempt": delivery.attempt_id, "message": delivery.message_id, "topic": delivery.topic}
        if self._show and isinstance(delivery.content, Structured):
            return {**ids, "address": delivery.address.value, "title": delivery.content.title, "text": delivery.content.text}
        return ids
