"""What Twilio tells later: what became of a message, and what people write to our numbers.

https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
https://www.twilio.com/docs/messaging/guides/webhook-request
"""

import re
from collections.abc import Mapping

from multidict import MultiDict
from pydantic import ValidationError

from wasl_contracts import Address, Callback, Event, EventKind, Reason, Unreadable
from wasl_contracts.signing import query
from wasl_twilio.errors import ERRORS

# queued, accepted, scheduled and sending tell nothing that the answer to the request did not.
_STATUSES: Mapping[str, EventKind] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "bounced",
    "failed": "failed",
    "canceled": "failed",
}
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def events(callback: Callback, form: MultiDict[str]) -> list[Event]:
    """The events in the fields of a callback.

    Raises:
        Unreadable: it is neither a status nor a message that somebody wrote.
    """
    sid = form.get("MessageSid", "")
    if not _SID.fullmatch(sid):
        raise Unreadable
    try:
        if "MessageStatus" in form:
            return _became(callback, form, sid)
        return _wrote(callback, form, sid)
    except ValidationError:
        raise Unreadable from None


def _became(callback: Callback, form: MultiDict[str], sid: str) -> list[Event]:
    status, told = form["MessageStatus"], form.get("ErrorCode", "")
    kind = _STATUSES.get(status)
    if kind is None:
        return []
    code = told if re.fullmatch(r"[0-9]{4,6}", told) else None
    event = Event(
        kind=kind,
        at=callback.at,  # Twilio tells no time
        attempt_id=query(callback, "attempt") or None,
        provider_ref=sid,
        event_id=f"{sid}:{status}",
        reason=_reason(kind, code),
        code=code,
        dead=_reason(kind, code) is Reason.INVALID_ADDRESS,
    )
    if event.reason is Reason.OPTED_OUT:
        return [event, event.model_copy(update={"kind": "unsubscribed", "event_id": f"{sid}:unsubscribed"})]
    return [event]


def _reason(kind: EventKind, code: str | None) -> Reason | None:
    if kind not in ("bounced", "failed"):
        return None
    refusal = ERRORS.get(code or "")
    if refusal and refusal.outcome == "rejected":
        return refusal.reason
    return Reason.UNREACHABLE if kind == "bounced" else Reason.PROVIDER_REJECTED


def _wrote(callback: Callback, form: MultiDict[str], sid: str) -> list[Event]:
    """A reply; and that they left, where Twilio took it for an opt-out: in the account's own words, which need not be ours."""
    sender, text = form.get("From", ""), form.get("Body")
    if text is None or not _PHONE.fullmatch(sender):  # a short code is no person's
        raise Unreadable
    reply = Event(
        kind="replied",
        at=callback.at,
        event_id=f"{sid}:replied",
        address=Address(channel="sms", kind="phone", value=sender),
        text=text.replace("\0", "")[:10_000],
        thread=form.get("To") or None,
    )
    if form.get("OptOutType") == "STOP":
        return [reply, reply.model_copy(update={"kind": "unsubscribed", "event_id": f"{sid}:unsubscribed", "text": None})]
    return [reply]
