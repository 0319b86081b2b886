"""What Postmark's error codes mean (https://postmarkapp.com/developer/api/overview#error-codes)."""

from collections.abc import Mapping

from wasl_contracts import Reason, Refusal
from wasl_contracts.http import Answer

_NOBODY_THERE = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
_CONTENT = Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content")
_SENDER = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")
_MISCONFIGURED = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")

ERRORS: Mapping[str, Refusal] = {
    "10": _MISCONFIGURED,  # a wrong token
    "100": Refusal(outcome="unavailable", reason=Reason.PROVIDER_UNAVAILABLE),  # maintenance
    "300": _CONTENT,  # invalid email request; two of them are told apart by what they say
    "300/To": _NOBODY_THERE,
    "300/From": _SENDER,
    "400": _SENDER,  # no such sender signature
    "401": _SENDER,  # it is not confirmed
    "402": _CONTENT,  # invalid JSON
    "403": _CONTENT,  # JSON of another shape
    "404": _MISCONFIGURED,  # no answer of Postmark: base_url is not its API
    "405": _MISCONFIGURED,  # no credits left
    "406": _NOBODY_THERE,  # inactive: it bounced, complained, or was suppressed there
    "409": _CONTENT,  # not sent as JSON
    "411": _CONTENT,  # a forbidden type of attachment
    "412": _MISCONFIGURED,  # the account is pending: to its own domain only
    "413": _MISCONFIGURED,  # the account may not send
    "429": Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED),
    "1235": _MISCONFIGURED,  # no such message stream
}
OF_SENDER = frozenset({"300/From", "400", "401"})
"""The codes that are about as whom the mail goes."""


def code(answer: Answer) -> str | None:
    """Postmark's code in an answer, None where it has none or says that all is well."""
    told = answer.json()
    number, sentence = told.get("ErrorCode"), told.get("Message")
    if not isinstance(number, int) or not 0 < number < 100_000:
        return "404" if answer.status == 404 else None
    if number == 300 and isinstance(sentence, str):
        return next((f"300/{field}" for field in ("To", "From") if f"'{field}'" in sentence), "300")
    return str(number)
