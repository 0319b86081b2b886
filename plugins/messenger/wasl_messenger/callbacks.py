"""What Messenger tells later: what arrived, what was sent, and what people write to the Page.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events
"""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, model_validator

from wasl_contracts import Address, Event
from wasl_contracts.event import Ref

OWN: Final = "wasl:"
"""What the metadata of our own messages begins with. Other apps of the Page and its inbox have their own."""
_Words = Annotated[str, AfterValidator(lambda text: text.replace("\0", "")[:10_000])]


class _Part(BaseModel):
    """A part of a callback; what it has beside these fields is left unread."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, told: object) -> object:
        return {name: value for name, value in told.items() if value is not None} if isinstance(told, dict) else told


class _Person(_Part):
    id: Ref


class _Named(_Part):
    mid: Ref


class _Message(_Part):
    mid: Ref
    text: _Words | None = None
    is_echo: bool = False
    metadata: Annotated[str, AfterValidator(lambda text: text[:512])] = ""
    reply_to: _Named | None = None


class _Delivery(_Part):
    mids: list[Ref] = []  # older apps on the phone tell a watermark alone, which names no message
    watermark: AwareDatetime


class _Postback(_Part):
    mid: Ref | None = None
    title: _Words


class _Happening(_Part):
    sender: _Person
    timestamp: AwareDatetime | None = None
    message: _Message | None = None
    delivery: _Delivery | None = None
    postback: _Postback | None = None

    def events(self) -> Iterator[Event]:
        if self.delivery:
            at = self.timestamp or self.delivery.watermark
            for mid in self.delivery.mids:
                yield Event(kind="delivered", at=at, provider_ref=mid, event_id=f"{mid}:delivered")
        elif self.timestamp and self.message and self.message.is_echo:
            yield from _sent(self.message, self.timestamp)
        elif self.timestamp and self.message:
            reply_to = self.message.reply_to
            yield self._wrote(self.timestamp, self.message.mid, self.message.text, reply_to.mid if reply_to else None)
        elif self.timestamp and self.postback:
            yield self._wrote(self.timestamp, self.postback.mid, self.postback.title)

    def _wrote(self, at: AwareDatetime, mid: str | None, text: str | None, answered: str | None = None) -> Event:
        them = Address(channel="social", kind="messenger_psid", value=self.sender.id)
        return Event(kind="replied", at=at, event_id=mid, address=them, text=text, thread=answered or them.value)


class _Entry(_Part):
    messaging: list[_Happening] = []


class Told(_Part):
    """The body of a callback."""

    entry: list[_Entry]

    def events(self) -> Iterator[Event]:
        """What it tells, in its order."""
        for happening in (one for entry in self.entry for one in entry.messaging):
            yield from happening.events()


def _sent(echo: _Message, at: AwareDatetime) -> Iterator[Event]:
    """An echo of our own message: the proof that it went, where the answer to its request was lost."""
    attempt = echo.metadata.removeprefix(OWN)
    if echo.metadata.startswith(OWN) and attempt:
        yield Event(kind="sent", at=at, attempt_id=attempt, provider_ref=echo.mid, event_id=f"{echo.mid}:sent")
