"""What the Messages API's error codes mean (https://developer.vonage.com/en/api-errors/messages)."""

import re
from collections.abc import Mapping

from wasl_contracts import ProviderError, Reason, Refusal
from wasl_contracts.http import Answer

_GROUPS: Mapping[Refusal, tuple[int, ...]] = {
    Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address"): (
        1170,  # no phone number
        1190,  # absent for good: no longer in use
        1370,  # de-activated
        1430,  # not one that the channel can reach
    ),
    Refusal(outcome="rejected", reason=Reason.OPTED_OUT, scope="address"): (1240,),  # they asked not to get such messages
    Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="content"): (
        1050,  # barred
        1160,  # an account on trial writes to the numbers on its list only
        1180, 1200, 1220, 1230, 1250, 1260, 1270, 1280, 1290, 1300, 1310,  # absent for now, busy, unroutable, blocked by the carrier
        1360,  # not reached before its time to live ended
    ),
    Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content"): (
        1010, 1020, 1021, 1022, 1040, 1130, 1410, 1440,  # a parameter that is missing or wrong
        1120, 1420,  # a sender that this country does not allow
        1210,  # filtered as spam
    ),
    Refusal(outcome="rejected", reason=Reason.TOO_LONG, scope="content"): (1090,),
    Refusal(outcome="rejected", reason=Reason.COUNTRY_BLOCKED, scope="content"): (1470,),  # by a rule of Fraud Defender
    Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider"): (
        1060, 1070, 1080, 1140, 1400,  # barred, out of credit, or not enabled for this
        404,  # no answer of Vonage: base_url is not its API
    ),
    Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED): (1000, 1241, 1460),
    Refusal(outcome="unavailable", reason=Reason.PROVIDER_UNAVAILABLE): (1100,),  # it could not reach the carrier, and sent nothing
    Refusal(outcome="unknown"): (1030, 1330),  # "internal error", "unknown": proves nothing either way
}  # fmt: skip

ERRORS: Mapping[str, Refusal] = {str(code): refusal for refusal, codes in _GROUPS.items() for code in codes}


def code_in(url: object) -> str | None:
    """The code at the end of the link by which Vonage names an error; its other words may quote what we sent."""
    found = re.search(r"#([a-z0-9-]{1,40})$", url) if isinstance(url, str) else None
    return found[1] if found else None


def refusal(answer: Answer) -> ProviderError:
    """The error that Vonage's answer means: by its own code, else by the HTTP status.

    A 429 is one whatever its code: there Vonage names 1010, which otherwise means a missing parameter.
    """
    code = code_in(answer.json().get("type"))
    if answer.status == 404 and code not in ERRORS:
        code = "404"
    return answer.error({} if answer.status == 429 else ERRORS, code)
