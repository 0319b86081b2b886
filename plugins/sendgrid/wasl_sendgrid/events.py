"""What SendGrid's event webhook tells (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event), as events.

Signature: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from wasl_contracts import BadSignature, Callback, Event, Reason, Unreadable
from wasl_contracts.event import Fate, code_of
from wasl_contracts.letter import email_address
from wasl_contracts.signing import fresh, from_base64, header
from wasl_sendgrid.settings import Settings, public_key

ATTEMPT: Final = "wasl_attempt"
_SIGNATURE: Final = "X-Twilio-Email-Event-Webhook-Signature"
_TIMESTAMP: Final = "X-Twilio-Email-Event-Webhook-Timestamp"

_GONE = Fate("bounced", Reason.INVALID_ADDRESS, dead=True)
_SOFT = Fate("bounced", Reason.UNREACHABLE)
_FATES: Mapping[str, Fate] = {
    "deferred": Fate("deferred"),
    "delivered": Fate("delivered"),
    "open": Fate("opened"),
    "click": Fate("clicked"),
    "spamreport": Fate("complained"),
    "unsubscribe": Fate("unsubscribed"),
    "group_unsubscribe": Fate("unsubscribed"),
}
# `type` "blocked" is a refusal for now: the address stays good (https://www.twilio.com/docs/sendgrid/ui/sending-email/bounces).
_BLOCKED: Mapping[str | None, Fate] = {
    "Content": Fate("bounced", Reason.CONTENT_REJECTED),
    "Reputation": Fate("bounced", Reason.CONTENT_REJECTED),
}
_DROPPED: Mapping[str, Fate] = {
    "bounced_address": Fate("failed", Reason.INVALID_ADDRESS, dead=True),
    "invalid": Fate("failed", Reason.INVALID_ADDRESS, dead=True),
    "unsubscribed_address": Fate("failed", Reason.OPTED_OUT),
    "spam_reporting_address": Fate("failed", Reason.OPTED_OUT),
    "spam_content": Fate("failed", Reason.CONTENT_REJECTED),
    "recipient_list_over_package_quota": Fate("failed", Reason.PROVIDER_MISCONFIGURED),
}


def _text(told: object) -> str | None:
    # Custom arguments of other applications stand beside SendGrid's fields, and may have their names.
    return told if isinstance(told, str) and told else None


_Text = Annotated[str | None, BeforeValidator(_text)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    event: str
    at: AwareDatetime = Field(alias="timestamp")
    event_id: _Text = Field(None, alias="sg_event_id")
    message_id: _Text = Field(None, alias="sg_message_id")
    attempt: _Text = Field(None, alias=ATTEMPT)
    email: _Text = None
    type: _Text = None
    reason: _Text = None
    status: _Text = None
    classification: _Text = Field(None, alias="bounce_classification")
    machine: object = Field(None, alias="sg_machine_open")

    @property
    def dropped_for(self) -> str:
        """Why it was dropped, as one word."""
        return (self.reason or "").lower().partition(" (")[0].replace(" ", "_")

    def fate(self) -> Fate | None:
        """What it means; None for what wasl has no word for."""
        if self.event == "bounce":
            return _BLOCKED.get(self.classification, _SOFT) if self.type == "blocked" else _GONE
        if self.event == "dropped":
            return _DROPPED.get(self.dropped_for, Fate("failed", Reason.PROVIDER_REJECTED))
        return _FATES.get(self.event)

    def happened(self, fate: Fate) -> Event:
        return Event(
            kind=fate.kind,
            at=self.at,
            provider_ref=self.message_id.partition(".")[0] or None if self.message_id else None,  # what follows is of SendGrid's servers
            attempt_id=self.attempt,
            event_id=self.event_id,
            reason=fate.reason,
            code=code_of(self.event, self.dropped_for if self.event == "dropped" else self.type, self.status),
            dead=fate.dead,
            machine=self.machine is True,
            address=email_address(self.email),
        )


_TOLD = TypeAdapter(tuple[_Told, ...])


class Listening:
    """Reads callbacks signed by SendGrid, of which each tells several events."""

    def __init__(self, settings: Settings) -> None:
        self._key = public_key(settings.verification_key) if settings.verification_key is not None else None
        self._tolerance = settings.callback_tolerance

    def events(self, callback: Callback) -> Sequence[Event]:
        """What it tells, see `EventSource.parse`."""
        self._check(callback)
        try:
            return [told.happened(fate) for told in _TOLD.validate_json(callback.body) if (fate := told.fate()) is not None]
        except ValidationError:
            raise Unreadable from None

    def _check(self, callback: Callback) -> None:
        if self._key is None:
            raise BadSignature
        stamp = fresh(header(callback, _TIMESTAMP), callback.at, self._tolerance)
        try:
            self._key.verify(from_base64(header(callback, _SIGNATURE)), stamp.encode() + callback.body, ECDSA(SHA256()))
        except InvalidSignature:
            raise BadSignature from None
