"""What an SMTP server says, and what that means."""

import re
from typing import Literal, NamedTuple

from wasl_contracts import ProviderError, Reason, Receipt, Rejected, Scope, Unavailable, Unknown

Step = Literal["auth", "mail", "rcpt", "data", "dot"]
"""The point of the conversation that a reply belongs to; `dot` is the end of the content."""

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
# Postfix and OpenSMTPD, Exim, Sendmail, Amazon SES. Nothing else is trusted to be an id: it might be an address.
_QUEUE_IDS = re.compile(
    r"\bqueued as ([\w.-]{1,128})|\bid=([\w.-]{1,128})|([\w.-]{6,128}) Message accepted for delivery|^(?:2\.\d\.\d )?Ok ([\w-]{16,128})$",
    re.ASCII | re.IGNORECASE,
)
_SIGN_IN_FIRST = frozenset({530, 534, 535, 538})
_BAD_SENDER = frozenset({"5.1.7", "5.1.8", "5.1.9"})  # RFC 3463 section 3.2, RFC 7505: these are about the sender's address
_TOO_BIG = frozenset({"5.2.3", "5.3.4"})
_SETTINGS: tuple[Reason, Scope] = (Reason.PROVIDER_MISCONFIGURED, "provider")
_ONE_BRAND: tuple[Reason, Scope] = (Reason.PROVIDER_MISCONFIGURED, "content")


class Reply(NamedTuple):
    """One reply: its code, and its text, which may name addresses and so goes nowhere."""

    code: int
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.code < 300

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 3463), empty without one."""
        found = _ENHANCED.match(self.text)
        return found[0] if found else ""


def receipt(reply: Reply) -> Receipt:
    """The receipt for the reply that took a mail, with the server's queue id where it is recognised."""
    found = _QUEUE_IDS.search(reply.text)
    return Receipt(provider_ref=next(filter(None, found.groups())) if found else None)


def refusal(step: Step, reply: Reply, *, own_sender: bool = False) -> ProviderError:
    """What a reply means that is not the one hoped for (RFC 5321 section 4.2, RFC 3463).

    With `own_sender` the mail comes from a brand's own address: that it is refused says nothing of other brands.
    """
    enhanced = reply.enhanced
    code = f"{reply.code}/{enhanced}" if enhanced else reply.code
    if reply.code // 100 == 4:
        return Unavailable(None, Reason.RATE_LIMITED if _throttled(reply) else Reason.PROVIDER_UNAVAILABLE, code)
    if reply.code // 100 == 5:
        meaning = _meaning(step, reply.code, enhanced)
        return Rejected(*(_ONE_BRAND if own_sender and meaning == _SETTINGS and reply.code not in _SIGN_IN_FIRST else meaning), code)
    return Unknown(code) if step == "dot" else Unavailable(code=code)  # a reply out of order


def _throttled(reply: Reply) -> bool:
    # Amazon SES says 454 "Throttling failure".
    return (reply.code in (421, 451) and reply.enhanced.startswith("4.7.")) or (reply.code == 454 and "throttl" in reply.text.lower())


def _meaning(step: Step, code: int, enhanced: str) -> tuple[Reason, Scope]:
    if enhanced in _TOO_BIG or (code == 552 and step == "mail"):
        return Reason.TOO_LONG, "content"
    if code in _SIGN_IN_FIRST or enhanced in _BAD_SENDER or step in ("auth", "mail"):
        return _SETTINGS
    if enhanced.startswith("5.1."):
        return Reason.INVALID_ADDRESS, "address"
    if enhanced.startswith("5.7.") or code == 554:
        return Reason.CONTENT_REJECTED, "content"
    # A bare 550 to RCPT may be an unknown user or a refused relay: too little proof to suppress the address.
    if enhanced.startswith(("5.2.", "5.4.")) or code == 552 or (step == "rcpt" and code in (550, 551, 553)):
        return Reason.UNREACHABLE, "content"
    return (Reason.CONTENT_REJECTED if step == "dot" else Reason.PROVIDER_REJECTED), "content"
