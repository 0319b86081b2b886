"""What Twilio's error codes mean (https://www.twilio.com/docs/api/errors)."""

from collections.abc import Mapping

from wasl_contracts import Reason, Refusal

_NO_SUCH_ADDRESS = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
_MISCONFIGURED = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")
_BUSY = Refusal(outcome="unavailable", reason=Reason.PROVIDER_UNAVAILABLE)
_CONTENT = Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content")

ERRORS: Mapping[str, Refusal] = {
    "404": _MISCONFIGURED,  # no answer of Twilio: base_url is not its API
    "20003": _MISCONFIGURED,  # wrong SID or token
    "20404": _MISCONFIGURED,  # no such account
    "20429": Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED),  # too many calls at one time; none of them was processed
    "21211": _NO_SUCH_ADDRESS,  # not a phone number
    # One number in a country that is switched off must neither pause the provider nor suppress the number.
    "21408": Refusal(outcome="rejected", reason=Reason.COUNTRY_BLOCKED, scope="content"),
    "21610": Refusal(outcome="rejected", reason=Reason.OPTED_OUT, scope="address"),  # they answered STOP
    "21614": _NO_SUCH_ADDRESS,  # not a mobile number
    "21617": Refusal(outcome="rejected", reason=Reason.TOO_LONG, scope="content"),
    "21703": _MISCONFIGURED,  # the messaging service has no sender
    "21705": _MISCONFIGURED,  # no such messaging service
    "30001": _BUSY,  # queue overflow
    "30003": _BUSY,  # the handset is off or out of reach: later it may not be
    "30005": _NO_SUCH_ADDRESS,  # unknown handset
    "30006": _NO_SUCH_ADDRESS,  # landline, or a carrier that cannot be reached
    "30007": _CONTENT,  # filtered by a carrier
    "30008": Refusal(outcome="unknown"),  # "unknown error": proves nothing either way
    "30034": _MISCONFIGURED,  # the sender is not registered for the United States (10DLC)
    "63016": _CONTENT,  # outside WhatsApp's window: only a template may go
}
