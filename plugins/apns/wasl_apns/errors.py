"""What Apple's refusals mean.

Source: https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns.
"""

import re
from collections.abc import Mapping
from typing import Final

from wasl_contracts import ProviderError, Reason, Refusal, Rejected
from wasl_contracts.http import Answer

_GONE: Final = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
# It is no token of this server and topic. With the wrong environment or topic that is true of all, so none is suppressed for it.
_NOT_HERE: Final = Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="content")
_BAD_CONTENT: Final = Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content")
_BAD_SETTINGS: Final = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")
_TOO_FAST: Final = Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED)
_NOT_NOW: Final = Refusal(outcome="unavailable", reason=Reason.PROVIDER_UNAVAILABLE)

EXPIRED_TOKEN: Final = "ExpiredProviderToken"  # noqa: S105  # Apple's word for it, not a password
_GROUPS: Final[Mapping[Refusal, tuple[str, ...]]] = {
    _GONE: ("Unregistered", "ExpiredToken"),
    _NOT_HERE: ("BadDeviceToken", "DeviceTokenNotForTopic"),
    _BAD_CONTENT: ("BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority", "DuplicateHeaders", "PayloadEmpty"),
    Refusal(outcome="rejected", reason=Reason.TOO_LONG, scope="content"): ("PayloadTooLarge",),
    _BAD_SETTINGS: (
        "BadTopic",
        "MissingTopic",
        "TopicDisallowed",
        "MissingDeviceToken",
        "InvalidPushType",
        "BadCertificate",
        "BadCertificateEnvironment",
        "BadEnvironmentKeyIdInToken",
        "Forbidden",
        "InvalidProviderToken",
        "MissingProviderToken",
        "UnrelatedKeyIdInToken",
        EXPIRED_TOKEN,
        "BadPath",
        "MethodNotAllowed",
    ),
    _TOO_FAST: ("TooManyRequests", "TooManyProviderTokenUpdates"),
    _NOT_NOW: ("IdleTimeout", "ServiceUnavailable", "Shutdown"),
}
# InternalServerError proves nothing, so it is left to the status: unknown.
ERRORS: Mapping[str, Refusal] = {reason: refusal for refusal, reasons in _GROUPS.items() for reason in reasons}


def refusal(answer: Answer) -> ProviderError:
    """The error that an answer means: by Apple's reason where there is one, else by the status."""
    why = reason(answer)
    if why is None and answer.status in (404, 405):  # whatever answers there is not APNs
        return Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", answer.status)
    return answer.error(ERRORS, why)


def reason(answer: Answer) -> str | None:
    """Apple's word for why."""
    told = answer.json().get("reason")
    return told if isinstance(told, str) and re.fullmatch(r"[A-Za-z]{1,64}", told) else None
