"""Vonage's Messages API (https://developer.vonage.com/en/api/messages)."""

import json
import re
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Final
from uuid import uuid4

from pydantic import ValidationError

from wasl_contracts import (
    AddressKind,
    Callback,
    Capabilities,
    Delivery,
    Event,
    HttpSession,
    ProviderSpec,
    Reason,
    Receipt,
    Rejected,
    Sms,
    Unknown,
    Unreadable,
)
from wasl_contracts.http import call
from wasl_vonage.callbacks import Told
from wasl_vonage.credentials import Credentials
from wasl_vonage.errors import ERRORS, refusal
from wasl_vonage.proof import prove
from wasl_vonage.settings import SENDER, Settings

_LONGEST: Final = 1000
_LONGEST_REF: Final = 512
_CONFIRMED_IN: Final = 3600


class Vonage:
    """Sends SMS through Vonage, and reads what Vonage tells of them and what people write back.

    Vonage takes no idempotency key: a call whose answer is lost is Unknown, and its callbacks, which carry the attempt's id, settle it.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="vonage",
        channel="sms",
        format="sms",
        addresses=(AddressKind(kind="phone", pattern=r"^\+[1-9][0-9]{6,14}$"),),
        settings=Settings,
        capabilities=Capabilities(max_characters=_LONGEST, receipts=True, confirms_in_seconds=_CONFIRMED_IN),
        errors=ERRORS,
        docs_url="https://developer.vonage.com/en/api/messages",
    )

    def __init__(
        self,
        settings: Settings,
        http: HttpSession,
        clock: Callable[[], float] = time.time,
        unique: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._http = http
        self._url = f"{settings.base_url.rstrip('/')}/v1/messages"
        self._credentials = Credentials(settings, clock, unique)
        self._settings = settings
        self.reports = settings.signature_secret is not None
        callback = settings.status_callback
        self._reports = {"webhook_url": callback, "webhook_version": "v1"} if callback else {}

    async def send(self, delivery: Delivery) -> Receipt:
        """Send the delivery once; see `Provider.send` for what it raises."""
        body = self.wire(delivery)
        headers = {"Authorization": self._credentials.header(), "Content-Type": "application/json"}
        answer = await call(self._http, "POST", self._url, body=body, headers=headers)
        if not answer.ok:
            raise refusal(answer)
        ref = answer.json().get("message_uuid")
        if not isinstance(ref, str) or not 0 < len(ref) <= _LONGEST_REF:
            raise Unknown("no_message_uuid")
        return Receipt(provider_ref=ref)

    def wire(self, delivery: Delivery) -> bytes:
        if not isinstance(delivery.content, Sms):
            raise TypeError("vonage sends text messages")
        if not self.spec.capabilities.takes(delivery.content.text):
            raise Rejected(Reason.TOO_LONG, "content")
        sender = delivery.sender.address or self._settings.sender
        if not re.fullmatch(SENDER, sender):
            raise Rejected(Reason.CONTENT_REJECTED, "content", "sender")
        message = {
            "channel": "sms",
            "message_type": "text",
            "to": delivery.address.value.removeprefix("+"),
            "from": sender.removeprefix("+"),
            "text": delivery.content.text,
            "client_ref": delivery.attempt_id,
            **self._reports,
        }
        return json.dumps(message).encode()

    def parse(self, callback: Callback) -> Sequence[Event]:
        prove(callback, self._settings.signature_secret)
        try:
            return Told.model_validate_json(callback.body).events()
        except ValidationError:
            raise Unreadable from None

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""
