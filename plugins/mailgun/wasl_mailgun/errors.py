"""What Mailgun's refusals mean.

It has no codes: a status, and a sentence (https://documentation.mailgun.com/docs/mailgun/api-reference/api-overview). The few sentences
that matter are known by their first words, and named here by words of our own.
"""

from collections.abc import Mapping

from wasl_contracts import Reason, Refusal
from wasl_contracts.http import Answer

_MISCONFIGURED = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")
OF_SENDER = "bad_from"
"""The sender is no address that Mailgun takes."""

ERRORS: Mapping[str, Refusal] = {
    "404": _MISCONFIGURED,  # no such domain, or it is in the other region
    "bad_to": Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address"),
    OF_SENDER: _MISCONFIGURED,
    # A sandbox domain reaches authorized recipients alone; another one must not pause the provider.
    "sandbox": Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="content"),
}
_SENTENCES: Mapping[str, str] = {
    "to parameter is not a valid address": "bad_to",
    "'to' parameter is not a valid address": "bad_to",
    "from parameter is not a valid address": OF_SENDER,
    "'from' parameter is not a valid address": OF_SENDER,
    "sandbox subdomains are for test purposes only": "sandbox",
    "free accounts are for test purposes only": "sandbox",
}


def code(answer: Answer) -> str | int:
    """Our word for the sentence in an answer, else its status: whatever else stands there may quote what was sent."""
    told = answer.json().get("message")
    sentence = told.lower() if isinstance(told, str) else ""
    return next((word for start, word in _SENTENCES.items() if sentence.startswith(start)), answer.status)
