"""What Postmark's webhooks tell (https://postmarkapp.com/developer/webhooks/webhooks-overview), as events.

Postmark signs none of them. What proves one is a token of ours that it repeats: as the password of basic authentication, or in the URL.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from wasl_contracts import BadSignature, Callback, Event, Reason, Unreadable
from wasl_contracts.event import Fate, code_of
from wasl_contracts.letter import email_address
from wasl_contracts.signing import from_base64, query, same_secret
from wasl_postmark.settings import Settings

ATTEMPT: Final = "wasl_attempt"

_GONE = Fate("bounced", Reason.INVALID_ADDRESS, dead=True)
_SOFT = Fate("bounced", Reason.UNREACHABLE)
_REFUSED = Fate("bounced", Reason.CONTENT_REJECTED)
_FATES: Mapping[str, Fate] = {
    "Delivery": Fate("delivered"),
    "Open": Fate("opened"),
    "Click": Fate("clicked"),
    "SpamComplaint": Fate("complained"),
}
# https://postmarkapp.com/developer/api/bounce-api#bounce-types; those that are missing tell of no delivery: absence notes and the like.
_BOUNCES: Mapping[str | None, Fate] = {
    "HardBounce": _GONE,
    "SoftBounce": _SOFT,
    "Unknown": _SOFT,
    "Transient": Fate("deferred"),
    "DnsError": Fate("deferred"),
    "SpamNotification": _REFUSED,
    "VirusNotification": _REFUSED,
    "Blocked": Fate("failed", Reason.CONTENT_REJECTED),
    "BadEmailAddress": Fate("failed", Reason.INVALID_ADDRESS, dead=True),
    "ManuallyDeactivated": Fate("failed", Reason.SUPPRESSED_MANUAL),
    "Unconfirmed": Fate("failed", Reason.PROVIDER_REJECTED),
    "SMTPApiError": Fate("failed", Reason.PROVIDER_REJECTED),
    "DMARCPolicy": Fate("failed", Reason.PROVIDER_MISCONFIGURED),
    "TemplateRenderingFailed": Fate("failed", Reason.TEMPLATE_ERROR),
    "SpamComplaint": Fate("complained"),
    "Unsubscribe": Fate("unsubscribed"),
}


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    record: str = Field(alias="RecordType")
    at: AwareDatetime = Field(validation_alias=AliasChoices("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt"))
    ref: str | None = Field(None, alias="MessageID")
    id: int | None = Field(None, alias="ID")
    type: str | None = Field(None, alias="Type")
    recipient: str | None = Field(None, validation_alias=AliasChoices("Recipient", "Email"))
    metadata: dict[str, JsonValue] | None = Field(None, alias="Metadata")
    suppressed: bool = Field(False, alias="SuppressSending")
    suppressed_for: str | None = Field(None, alias="SuppressionReason")
    origin: str | None = Field(None, alias="Origin")

    def fate(self) -> Fate | None:
        """What it means; None for what wasl has no word for."""
        if self.record == "Bounce":
            return _BOUNCES.get(self.type)
        if self.record == "SubscriptionChange":
            return self._suppression() if self.suppressed else None
        return _FATES.get(self.record)

    def _suppression(self) -> Fate | None:
        """Streams for broadcasts tell of bounces and complaints in this way alone."""
        if self.suppressed_for == "ManualSuppression":
            return Fate("unsubscribed") if self.origin == "Recipient" else None  # else somebody of the account did it
        return _BOUNCES.get(self.suppressed_for)

    def happened(self, fate: Fate) -> Event:
        attempt = (self.metadata or {}).get(ATTEMPT)
        return Event(
            kind=fate.kind,
            at=self.at,
            provider_ref=self.ref or None,
            attempt_id=attempt if isinstance(attempt, str) and attempt else None,
            event_id=f"{self.record}-{self.id}" if self.id is not None else None,
            reason=fate.reason,
            code=code_of(self.record, self.type or self.suppressed_for),
            dead=fate.dead,
            address=email_address(self.recipient),
        )


class Listening:
    """Reads callbacks that repeat our token."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.callback_token

    def events(self, callback: Callback) -> Sequence[Event]:
        """What it tells, see `EventSource.parse`."""
        if self._token is None:
            raise BadSignature
        authorization = callback.headers.get("Authorization")
        same_secret(query(callback, "token") if authorization is None else _password(authorization), self._token)
        try:
            told = _Told.model_validate_json(callback.body)
            return [] if (fate := told.fate()) is None else [told.happened(fate)]
        except ValidationError:
            raise Unreadable from None


def _password(authorization: str) -> str:
    """Of basic authentication (RFC 7617); who it is for does not matter."""
    scheme, _, credentials = authorization.partition(" ")
    try:
        _, colon, password = from_base64(credentials).decode().partition(":")
    except UnicodeDecodeError:
        raise BadSignature from None
    if scheme.lower() != "basic" or not colon:
        raise BadSignature
    return password
