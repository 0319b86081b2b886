"""What SendGrid's refusals mean.

It has no codes: an error names the field of the request that it is about (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors).
"""

from collections.abc import Mapping

from wasl_contracts import Reason, Refusal
from wasl_contracts.http import Answer

_NOBODY_THERE = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
_CONTENT = Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content")
_SENDER = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")

ERRORS: Mapping[str, Refusal] = {
    "personalizations.0.to.0.email": _NOBODY_THERE,
    "from": _SENDER,  # HTTP 403: it does not match a verified sender identity
    "from.email": _SENDER,
    "from.name": _SENDER,
    "reply_to": _CONTENT,
    "reply_to.email": _CONTENT,
    "subject": _CONTENT,
    "content": _CONTENT,
    "content.0.value": _CONTENT,
    "content.1.value": _CONTENT,
    "headers": _CONTENT,
    "attachments": _CONTENT,
    "attachments.0.content": _CONTENT,
    "attachments.0.filename": _CONTENT,
    "attachments.0.type": _CONTENT,
    # No answer of SendGrid: base_url is not its API.
    "404": Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider"),
}

OF_SENDER = frozenset(name for name, refusal in ERRORS.items() if refusal is _SENDER)
"""The fields that tell as whom the mail goes."""


def field(answer: Answer) -> str | None:
    """The field that the first error is about, None where we do not know it: whatever else stands there may quote what was sent."""
    errors = answer.json().get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    found = first.get("field") if isinstance(first, dict) else None
    if isinstance(found, str) and found in ERRORS:
        return found
    return "404" if answer.status == 404 else None
