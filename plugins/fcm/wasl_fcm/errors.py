"""What FCM's refusals mean (https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode)."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from wasl_contracts import ProviderError, Reason, Refusal, Rejected, Unavailable
from wasl_contracts.http import Answer, retry_after

_WITHOUT_RETRY_AFTER: Final = 60.0
_NO_SUCH_ADDRESS: Final = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
_MISCONFIGURED: Final = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")

ERRORS: Mapping[str, Refusal] = {
    "UNREGISTERED": _NO_SUCH_ADDRESS,
    # It belongs to another project. With a wrong service account that is true of every token, so none is suppressed for it.
    "SENDER_ID_MISMATCH": Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="content"),
    "INVALID_ARGUMENT": Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content"),
    "THIRD_PARTY_AUTH_ERROR": _MISCONFIGURED,  # the project lacks its APNs or Web Push key
    "NOT_FOUND": _MISCONFIGURED,  # no such project: says nothing about the device
}
_ADDRESS_FIELDS: Final = ("message.token", "message.fid")


def refusal(answer: Answer) -> ProviderError:
    """The error that FCM's answer means: by its own error code, where it gives one, because 403 and 404 each mean two things."""
    code = error_code(answer)
    if code == "INVALID_ARGUMENT" and any(field in _ADDRESS_FIELDS for field in _violated(answer)):
        return _NO_SUCH_ADDRESS.error(code)
    if answer.status == 429:
        wait = retry_after(answer.headers)
        return Unavailable(_WITHOUT_RETRY_AFTER if wait is None else wait, Reason.RATE_LIMITED, code)
    if answer.status == 404 and code not in ERRORS:
        return Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", code or 404)
    return answer.error(ERRORS, code)


def error_code(answer: Answer) -> str | None:
    """FCM's own error code, else the status that every Google API names."""
    own = [detail.get("errorCode") for detail in _details(answer)]
    for code in (*own, _error(answer).get("status")):
        if isinstance(code, str) and re.fullmatch(r"[A-Z_]{1,64}", code):
            return code
    return None


def _violated(answer: Answer) -> Iterator[object]:
    for detail in _details(answer):
        violations = detail.get("fieldViolations")
        for violation in violations if isinstance(violations, list) else ():
            yield violation.get("field") if isinstance(violation, dict) else None


def _details(answer: Answer) -> list[dict[str, object]]:
    details = _error(answer).get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def _error(answer: Answer) -> dict[str, object]:
    error = answer.json().get("error")
    return error if isinstance(error, dict) else {}
