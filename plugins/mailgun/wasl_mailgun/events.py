"""What Mailgun's webhooks tell (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads), as events.

Signature: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks. It is in the body and does not cover what
the webhook tells, so whoever saw one could tell anything with its token: what comes again with a token must tell the same.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from wasl_contracts import BadSignature, Callback, Event, Reason, Unreadable
from wasl_contracts.event import Fate, code_of
from wasl_contracts.letter import email_address
from wasl_contracts.signing import fresh, from_hex, hmac_sha256, same
from wasl_mailgun.settings import Settings

ATTEMPT: Final = "wasl_attempt"
_MOST_TOKENS: Final = 100_000  # that are remembered; as many as come within the tolerance, at 300 a second

_SOFT = Fate("bounced", Reason.UNREACHABLE)
_FATES: Mapping[str, Fate] = {
    "delivered": Fate("delivered"),
    "rejected": Fate("failed", Reason.CONTENT_REJECTED),
    "opened": Fate("opened"),
    "clicked": Fate("clicked"),
    "unsubscribed": Fate("unsubscribed"),
    "complained": Fate("complained"),
}
_FAILED_FOR: Mapping[str | None, Fate] = {
    "bounce": Fate("bounced", Reason.INVALID_ADDRESS, dead=True),
    "suppress-bounce": Fate("failed", Reason.INVALID_ADDRESS, dead=True),
    "suppress-unsubscribe": Fate("failed", Reason.OPTED_OUT),
    "suppress-complaint": Fate("failed", Reason.OPTED_OUT),
    "espblock": Fate("bounced", Reason.CONTENT_REJECTED),
}


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, alias_generator=lambda name: name.replace("_", "-"))


class _Signature(_Lenient):
    timestamp: str
    token: str
    signature: str


class _Posted(_Lenient):
    signature: _Signature
    event_data: object = None


class _Status(_Lenient):
    code: int | str | None = None
    enhanced_code: str | None = None
    bounce_type: str | None = None


class _Headers(_Lenient):
    message_id: str | None = None


class _Message(_Lenient):
    headers: _Headers = _Headers()


class _Client(_Lenient):
    bot: str | None = None
    client_type: str | None = None


class _Told(_Lenient):
    event: str
    timestamp: AwareDatetime
    severity: str | None = None
    reason: str | None = None
    recipient: str | None = None
    message: _Message = _Message()
    delivery_status: _Status = _Status()
    client_info: _Client = _Client()
    user_variables: dict[str, JsonValue] = Field(default_factory=dict)

    def fate(self) -> Fate | None:
        """What it means; None for what wasl has no word for."""
        if self.event != "failed":
            return _FATES.get(self.event)
        if self.severity == "temporary":
            return Fate("deferred")
        return _SOFT if self.delivery_status.bounce_type == "soft" else _FAILED_FOR.get(self.reason, _SOFT)

    def happened(self, fate: Fate, event_id: str) -> Event:
        attempt, status = self.user_variables.get(ATTEMPT), self.delivery_status
        return Event(
            kind=fate.kind,
            at=self.timestamp,
            provider_ref=(self.message.headers.message_id or "").strip("<>") or None,
            attempt_id=attempt if isinstance(attempt, str) and attempt else None,
            event_id=event_id,
            reason=fate.reason,
            code=code_of(self.event, self.reason, status.enhanced_code or status.code or None),
            dead=fate.dead,
            machine=bool(self.client_info.bot) or self.client_info.client_type == "robot",
            address=email_address(self.recipient),
        )


class Listening:
    """Reads callbacks signed by Mailgun."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.signing_key
        self._tolerance = settings.callback_tolerance
        self._told: dict[str, bytes] = {}  # the digest of what each token came with

    def events(self, callback: Callback) -> Sequence[Event]:
        """What it tells, see `EventSource.parse`."""
        posted = self._proved(callback)
        self._once(posted)
        try:
            told = _Told.model_validate(posted.event_data)
            return [] if (fate := told.fate()) is None else [told.happened(fate, posted.signature.token)]
        except ValidationError:
            raise Unreadable from None

    def _proved(self, callback: Callback) -> _Posted:
        try:
            posted = _Posted.model_validate(json.loads(callback.body))  # half of a surrogate pair in what it tells is no junk
        except (ValueError, RecursionError):  # the proof stands in the body
            raise BadSignature from None
        if self._key is None or not posted.signature.token:
            raise BadSignature
        stamp = fresh(posted.signature.timestamp, callback.at, self._tolerance)
        same(from_hex(posted.signature.signature), hmac_sha256(self._key, stamp, posted.signature.token))
        return posted

    def _once(self, posted: _Posted) -> None:
        """Refuse a token that came before with something else: it was seen by somebody who is not Mailgun."""
        try:
            told = blake2b(json.dumps(posted.event_data, sort_keys=True).encode(), digest_size=16).digest()
        except RecursionError:
            raise Unreadable from None
        if self._told.setdefault(posted.signature.token, told) != told:
            raise BadSignature
        if len(self._told) > _MOST_TOKENS:
            del self._told[next(iter(self._told))]
