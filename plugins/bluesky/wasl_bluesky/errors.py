"""What Bluesky's refusals mean: the names that the lexicons of the AT Protocol give them, and when to come back."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from wasl_contracts import ProviderError, Reason, Refusal
from wasl_contracts.http import Answer

_NO_SUCH_PERSON: Final = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
# They may follow us, or open their messages, tomorrow: the address is kept.
_NOT_NOW: Final = Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="content")
_MISCONFIGURED: Final = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")

# https://github.com/bluesky-social/atproto/blob/main/lexicons/chat/bsky/convo/getConvoForMembers.json and its neighbours
ERRORS: Final[Mapping[str, Refusal]] = {
    "RecipientNotFound": _NO_SUCH_PERSON,
    "HandleNotFound": _NO_SUCH_PERSON,
    "MessagesDisabled": _NOT_NOW,
    "NotFollowedBySender": _NOT_NOW,
    "BlockedActor": _NOT_NOW,
    "BlockedSubject": _NOT_NOW,
    "AccountSuspended": _NOT_NOW,
    "ConvoLocked": _NOT_NOW,
    "InvalidConvo": _NOT_NOW,
    # An app password that may not read and write direct messages is told by this one too.
    "InvalidToken": _MISCONFIGURED,
    "ExpiredToken": _MISCONFIGURED,
    "AccountTakedown": _MISCONFIGURED,
    "AccountDeactivated": _MISCONFIGURED,
    # Nothing that is asked for can be missing, so base_url is not a server of the AT Protocol.
    "404": _MISCONFIGURED,
}


def error_name(answer: Answer) -> str | None:
    """Bluesky's own name for the refusal, None where it gives none."""
    name = answer.json().get("error")
    return name if isinstance(name, str) and re.fullmatch(r"[A-Za-z]{1,64}", name) else None


def refusal(answer: Answer, now: float) -> ProviderError:
    """The error that an answer means; `now` in seconds since 1970, for the wait that it asks for."""
    name = error_name(answer)
    return dated(answer, now).error(ERRORS, name if name in ERRORS else answer.status)


def dated(answer: Answer, now: float) -> Answer:
    """The answer with RateLimit-Reset, in seconds since 1970, as Retry-After where there is none."""
    reset = answer.headers.get("RateLimit-Reset", "")
    if "Retry-After" in answer.headers or not re.fullmatch(r"[0-9]{1,12}", reset):
        return answer
    return replace(answer, headers={"Retry-After": str(max(int(int(reset) - now) + 1, 0))})
