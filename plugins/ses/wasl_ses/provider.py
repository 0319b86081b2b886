"""Amazon SES v2, SendEmail with a raw message (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html)."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final

from wasl_contracts import Callback, Capabilities, Delivery, Event, HttpSession, ProviderSpec, Reason, Receipt, Rejected, Sender, Unknown
from wasl_contracts.http import call
from wasl_contracts.letter import EMAIL, Composing, Letters, about_sender
from wasl_ses.errors import ERRORS, OF_SENDER, code
from wasl_ses.events import TAG, events
from wasl_ses.settings import Settings
from wasl_ses.sigv4 import Signer
from wasl_ses.sns import Notifications

_LARGEST: Final = 40_000_000  # bytes of the mail after encoding: https://docs.aws.amazon.com/ses/latest/dg/quotas.html


def _now() -> datetime:
    return datetime.now(UTC)


class Ses:
    """Hands whole mails to SES, so that every header is ours, and reads what SES publishes to SNS.

    SES takes no idempotency key: a call whose answer is lost is Unknown, and is never repeated here.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="ses",
        channel="email",
        format="mail",
        addresses=(EMAIL,),
        settings=Settings,
        capabilities=Capabilities(receipts=True, attachments=True, timeout_seconds=60, confirms_in_seconds=900),
        errors=ERRORS,
        docs_url="https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html",
    )

    def __init__(self, settings: Settings, http: HttpSession, clock: Callable[[], datetime] = _now) -> None:
        self._settings, self._http, self._clock = settings, http, clock
        self.reports = bool(settings.topics)
        self._url = f"{settings.endpoint}/v2/email/outbound-emails"
        self._signer = Signer(settings.access_key_id, settings.secret_access_key, settings.session_token, settings.region, "ses")
        self._letters = Letters(settings.sender, smtputf8=False)
        self._composed = Composing(self._request)
        self._notifications = Notifications(http, frozenset(settings.topics), settings.sns_url)

    async def send(self, delivery: Delivery) -> Receipt:
        body, headers = await self._composed(delivery)
        answer = await call(self._http, "POST", self._url, body=body, headers=headers)
        if not answer.ok:
            error = answer.error(ERRORS, named := code(answer, delivery.address.value))
            raise about_sender(error, delivery) if named in OF_SENDER else error
        ref = answer.json().get("MessageId")
        if not isinstance(ref, str) or not 0 < len(ref) <= 256:
            raise Unknown("no_message_id")  # a page that some proxy or a wrong base_url gives
        return Receipt(provider_ref=ref)

    def wire(self, delivery: Delivery) -> bytes:
        letter = self._letters.read(delivery)
        mail = letter.mime()
        if len(mail) > _LARGEST:
            raise Rejected(Reason.TOO_LONG, "content", "size")
        request: dict[str, object] = {
            "Destination": {"ToAddresses": [letter.to.address]},
            "Content": {"Raw": {"Data": b64encode(mail).decode()}},
            "EmailTags": [{"Name": TAG, "Value": delivery.attempt_id}],
        }
        if self._settings.configuration_set is not None:
            request["ConfigurationSetName"] = self._settings.configuration_set
        return json.dumps(request).encode()

    def doubts(self, sender: Sender) -> Sequence[str]:
        return self._letters.doubts(sender)

    async def handshake(self, callback: Callback) -> bytes | None:
        return await self._notifications.settle(callback)

    def parse(self, callback: Callback) -> Sequence[Event]:
        return events(self._notifications.read(callback))

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""

    def _request(self, delivery: Delivery) -> tuple[bytes, Mapping[str, str]]:
        body = self.wire(delivery)
        return body, self._signer.signed("POST", self._url, {"Content-Type": "application/json"}, body, self._clock())
