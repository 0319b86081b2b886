"""SendGrid's Mail Send (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send)."""

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import ClassVar, Final

from wasl_contracts import (
    Attachment,
    Callback,
    Capabilities,
    Delivery,
    Event,
    HttpSession,
    ProviderSpec,
    Reason,
    Receipt,
    Rejected,
    Sender,
    Unknown,
)
from wasl_contracts.http import call
from wasl_contracts.letter import EMAIL, Composing, Letter, Letters, about_sender
from wasl_contracts.mailbox import Mailbox
from wasl_sendgrid.errors import ERRORS, OF_SENDER, field
from wasl_sendgrid.events import ATTEMPT, Listening
from wasl_sendgrid.settings import Settings

_LARGEST: Final = 30_000_000  # bytes of the request


class SendGrid:
    """Posts the parts of a mail to SendGrid, which writes it, and reads what its signed event webhook tells.

    SendGrid takes no idempotency key: a call whose answer is lost is Unknown, and is never repeated here.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="sendgrid",
        channel="email",
        format="mail",
        addresses=(EMAIL,),
        settings=Settings,
        capabilities=Capabilities(receipts=True, attachments=True, timeout_seconds=60, confirms_in_seconds=900),
        errors=ERRORS,
        docs_url="https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send",
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._http = http
        self._url = f"{settings.base_url.rstrip('/')}/v3/mail/send"
        self._headers = {"Authorization": f"Bearer {settings.api_key.get_secret_value()}", "Content-Type": "application/json"}
        self._letters = Letters(settings.sender, smtputf8=False)
        self._composed = Composing(self.wire)
        self._tracking = {
            "click_tracking": {"enable": settings.tracking, "enable_text": False},
            "open_tracking": {"enable": settings.tracking},
            "subscription_tracking": {"enable": False},  # List-Unsubscribe is ours
        }
        self._listening = Listening(settings)
        self.reports = settings.verification_key is not None

    async def send(self, delivery: Delivery) -> Receipt:
        body = await self._composed(delivery)
        answer = await call(self._http, "POST", self._url, body=body, headers=self._headers)
        if not answer.ok:
            error = answer.error(ERRORS, named := field(answer))
            raise about_sender(error, delivery) if named in OF_SENDER else error
        ref = answer.headers.get("X-Message-Id", "")
        if not 0 < len(ref) <= 256:
            raise Unknown("no_message_id")  # a page that some proxy or a wrong base_url gives
        return Receipt(provider_ref=ref)

    def wire(self, delivery: Delivery) -> bytes:
        letter = self._letters.read(delivery)
        parts = (("text/plain", letter.mail.text), ("text/html", letter.mail.html))
        request: dict[str, object] = {
            "personalizations": [{"to": [{"email": letter.to.address}], "custom_args": {ATTEMPT: delivery.attempt_id}}],
            "from": _mailbox(letter.sender),
            "subject": letter.mail.subject,
            "content": [{"type": kind, "value": value} for kind, value in parts if value],
            "headers": _headers(letter),
            "tracking_settings": self._tracking,
        }
        if letter.reply_to is not None:
            request["reply_to"] = _mailbox(Mailbox.read(letter.reply_to))
        if delivery.attachments:
            request["attachments"] = [_attached(file) for file in delivery.attachments]
        body = json.dumps(request).encode()
        if len(body) > _LARGEST:
            raise Rejected(Reason.TOO_LONG, "content", "size")
        return body

    def doubts(self, sender: Sender) -> Sequence[str]:
        return self._letters.doubts(sender)

    def parse(self, callback: Callback) -> Sequence[Event]:
        return self._listening.events(callback)

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""


def _mailbox(mailbox: Mailbox) -> dict[str, str]:
    return {"email": mailbox.address, **({"name": mailbox.name} if mailbox.name else {})}


def _headers(letter: Letter) -> dict[str, str]:
    # SendGrid writes Content-Language nowhere; its own Message-ID would be another with each attempt.
    return {**letter.headers, "Message-ID": letter.message_id, "Content-Language": letter.mail.locale.replace("_", "-")}


def _attached(file: Attachment) -> dict[str, str]:
    return {
        "content": b64encode(file.content).decode(),
        "filename": file.name,
        "type": file.media_type,
        "disposition": "attachment",
    }
