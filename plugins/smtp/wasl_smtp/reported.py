"""What servers report of a mail in a form that programs read: delivery (RFC 3464) and complaints (RFC 5965)."""

import re
from collections.abc import Iterator
from email.message import Message
from typing import NamedTuple

from wasl_contracts import EventKind, Reason

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})(?!\d)", re.ASCII)
_BAD_SENDER = frozenset({"5.1.7", "5.1.8", "5.1.9"})
_TOO_BIG = frozenset({"5.2.3", "5.3.4"})
_KINDS: dict[str, EventKind] = {"delayed": "deferred", "delivered": "delivered", "relayed": "sent", "expanded": "sent", "failed": "bounced"}
_COMPLAINTS: dict[str, EventKind] = {"abuse": "complained", "fraud": "complained", "virus": "complained", "opt-out": "unsubscribed"}


class Told(NamedTuple):
    """One thing that a mail tells."""

    kind: EventKind
    reason: Reason | None = None
    code: str | None = None
    dead: bool = False


def deliveries(mail: Message) -> Iterator[Told]:
    """What a delivery status notification tells of each recipient."""
    for block in _blocks(mail, "message/delivery-status"):
        action = _word(block, "Action")
        if action in _KINDS:
            code = _code(block)
            yield _bounced(code) if action == "failed" else Told(_KINDS[action], code=code or None)


def complaints(mail: Message) -> Iterator[Told]:
    """What a feedback report tells."""
    for block in _blocks(mail, "message/feedback-report"):
        kind = _word(block, "Feedback-Type")
        if kind in _COMPLAINTS:
            yield Told(_COMPLAINTS[kind], code=kind)


def _blocks(mail: Message, kind: str) -> Iterator[Message]:
    for part in mail.walk():
        payload = part.get_payload() if part.get_content_type() == kind else ()
        if isinstance(payload, list):
            yield from (block for block in payload if isinstance(block, Message))


def _word(block: Message, name: str) -> str:
    return (str(block.get(name, "")).split() or [""])[0].strip(";").lower()


def _code(block: Message) -> str:
    """The status, from what the other server said where the reporting one only says that it failed, as Exim does (5.0.0)."""
    status, said = (_STATUS.search(str(block.get(name, ""))) for name in ("Status", "Diagnostic-Code"))
    if status is not None and (said is None or not status[1].endswith(".0.0")):
        return status[1]
    return said[1] if said is not None else ""


def _bounced(code: str) -> Told:
    """As when the server refuses it at once (replies.py): only 5.1.x is the address's own fault."""
    if code in _BAD_SENDER:
        return Told("bounced", Reason.PROVIDER_MISCONFIGURED, code)
    if code.startswith("5.1."):
        return Told("bounced", Reason.INVALID_ADDRESS, code, dead=True)
    if code in _TOO_BIG:
        return Told("bounced", Reason.TOO_LONG, code)
    if code.startswith(("5.6.", "5.7.")):
        return Told("bounced", Reason.CONTENT_REJECTED, code)
    return Told("bounced", Reason.UNREACHABLE, code or None)
