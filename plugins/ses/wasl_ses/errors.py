"""What SES's error codes mean.

Sources: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and .../CommonErrors.html.
"""

from collections.abc import Mapping

from wasl_contracts import Reason, Refusal
from wasl_contracts.http import Answer

_CONTENT = Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content")
_MISCONFIGURED = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")
_TOO_FAST = Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED)

_UNVERIFIED, _SANDBOX = "SenderNotVerified", "RecipientNotVerified"  # our own words: SES calls both MessageRejected

ERRORS: Mapping[str, Refusal] = {
    "MessageRejected": _CONTENT,
    "BadRequestException": _CONTENT,
    _UNVERIFIED: _MISCONFIGURED,
    # An account in the sandbox reaches those alone whose address is verified; another one must not pause the provider.
    _SANDBOX: Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="content"),
    "MailFromDomainNotVerifiedException": _MISCONFIGURED,
    "AccountSuspendedException": _MISCONFIGURED,
    "SendingPausedException": _MISCONFIGURED,
    "NotFoundException": _MISCONFIGURED,  # no such configuration set
    "404": _MISCONFIGURED,  # no answer of SES: base_url is not its API
    "IncompleteSignature": _MISCONFIGURED,
    "RequestExpired": _MISCONFIGURED,  # our clock is wrong by more than 15 minutes
    "UnrecognizedClientException": _MISCONFIGURED,
    "ThrottlingException": _TOO_FAST,  # also as HTTP 400: the rate, or the day's quota
    "Throttling": _TOO_FAST,
    "TooManyRequestsException": _TOO_FAST,
    "LimitExceededException": _TOO_FAST,
}


OF_SENDER = frozenset({_UNVERIFIED, "MailFromDomainNotVerifiedException"})
"""The codes that are about as whom the mail goes."""


def code(answer: Answer, recipient: str) -> str | None:
    """SES's code in an answer, None where it has none that we know: whatever else stands there may quote what was sent."""
    told = answer.headers.get("x-amzn-ErrorType") or answer.json().get("__type")
    found = told.split(":")[0].rpartition("#")[2] if isinstance(told, str) else ""
    if found == "MessageRejected" and b"not verified" in answer.body:
        return _SANDBOX if recipient.lower().encode() in answer.body.lower() else _UNVERIFIED
    return found if found in ERRORS else "404" if answer.status == 404 else None
