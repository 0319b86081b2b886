"""What SES publishes (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html), as events."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from wasl_contracts import Event, Reason, Unreadable
from wasl_contracts.event import Fate, code_of
from wasl_contracts.letter import email_address
from wasl_ses.sns import Notification

TAG: Final = "wasl_attempt"
_HEADER: Final = "x-wasl-attempt"
_GREETING: Final = "Successfully validated SNS topic"  # SES's first words to a new topic, in plain text

_GONE = Fate("bounced", Reason.INVALID_ADDRESS, dead=True)
_SOFT = Fate("bounced", Reason.UNREACHABLE)
_REFUSED = Fate("bounced", Reason.CONTENT_REJECTED)
_NEVER_SENT = Fate("failed", Reason.INVALID_ADDRESS, dead=True)  # SES has it on a suppression list
_OPTED_OUT = Fate("failed", Reason.OPTED_OUT)

_FATES: Mapping[str, Fate] = {
    "Send": Fate("sent"),
    "Delivery": Fate("delivered"),
    "DeliveryDelay": Fate("deferred"),
    "Reject": Fate("failed", Reason.CONTENT_REJECTED),  # it held a virus
    "Rendering Failure": Fate("failed", Reason.TEMPLATE_ERROR),
    "Open": Fate("opened"),
    "Click": Fate("clicked"),
    "Complaint": Fate("complained"),
}
_BOUNCES: Mapping[tuple[str | None, str | None], Fate] = {
    ("Permanent", "Suppressed"): _NEVER_SENT,
    ("Permanent", "OnAccountSuppressionList"): _NEVER_SENT,
    ("Permanent", "UnsubscribedRecipient"): _OPTED_OUT,
    ("Transient", "MessageTooLarge"): Fate("bounced", Reason.TOO_LONG),
    ("Transient", "ContentRejected"): _REFUSED,
    ("Transient", "AttachmentRejected"): _REFUSED,
}


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Who(_Lenient):
    address: str = Field("", alias="emailAddress")
    status: str | None = None


class _Happening(_Lenient):
    """The part that is named after the event."""

    at: AwareDatetime | None = Field(None, alias="timestamp")
    type: str | None = Field(None, validation_alias=AliasChoices("bounceType", "complaintFeedbackType", "delayType"))
    subtype: str | None = Field(None, validation_alias=AliasChoices("bounceSubType", "complaintSubType"))
    whom: tuple[_Who, ...] = Field((), validation_alias=AliasChoices("bouncedRecipients", "complainedRecipients", "delayedRecipients"))
    preferences: dict[str, object] = Field(default_factory=dict, alias="newTopicPreferences")


class _Header(_Lenient):
    name: str
    value: str


class _Mail(_Lenient):
    at: AwareDatetime = Field(alias="timestamp")
    ref: str = Field(alias="messageId")
    tags: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    headers: tuple[_Header, ...] = ()

    def attempt(self) -> str | None:
        """By its tag; the notifications of an identity have no tags, but where they are told to include headers, those."""
        tagged = self.tags.get(TAG) or tuple(header.value for header in self.headers if header.name.lower() == _HEADER)
        return tagged[0] if tagged else None


class _Published(_Lenient):
    event: str = Field(validation_alias=AliasChoices("eventType", "notificationType"))
    mail: _Mail
    happened: _Happening = Field(
        default_factory=_Happening,
        validation_alias=AliasChoices("bounce", "complaint", "delivery", "deliveryDelay", "open", "click", "subscription"),
    )

    def fate(self) -> Fate | None:
        """What it means; None for what wasl has no word for."""
        kind, subtype = self.happened.type, self.happened.subtype
        if self.event == "Bounce":
            return _BOUNCES.get((kind, subtype), _GONE if kind == "Permanent" else _SOFT)
        if self.event == "Complaint" and subtype == "OnAccountSuppressionList":
            return _OPTED_OUT
        if self.event == "Subscription":
            return Fate("unsubscribed") if self.happened.preferences.get("unsubscribeAll") is True else None
        return None if kind == "not-spam" else _FATES.get(self.event)


def events(told: Notification) -> Sequence[Event]:
    """The event in a notification of SES; none where it tells nothing that wasl has a word for.

    Raises:
        Unreadable: it is not SES's, or in another shape.
    """
    if told.Message.startswith(_GREETING):
        return []
    try:
        published = _Published.model_validate_json(told.Message)
        fate = published.fate()
        return [] if fate is None else [_event(told.MessageId, published, fate)]
    except ValidationError:
        raise Unreadable from None


def _event(event_id: str, published: _Published, fate: Fate) -> Event:
    happened = published.happened
    who = happened.whom[0] if happened.whom else _Who()
    return Event(
        kind=fate.kind,
        at=happened.at or published.mail.at,
        provider_ref=published.mail.ref,
        attempt_id=published.mail.attempt(),
        event_id=event_id,
        reason=fate.reason,
        code=code_of(happened.type, happened.subtype, who.status),
        dead=fate.dead,
        address=email_address(who.address),
    )
