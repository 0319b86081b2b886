"""WhatsApp's Cloud API (https://developers.facebook.com/documentation/business-messaging/whatsapp)."""

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final

from pydantic import Field, SecretStr, StringConstraints, ValidationError

from wasl_contracts import (
    AddressKind,
    BadSignature,
    Callback,
    Capabilities,
    Delivery,
    Event,
    HttpSession,
    ProviderSpec,
    Receipt,
    Unknown,
    Unreadable,
)
from wasl_contracts.content import Url
from wasl_contracts.http import call
from wasl_contracts.model import Frozen
from wasl_contracts.signing import from_hex, header, hmac_sha256, query, same, same_secret
from wasl_whatsapp.callbacks import Told
from wasl_whatsapp.errors import ERRORS, refusal
from wasl_whatsapp.message import body

_LONGEST: Final = 4096
_LONGEST_REF: Final = 512
_CONFIRMED_IN: Final = 3600
_Secret = Annotated[SecretStr, Field(min_length=1)]


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "whatsapp"`.

    `app_secret` proves WhatsApp's callbacks, `verify_token` the request that sets them up; without them all are refused.
    """

    phone_number_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,32}$")] = Field(description="The id of the number to send from.")
    access_token: _Secret = Field(description="A system user's token with whatsapp_business_messaging.")
    app_secret: _Secret | None = None
    verify_token: _Secret | None = None
    api_version: Annotated[str, StringConstraints(pattern=r"^v[0-9]{1,3}\.[0-9]$")] = "v26.0"
    base_url: Url = "https://graph.facebook.com"


class WhatsApp:
    """Sends text to those who wrote in the last 24 hours, and approved templates to everyone; reads what WhatsApp tells later.

    WhatsApp takes no idempotency key: a call whose answer is lost is Unknown, and its callbacks, which carry the attempt's id, settle it.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="whatsapp",
        channel="chat",
        format="whatsapp",
        addresses=(
            AddressKind(kind="whatsapp", pattern=r"^\+[1-9][0-9]{6,14}$"),
            AddressKind(kind="whatsapp_bsuid", pattern=r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$"),
        ),
        settings=Settings,
        capabilities=Capabilities(max_characters=_LONGEST, counted_in="utf16", receipts=True, confirms_in_seconds=_CONFIRMED_IN),
        errors=ERRORS,
        docs_url="https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages",
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._http = http
        self._url = f"{settings.base_url.rstrip('/')}/{settings.api_version}/{settings.phone_number_id}/messages"
        self._settings = settings
        self.reports = settings.app_secret is not None

    async def send(self, delivery: Delivery) -> Receipt:
        """Send the delivery once; see `Provider.send` for what it raises."""
        headers = {"Authorization": f"Bearer {self._settings.access_token.get_secret_value()}", "Content-Type": "application/json"}
        answer = await call(self._http, "POST", self._url, body=self.wire(delivery), headers=headers)
        if not answer.ok:
            raise refusal(answer)
        return _receipt(answer.json().get("messages"))

    def wire(self, delivery: Delivery) -> bytes:
        return body(delivery, self.spec.capabilities)

    async def handshake(self, callback: Callback) -> bytes | None:
        """The challenge, where WhatsApp asks whether this is the place for its callbacks."""
        if callback.method != "GET":
            return None
        if self._settings.verify_token is None or query(callback, "hub.mode") != "subscribe":
            raise BadSignature
        same_secret(query(callback, "hub.verify_token"), self._settings.verify_token)
        challenge = query(callback, "hub.challenge") or ""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", challenge):
            raise BadSignature
        return challenge.encode()

    def parse(self, callback: Callback) -> Sequence[Event]:
        if self._settings.app_secret is None:
            raise BadSignature
        algorithm, _, digest = header(callback, "X-Hub-Signature-256").partition("=")
        same(algorithm, "sha256")
        same(from_hex(digest), hmac_sha256(self._settings.app_secret, callback.body))
        try:
            return list(Told.model_validate_json(callback.body).events())
        except ValidationError:
            raise Unreadable from None

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""


def _receipt(messages: object) -> Receipt:
    message = messages[0] if isinstance(messages, list) and messages else None
    message = message if isinstance(message, dict) else {}
    ref, status = message.get("id"), message.get("message_status")
    if not isinstance(ref, str) or not 0 < len(ref) <= _LONGEST_REF:
        raise Unknown("no_id")
    # A new template is tried on some first: it may be held back, and then sent or dropped.
    return Receipt(provider_ref=ref, facts={"message_status": status} if status == "held_for_quality_assessment" else {})
