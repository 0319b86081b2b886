"""Mailgun's messages.mime (https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages)."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import ClassVar, Final

from aiohttp import encode_basic_auth

from wasl_contracts import Callback, Capabilities, Delivery, Event, HttpSession, ProviderSpec, Reason, Receipt, Rejected, Sender, Unknown
from wasl_contracts.http import call
from wasl_contracts.letter import EMAIL, Composing, Letters, about_sender
from wasl_mailgun.errors import ERRORS, OF_SENDER, code
from wasl_mailgun.events import ATTEMPT, Listening
from wasl_mailgun.settings import Settings

_LARGEST: Final = 25_000_000  # bytes of the mail after encoding
_BOUNDARY_SIZE: Final = 16


class Mailgun:
    """Hands whole mails to Mailgun, so that every header is ours, and reads its webhooks.

    Mailgun takes no idempotency key: a call whose answer is lost is Unknown, and is never repeated here.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="mailgun",
        channel="email",
        format="mail",
        addresses=(EMAIL,),
        settings=Settings,
        capabilities=Capabilities(receipts=True, attachments=True, timeout_seconds=60, confirms_in_seconds=900),
        errors=ERRORS,
        docs_url="https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages",
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._http = http
        self._url = f"{settings.base_url.rstrip('/')}/v3/{settings.domain}/messages.mime"
        self._authorization = encode_basic_auth("api", settings.api_key.get_secret_value())
        self._tracking = "yes" if settings.tracking else "no"
        self._letters = Letters(settings.sender, smtputf8=False)
        self._composed = Composing(self._form)
        self._listening = Listening(settings)
        self.reports = settings.signing_key is not None

    async def send(self, delivery: Delivery) -> Receipt:
        boundary, body = await self._composed(delivery)
        headers = {"Authorization": self._authorization, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = await call(self._http, "POST", self._url, body=body, headers=headers)
        if not answer.ok:
            error = answer.error(ERRORS, named := code(answer))
            raise about_sender(error, delivery) if named == OF_SENDER else error
        ref = answer.json().get("id")
        ref = ref.strip("<>") if isinstance(ref, str) else ""
        if not 0 < len(ref) <= 512:
            raise Unknown("no_id")  # a page that some proxy or a wrong base_url gives
        return Receipt(provider_ref=ref)

    def wire(self, delivery: Delivery) -> bytes:
        return self._form(delivery)[1]

    def doubts(self, sender: Sender) -> Sequence[str]:
        return self._letters.doubts(sender)

    def parse(self, callback: Callback) -> Sequence[Event]:
        return self._listening.events(callback)

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""

    def _form(self, delivery: Delivery) -> tuple[str, bytes]:
        """The boundary and the body of the request."""
        letter = self._letters.read(delivery)
        mail = letter.mime()
        if len(mail) > _LARGEST:
            raise Rejected(Reason.TOO_LONG, "content", "size")
        # Of the mail itself, so that nothing in it can hold the boundary, and the same mail has the same bytes.
        boundary = blake2b(mail, digest_size=_BOUNDARY_SIZE).hexdigest()
        fields = {"to": letter.to.address, "o:tracking": self._tracking, f"v:{ATTEMPT}": delivery.attempt_id}
        head = "".join(_part(boundary, f'name="{name}"', value) for name, value in fields.items())
        head += _part(boundary, 'name="message"; filename="message.mime"\r\nContent-Type: application/octet-stream', "")[:-2]
        return boundary, b"".join([head.encode(), mail, f"\r\n--{boundary}--\r\n".encode()])


def _part(boundary: str, named: str, value: str) -> str:
    return f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n\r\n{value}\r\n"
