"""Postmark's Send a single email (https://postmarkapp.com/developer/api/email-api#send-a-single-email)."""

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
from wasl_postmark.errors import ERRORS, OF_SENDER, code
from wasl_postmark.events import ATTEMPT, Listening
from wasl_postmark.settings import Settings

_LARGEST: Final = 10_000_000  # bytes of the request


class Postmark:
    """Posts the parts of a mail to Postmark, which writes it, and reads its webhooks, which it does not sign.

    Postmark takes no idempotency key: a call whose answer is lost is Unknown, and is never repeated here.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="postmark",
        channel="email",
        format="mail",
        addresses=(EMAIL,),
        settings=Settings,
        capabilities=Capabilities(receipts=True, attachments=True, timeout_seconds=60, confirms_in_seconds=900),
        errors=ERRORS,
        docs_url="https://postmarkapp.com/developer/api/email-api",
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._settings, self._http = settings, http
        self._url = f"{settings.base_url.rstrip('/')}/email"
        self._headers = {
            "X-Postmark-Server-Token": settings.server_token.get_secret_value(),
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        self._letters = Letters(settings.sender, smtputf8=False)
        self._composed = Composing(self.wire)
        self._listening = Listening(settings)
        self.reports = settings.callback_token is not None

    async def send(self, delivery: Delivery) -> Receipt:
        body = await self._composed(delivery)
        answer = await call(self._http, "POST", self._url, body=body, headers=self._headers)
        named = code(answer)
        if not answer.ok or named is not None:
            error = answer.error(ERRORS, named)
            raise about_sender(error, delivery) if named in OF_SENDER else error
        ref = answer.json().get("MessageID")
        if not isinstance(ref, str) or not 0 < len(ref) <= 256:
            raise Unknown("no_message_id")  # a page that some proxy or a wrong base_url gives
        return Receipt(provider_ref=ref)

    def wire(self, delivery: Delivery) -> bytes:
        letter = self._letters.read(delivery)
        request: dict[str, object] = {
            "From": _written(letter.sender),
            "To": letter.to.address,
            "Subject": letter.mail.subject,
            "TextBody": letter.mail.text,
            "HtmlBody": letter.mail.html,
            "Headers": [{"Name": name, "Value": value} for name, value in _headers(letter).items()],
            "Metadata": {ATTEMPT: delivery.attempt_id},
            "MessageStream": self._settings.message_stream,
            "TrackOpens": self._settings.tracking,
            "TrackLinks": "HtmlOnly" if self._settings.tracking else "None",
        }
        if letter.reply_to is not None:
            request["ReplyTo"] = _written(Mailbox.read(letter.reply_to))
        if delivery.attachments:
            request["Attachments"] = [_attached(file) for file in delivery.attachments]
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


def _written(mailbox: Mailbox) -> str:
    """As Postmark reads it: a name with signs in it must be quoted."""
    if not mailbox.name:
        return mailbox.address
    quoted = mailbox.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{mailbox.address}>'


def _headers(letter: Letter) -> dict[str, str]:
    # Without X-PM-KeepID Postmark writes a Message-ID of its own, another one with each attempt.
    own = {"Message-ID": letter.message_id, "X-PM-KeepID": "true", "Content-Language": letter.mail.locale.replace("_", "-")}
    return {**letter.headers, **own}


def _attached(file: Attachment) -> dict[str, str]:
    return {"Name": file.name, "Content": b64encode(file.content).decode(), "ContentType": file.media_type}
