"""Messenger's Send API (https://developers.facebook.com/documentation/business-messaging/messenger-platform/send-messages)."""

import json
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
    Plain,
    ProviderSpec,
    Reason,
    Receipt,
    Rejected,
    Unknown,
    Unreadable,
)
from wasl_contracts.content import Url
from wasl_contracts.http import call
from wasl_contracts.model import Frozen
from wasl_contracts.signing import from_hex, header, hmac_sha256, query, same, same_secret
from wasl_messenger.callbacks import OWN, Told
from wasl_messenger.errors import ERRORS, refusal

_LONGEST: Final = 2000
_LONGEST_REF: Final = 512
_CONFIRMED_IN: Final = 3600
_Secret = Annotated[SecretStr, Field(min_length=1)]


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "messenger"`.

    `tag` lets messages go after the 24 hours, where Meta has approved the app for it (`HUMAN_AGENT`: seven days, people's answers only).
    `app_secret` proves Messenger's callbacks, `verify_token` the request that sets them up; without them all are refused.
    """

    page_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,32}$")]
    access_token: _Secret = Field(description="The Page's token, with pages_messaging.")
    tag: Annotated[str, StringConstraints(pattern=r"^[A-Z_]{1,64}$")] | None = None
    app_secret: _Secret | None = None
    verify_token: _Secret | None = None
    api_version: Annotated[str, StringConstraints(pattern=r"^v[0-9]{1,3}\.[0-9]$")] = "v26.0"
    base_url: Url = "https://graph.facebook.com"


class Messenger:
    """Sends text to people who wrote to the Page, and reads what Messenger tells later.

    Messenger takes no idempotency key: a call whose answer is lost is Unknown, and the echo of the message, which carries the attempt's id,
    settles it.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="messenger",
        channel="social",
        format="plain",
        addresses=(AddressKind(kind="messenger_psid", pattern=r"^[0-9]{1,32}$"),),
        settings=Settings,
        capabilities=Capabilities(max_characters=_LONGEST, receipts=True, found_by_ref=True, confirms_in_seconds=_CONFIRMED_IN),
        errors=ERRORS,
        docs_url="https://developers.facebook.com/documentation/business-messaging/messenger-platform/send-messages",
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._http = http
        self._url = f"{settings.base_url.rstrip('/')}/{settings.api_version}/{settings.page_id}/messages"
        self._why = {"messaging_type": "MESSAGE_TAG", "tag": settings.tag} if settings.tag else {"messaging_type": "UPDATE"}
        self._settings = settings
        self.reports = settings.app_secret is not None

    async def send(self, delivery: Delivery) -> Receipt:
        """Send the delivery once; see `Provider.send` for what it raises."""
        headers = {"Authorization": f"Bearer {self._settings.access_token.get_secret_value()}", "Content-Type": "application/json"}
        answer = await call(self._http, "POST", self._url, body=self.wire(delivery), headers=headers)
        if not answer.ok:
            raise refusal(answer)
        ref = answer.json().get("message_id")
        if not isinstance(ref, str) or not 0 < len(ref) <= _LONGEST_REF:
            raise Unknown("no_message_id")
        return Receipt(provider_ref=ref)

    def wire(self, delivery: Delivery) -> bytes:
        if not isinstance(delivery.content, Plain):
            raise TypeError("needs content in the format plain")
        if not self.spec.capabilities.takes(delivery.content.text):
            raise Rejected(Reason.TOO_LONG, "content")
        message = {"text": delivery.content.text, "metadata": OWN + delivery.attempt_id}
        return json.dumps({"recipient": {"id": delivery.address.value}, **self._why, "message": message}).encode()

    async def handshake(self, callback: Callback) -> bytes | None:
        """The challenge, where Messenger asks whether this is the place for its callbacks."""
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
