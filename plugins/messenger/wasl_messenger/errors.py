"""What Messenger's error codes mean, as `code` or `code.subcode`: the same code means different things by its subcode.

Source: https://developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes (of 2026-03-18), and its
changelog of 2026-06-25.
"""

from collections.abc import Mapping

from wasl_contracts import ProviderError, Reason, Refusal
from wasl_contracts.http import Answer

_NOT_REACHED = Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="content")
_MISCONFIGURED = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")

_GROUPS: Mapping[Refusal, tuple[str, ...]] = {
    Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address"): ("100.2018001",),  # no such person for this Page
    # They blocked the Page, left or closed the account. Meta does not say which, so it proves nothing against the address.
    _NOT_REACHED: ("551", "10.2018108", "200.2018108", "200.1545041"),
    # They have not written in the last 24 hours, or never
    Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content"): ("10.2018278", "10.2018065", "10.2534022"),
    _MISCONFIGURED: (
        "3",
        "404",
        "10",
        "102",
        "190",
        "200",
        "230",
        "368",
        "10.1893063",
    ),  # the token, its permissions, a restricted Page; base_url is not its API
    Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED): ("4", "17", "32", "613", "80006"),
    Refusal(outcome="unavailable", reason=Reason.PROVIDER_UNAVAILABLE): ("1200",),
    Refusal(outcome="unknown"): ("1", "2"),  # "an unexpected error": proves nothing either way
}

ERRORS: Mapping[str, Refusal] = {code: refusal for refusal, codes in _GROUPS.items() for code in codes}


def refusal(answer: Answer) -> ProviderError:
    """The error that Messenger's answer means: by its own code, else by the HTTP status."""
    error = answer.json().get("error")
    error = error if isinstance(error, dict) else {}
    code, subcode = error.get("code"), error.get("error_subcode")
    if type(code) is not int:  # anything else could carry an address into a log
        return answer.error(ERRORS, answer.status)
    both = f"{code}.{subcode}"
    return answer.error(ERRORS, both if both in ERRORS else code)
