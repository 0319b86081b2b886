"""What sending a message again would do, and why it is refused: the same in Python, over HTTP and in the console."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, StrictBool, StringConstraints

from wasl.explanations import Explanation
from wasl_contracts import Category, State
from wasl_contracts.model import Frozen, Slug

NotAgain = Literal["under_way", "confirmed", "superseded", "code_expired", "content_gone", "would_not_go"]
"""Why a message is not sent again as a new one."""
NOT_AGAIN: Mapping[NotAgain, tuple[str, str]] = {
    "under_way": ("It is still on its way.", "Wait for its end, or cancel it first."),
    "confirmed": ("It was confirmed that it arrived.", "Ask the person to look again; to send it all the same, say so (anyway)."),
    "superseded": ("A newer message about the same thing replaced it.", "See the newer one; to send this all the same, say so (anyway)."),
    "code_expired": ("It holds a one-time code that is no good any more.", "Let the application send a new code."),
    "content_gone": ("What it said is not kept any more.", "Let the application send a new message."),
    "would_not_go": ("It would not be sent.", "See the reason; sending it again cannot change it."),
}
"""The sentence for people, and what to do next."""
OVERRIDABLE: frozenset[NotAgain] = frozenset({"confirmed", "superseded"})
"""What somebody may decide to send all the same."""


class Resend(Frozen):
    """How to send it again: by its own channels, or by one other. `anyway`: though it was confirmed or superseded; `reason` says why."""

    channel: Slug | None = None
    anyway: StrictBool = False
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class HasSeen(Frozen):
    """A message of the kind that the person has; without `certain`, may have. `own`: it is the very one that would go again."""

    message: str
    own: bool
    state: State
    certain: bool
    channels: tuple[str, ...]
    at: AwareDatetime


class ResendSeen(Frozen):
    """What would become of it: by which channels, what the person has already, and what `explain` says of the new message.

    `refused` says why it would not be done, `overridable` that it can be done all the same. `ways` are the channels on which
    the person has an address.
    """

    message: str
    category: Category
    channel: str | None = None
    refused: NotAgain | None = None
    sentence: str = ""
    next_step: str = ""
    overridable: bool = False
    has: tuple[HasSeen, ...] = ()
    ways: tuple[str, ...] = ()
    explanation: Explanation | None = None
