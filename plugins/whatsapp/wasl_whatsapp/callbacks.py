"""What WhatsApp tells later: what became of a message, what people write, and who wants no more marketing.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from wasl_contracts import Address, Event, EventKind, Reason
from wasl_contracts.event import Ref
from wasl_whatsapp.errors import ERRORS, STOPPED, UNDELIVERABLE

_STATUSES: Mapping[str, EventKind] = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"}
_WRITTEN = frozenset({"text", "button", "interactive", "image", "video", "document", "audio", "sticker", "location", "contacts"})
_Words = Annotated[str, AfterValidator(lambda text: text.replace("\0", "")[:10_000])]


class _Part(BaseModel):
    """A part of a callback; what it has beside these fields is left unread."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, told: object) -> object:
        return {name: value for name, value in told.items() if value is not None} if isinstance(told, dict) else told


class _Error(_Part):
    code: int


class _Pricing(_Part):
    category: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")] | None = None


class _Status(_Part):
    id: Ref
    status: str
    timestamp: AwareDatetime
    biz_opaque_callback_data: Ref | None = None
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    errors: list[_Error] = []
    pricing: _Pricing = _Pricing()


class _Said(_Part):
    body: _Words | None = None  # of a text
    text: _Words | None = None  # of a template's button
    title: _Words | None = None  # of a button or a line of a list
    caption: _Words | None = None  # of a picture, film or file
    button_reply: "_Said | None" = None
    list_reply: "_Said | None" = None

    def words(self) -> str | None:
        inner = self.button_reply or self.list_reply
        return next(filter(None, (self.body, self.text, self.title, self.caption)), None) or (inner.words() if inner else None)


class _Context(_Part):
    id: Ref | None = None


class _Message(_Part):
    id: Ref
    type: str
    timestamp: AwareDatetime
    sender: str | None = Field(None, alias="from")
    from_user_id: str | None = None
    context: _Context = _Context()
    text: _Said | None = None
    button: _Said | None = None
    interactive: _Said | None = None
    image: _Said | None = None
    video: _Said | None = None
    document: _Said | None = None

    def words(self) -> str | None:
        parts = (self.text, self.button, self.interactive, self.image, self.video, self.document)
        return next((part.words() for part in parts if part), None)


class _Preference(_Part):
    wa_id: str | None = None
    user_id: str | None = None
    category: str
    value: str
    timestamp: AwareDatetime


class _Value(_Part):
    statuses: list[_Status] = []
    messages: list[_Message] = []
    user_preferences: list[_Preference] = []


class _Change(_Part):
    value: _Value


class _Entry(_Part):
    changes: list[_Change]


class Told(_Part):
    """The body of a callback."""

    entry: list[_Entry]

    def events(self) -> Iterator[Event]:
        """What it tells, in its order."""
        for value in (change.value for entry in self.entry for change in entry.changes):
            for status in value.statuses:
                yield from _became(status)
            yield from (_wrote(message) for message in value.messages if message.type in _WRITTEN)
            yield from (_left(one) for one in value.user_preferences if (one.category, one.value) == ("marketing_messages", "stop"))


def _became(status: _Status) -> Iterator[Event]:
    kind = _STATUSES.get(status.status)
    if kind is None:
        return
    code = status.errors[0].code if status.errors else None
    failed = kind == "failed"
    event = Event(
        kind="bounced" if failed and code == UNDELIVERABLE else kind,
        at=status.timestamp,
        attempt_id=status.biz_opaque_callback_data,
        provider_ref=status.id,
        event_id=f"{status.id}:{status.status}",
        reason=_reason(code) if failed else None,
        code=str(code) if failed and code is not None else None,
        facts={"pricing_category": status.pricing.category} if status.pricing.category else {},
    )
    yield event
    if failed and code == STOPPED:
        them = _address(status.recipient_id, status.recipient_user_id)
        yield event.model_copy(update={"kind": "unsubscribed", "event_id": f"{status.id}:unsubscribed", "address": them})


def _reason(code: int | None) -> Reason:
    refusal = ERRORS.get(str(code))
    return refusal.reason if refusal and refusal.outcome != "unknown" else Reason.PROVIDER_REJECTED


def _wrote(message: _Message) -> Event:
    them = _address(message.sender, message.from_user_id)
    return Event(
        kind="replied",
        at=message.timestamp,
        event_id=message.id,
        address=them,
        text=message.words(),
        thread=message.context.id or them.value,
    )


def _left(preference: _Preference) -> Event:
    return Event(kind="unsubscribed", at=preference.timestamp, address=_address(preference.wa_id, preference.user_id))


def _address(phone: str | None, user_id: str | None) -> Address:
    """The number where WhatsApp tells it, else the id that this business knows the person by."""
    if phone:
        return Address(channel="chat", kind="whatsapp", value=f"+{phone.removeprefix('+')}")
    return Address(channel="chat", kind="whatsapp_bsuid", value=user_id or "")
