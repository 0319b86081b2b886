"""What WhatsApp's error codes mean.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (of 2026-05-15).
"""

from collections.abc import Mapping
from typing import Final

from wasl_contracts import ProviderError, Reason, Refusal, Unavailable
from wasl_contracts.http import Answer

_DAY: Final = 86_400.0
_NOT_REACHED: Final = Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="content")
_CONTENT: Final = Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content")
_TOO_LONG: Final = Refusal(outcome="rejected", reason=Reason.TOO_LONG, scope="content")
_MISCONFIGURED: Final = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")
_TOO_MANY: Final = Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED)
_BUSY: Final = Refusal(outcome="unavailable", reason=Reason.PROVIDER_UNAVAILABLE)
_UNKNOWN: Final = Refusal(outcome="unknown")

UNDELIVERABLE: Final = 131026
"""No WhatsApp there, an old version of it, or they blocked us: it does not say which, so it proves nothing against the number."""
STOPPED: Final = 131050
"""They turned this business's marketing messages off; others still reach them."""
_TOO_MUCH_FOR_THEM: Final = 131049

_GROUPS: Mapping[Refusal, tuple[int | str, ...]] = {
    _NOT_REACHED: (
        UNDELIVERABLE,
        130472,  # Meta leaves this number out of marketing messages, as an experiment
        131021,  # it is the sender's own number
        131030,  # a test number writes to five numbers only, and this is none of them
        131062,  # this kind of message does not go to a business-scoped user id
    ),
    Refusal(outcome="rejected", reason=Reason.OPTED_OUT, scope="content"): (STOPPED,),
    _CONTENT: (
        131047,  # they have not written in the last 24 hours: only a template may go
        131008, 131009, 131051, 131052, 131053,  # a parameter or a kind of message that it does not take
        132000, 132001, 132007, 132008, 132012, 132018,  # the template, or what fills it
        132015, 132016,  # the template is paused or disabled for its quality
    ),
    _TOO_LONG: (132005,),
    _MISCONFIGURED: (
        "100.33",  # no such phone number id, or not for this token
        0, 3, 10, 33, 190, *range(200, 300), 131005,  # the token or its permissions
        404,  # no answer of WhatsApp: base_url is not its API
        368, 131031, 131037, 131042, 131045, 133010,  # the account: restricted, unnamed, unpaid, unregistered
    ),
    _TOO_MANY: (4, 80007, 130429, 131048, 131056, 133016, _TOO_MUCH_FOR_THEM),
    _BUSY: (2, 131016, 131057),
    _UNKNOWN: (1, 131000, 135000),  # "unknown error": proves nothing either way
}  # fmt: skip

ERRORS: Mapping[str, Refusal] = {str(code): refusal for refusal, codes in _GROUPS.items() for code in codes}


def refusal(answer: Answer) -> ProviderError:
    """The error that WhatsApp's answer means: by its own code, else by the HTTP status."""
    error = answer.json().get("error")
    error = error if isinstance(error, dict) else {}
    code, subcode = error.get("code"), error.get("error_subcode")
    if type(code) is not int:  # anything else could carry an address into a log
        return answer.error(ERRORS, answer.status)
    if code == _TOO_MUCH_FOR_THEM:
        return Unavailable(_DAY, Reason.RATE_LIMITED, code)
    both = f"{code}.{subcode}"
    return answer.error(ERRORS, both if both in ERRORS else code)
