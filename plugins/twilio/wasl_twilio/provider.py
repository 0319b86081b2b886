"""Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource)."""

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from pydantic import Field, SecretStr, StringConstraints
from twilio.rest import Client

from wasl_contracts import AddressKind, Callback, Capabilities, Delivery, Event, HttpSession, ProviderSpec, Reason, Receipt, Rejected, Sms
from wasl_contracts.content import Url
from wasl_contracts.model import Frozen
from wasl_twilio.callbacks import events
from wasl_twilio.errors import ERRORS
from wasl_twilio.proof import Proof
from wasl_twilio.transport import Paper, Transport, Written

_LONGEST: Final = 1600
_CONFIRMED_IN: Final = 3600
_SENDER: Final = r"^(\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}|[A-Za-z0-9][A-Za-z0-9 &+_-]{0,10})$"


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "twilio"`.

    `sender` is a number in E.164 form, a short code, a name of at most 11 letters and digits, or a messaging service (MG…), for brands
    that have none of their own.
    `status_callback` is the public address to which Twilio reports; the attempt's id is added to it as `?attempt=…`.
    `shared_key` is the secret of a shared key in Twilio's webhook settings, for accounts that sign by one in place of the token.
    """

    account_sid: Annotated[str, StringConstraints(pattern=r"^AC[0-9A-Za-z]+$")]
    auth_token: Annotated[SecretStr, Field(min_length=1)]
    sender: Annotated[str, StringConstraints(pattern=_SENDER)]
    base_url: Url = "https://api.twilio.com"
    status_callback: Url | None = None
    shared_key: Annotated[SecretStr, Field(min_length=1)] | None = None


class Twilio:
    """Sends SMS through Twilio, and reads what Twilio tells of them and what people write back.

    Twilio takes no idempotency key: a call whose answer is lost is Unknown, and is never repeated here.
    """

    spec: ClassVar = ProviderSpec(
        name="twilio",
        channel="sms",
        format="sms",
        addresses=(AddressKind(kind="phone", pattern=r"^\+[1-9][0-9]{6,14}$"),),
        settings=Settings,
        capabilities=Capabilities(max_characters=_LONGEST, receipts=True, confirms_in_seconds=_CONFIRMED_IN),
        errors=ERRORS,
        docs_url="https://www.twilio.com/docs/messaging/api/message-resource",
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        # TWILIO_EDGE or TWILIO_REGION in the process's environment must not rewrite the host of base_url.
        own_environment = {"TWILIO_EDGE": "", "TWILIO_REGION": ""}
        account, token = settings.account_sid, settings.auth_token.get_secret_value()
        client = Client(account, token, http_client=Transport(http), environment=own_environment)
        client.api.base_url = settings.base_url
        self._messages = client.messages
        self._drafts = Client(account, token, http_client=Paper(), environment=own_environment).messages
        self._sender = settings.sender
        self._status_callback = settings.status_callback
        self.reports = settings.status_callback is not None
        self._proof = Proof(settings.auth_token, settings.shared_key)

    async def send(self, delivery: Delivery) -> Receipt:
        message = await self._messages.create_async(**self._parameters(delivery))
        return Receipt(provider_ref=message.sid, facts={"segments": message.num_segments} if message.num_segments else {})

    def wire(self, delivery: Delivery) -> bytes:
        parameters = self._parameters(delivery)
        try:
            self._drafts.create(**parameters)
        except Written as request:
            return request.body
        raise RuntimeError("twilio's SDK made no request")

    def parse(self, callback: Callback) -> Sequence[Event]:
        """The events in a callback, which must have come to the URL that Twilio was told."""
        return events(callback, self._proof.form(callback))

    async def close(self) -> None:
        """Nothing to let go of: the session is shared."""

    def _parameters(self, delivery: Delivery) -> dict[str, str]:
        """What the SDK makes the request of."""
        if not isinstance(delivery.content, Sms):
            raise TypeError("twilio sends text messages")
        if len(delivery.content.text) > _LONGEST:
            raise Rejected(Reason.TOO_LONG, "content")
        reports = {"status_callback": _reporting(self._status_callback, delivery.attempt_id)} if self._status_callback else {}
        sender = _sender(delivery.sender.address or self._sender)
        return {"to": delivery.address.value, "body": delivery.content.text, **sender, **reports}


def _sender(told: str) -> dict[str, str]:
    """The parameter that names the sender: of its forms only a messaging service's is that long."""
    if not re.fullmatch(_SENDER, told):
        raise Rejected(Reason.CONTENT_REJECTED, "content", "sender")
    return {"messaging_service_sid" if len(told) == 34 else "from_": told}


def _reporting(url: str, attempt_id: str) -> str:
    """The callback URL with the attempt's id in its query; Twilio reads its own settings in the fragment, which stays last."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({"attempt": attempt_id}))))
    return urlunsplit(parts._replace(query=query))
