"""What Vonage tells later: what became of a message, and what people write to our numbers.

https://developer.vonage.com/en/messages/concepts/messages-status-callbacks
https://developer.vonage.com/en/api/messages#inbound-message
"""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from wasl_contracts import Address, Event, EventKind, Reason, Unreadable
from wasl_contracts.event import Ref
from wasl_vonage.errors import ERRORS, code_in

_STATUSES: Mapping[str, EventKind] = {
    "submitted": "sent",
    "delivered": "delivered",
    "rejected": "failed",
    "undeliverable": "bounced",
    "read": "read",
}


def _one_word(moment: object) -> object:
    """Some callbacks write "2020-01-01 14:00:00 +0000"."""
    return re.sub(r" (?=[+-][0-9]{2}:?[0-9]{2}$)", "", moment) if isinstance(moment, str) else moment


_Moment = Annotated[AwareDatetime, BeforeValidator(_one_word)]
_Words = Annotated[str, AfterValidator(lambda text: text.replace("\0", "")[:10_000])]
_Number = Annotated[str, Field(pattern=r"^[0-9.]{1,20}$", coerce_numbers_to_str=True)]


class _Part(BaseModel):
    """A part of a callback; what it has beside these fields is left unread."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, told: object) -> object:
        return {name: value for name, value in told.items() if value is not None} if isinstance(told, dict) else told


class _Error(_Part):
    type: str = ""


class _Usage(_Part):
    price: _Number | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None


class _Sms(_Part):
    count_total: _Number | None = None


class Told(_Part):
    """The body of a callback, of either kind."""

    message_uuid: Ref
    timestamp: _Moment
    status: str | None = None
    client_ref: Ref | None = None
    error: _Error = _Error()
    usage: _Usage = _Usage()
    sms: _Sms = _Sms()
    channel: str | None = None
    sender: str = Field("", alias="from")
    to: Ref | None = None
    text: _Words | None = None

    def events(self) -> list[Event]:
        """What it tells.

        Raises:
            Unreadable: it is neither a status nor a text that somebody wrote.
        """
        if self.status is None:
            return [self._wrote()]
        kind = _STATUSES.get(self.status)
        return [self._became(kind, self.status)] if kind else []

    def _became(self, kind: EventKind, status: str) -> Event:
        code = code_in(self.error.type) if kind in ("failed", "bounced") else None
        reason = _reason(kind, code)
        facts = {"price": self.usage.price, "currency": self.usage.currency, "segments": self.sms.count_total}
        return Event(
            kind=kind,
            at=self.timestamp,
            attempt_id=self.client_ref,
            provider_ref=self.message_uuid,
            event_id=f"{self.message_uuid}:{status}",
            reason=reason,
            code=code,
            dead=reason is Reason.INVALID_ADDRESS,
            facts={name: fact for name, fact in facts.items() if fact},
        )

    def _wrote(self) -> Event:
        if self.channel != "sms" or not re.fullmatch(r"[1-9][0-9]{6,14}", self.sender):  # a short code is no person's
            raise Unreadable
        them = Address(channel="sms", kind="phone", value=f"+{self.sender}")
        return Event(kind="replied", at=self.timestamp, event_id=self.message_uuid, address=them, text=self.text, thread=self.to)


def _reason(kind: EventKind, code: str | None) -> Reason | None:
    if kind not in ("failed", "bounced"):
        return None
    refusal = ERRORS.get(code or "")
    if refusal and refusal.outcome == "rejected":
        return refusal.reason
    return Reason.UNREACHABLE if kind == "bounced" else Reason.PROVIDER_REJECTED
