"""The suppression list as it is asked for and shown: addresses that must not be used, why, since when, and who wrote it down."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from wasl_contracts import Category, Reason
from wasl_contracts.model import Frozen, Moment, Slug, Text, one_line

REASONS = tuple(reason for reason in Reason if reason.startswith("suppressed_"))
"""The reasons for which an address is on the list: bounce, complaint, unsubscribe, invalid, manual, import."""


def _listing(reason: object) -> object:
    if reason not in REASONS:
        raise PydanticCustomError("bad_value", "is not a reason to suppress an address; there are: {known}", {"known": ", ".join(REASONS)})
    return reason


NOT_ARRIVING = frozenset({Reason.SUPPRESSED_BOUNCE, Reason.SUPPRESSED_INVALID})
"""Reasons that tell of a mailbox or a number, not of what its owner wants: consent proves nothing here, and whether it works again only
an answer from it or another try does."""
TRY_AGAIN = timedelta(days=30)
"""How long support waits after such an address was taken off the list and came back, before it is tried once more without proof."""

SuppressionReason = Annotated[
    Reason, BeforeValidator(_listing), WithJsonSchema({"type": "string", "enum": [reason.value for reason in REASONS]})
]
"""One of `REASONS`."""
Value = Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(one_line)]
Why = Annotated[Text, StringConstraints(min_length=1, max_length=1000)]
"""Words for people, kept encrypted."""


class Named(Frozen):
    """An address. Channel and kind follow from an email address and from a phone number in E.164; elsewhere one of them is needed."""

    address: Value = Field(repr=False)
    channel: Slug | None = None
    kind: Slug | None = None


class Suppression(Named):
    """An address that is not to be used.

    `scope` is the category of messages that it is for, None for every message. From `expires_at` on it does not hold any more. `note`
    and `message_id`, the message that told, are evidence.
    """

    reason: SuppressionReason = Reason.SUPPRESSED_MANUAL
    scope: Category | None = None
    expires_at: Moment | None = None
    note: Why | None = Field(None, repr=False)
    message_id: Annotated[str, StringConstraints(pattern=r"^msg_[0-9a-zA-Z]{1,60}$")] | None = None


class Unsuppression(Frozen):
    """Taking an address off the list, and why. Only what has this `scope` or was listed `for` this reason, where they are named."""

    reason: Why = Field(repr=False)
    scope: Category | None = None
    listed_for: SuppressionReason | None = None


class Listed(Frozen):
    """Which suppressions to list; all that are given must hold. `address` is one as in Named, or the id of a suppression.

    `scope` is a category, or `every` for what holds for every message.
    """

    channel: Slug | None = None
    reason: SuppressionReason | None = None
    scope: Category | Literal["every"] | None = None
    address: Value | None = Field(None, repr=False)


class Origin(NamedTuple):
    """How a change came about: `source` names the way, `actor` the person or program."""

    source: str = "api"
    actor: str | None = None


class SuppressionSeen(Frozen):
    """A row of the list. `id` names the address on its channel; `brand` is * where it holds for all brands of the installation."""

    id: str
    channel: str
    address: str
    reason: Reason
    scope: Category | None = None
    brand: str
    source: str
    since: AwareDatetime
    actor: str | None = None
    message_id: str | None = None
    expires_at: AwareDatetime | None = None


class SuppressionChange(Frozen):
    """A line of the history: what came onto the list or off it. The `note` says why, in the words of whoever did it."""

    at: AwareDatetime
    change: Literal["added", "removed"]
    reason: Reason
    scope: Category | None = None
    brand: str
    source: str
    actor: str | None = None
    message_id: str | None = None
    expires_at: AwareDatetime | None = None
    note: str | None = Field(None, repr=False)


class SuppressionStory(Frozen):
    """An address on a channel: what holds against it now, and all that ever happened, oldest first.

    `address` is None where nothing is listed any more: then only its hash is known.
    """

    id: str
    channel: str
    address: str | None
    data: tuple[SuppressionSeen, ...]
    history: tuple[SuppressionChange, ...]


def tried_lately(story: SuppressionStory, now: datetime) -> datetime | None:
    """When it was last taken off the list although nothing had arrived there, within `TRY_AGAIN`; None where it may be tried again."""
    off = (one.at for one in story.history if one.change == "removed" and one.reason in NOT_ARRIVING)
    return max((at for at in off if now - at < TRY_AGAIN), default=None)


class SuppressionPage(Frozen):
    """Some suppressions that hold now, newest first, and how to get the next ones."""

    data: tuple[SuppressionSeen, ...]
    next_cursor: str | None = None
    has_more: bool = False


class LineProblem(Frozen):
    """What is wrong with a line of a file (the first is 1), by column; None where the line as a whole cannot be read."""

    line: int
    column: str | None = None
    code: str
    message: str


class Imported(Frozen):
    """What an import did, or with `dry_run` would do.

    `lines` are those that hold something, without the first. Each is one of: `new`; `extended`, on the list already and now for longer;
    `already_there`; `repeated`, the same as an earlier line of the file; or `invalid`. `problems` has the first 1,000 of those.
    """

    dry_run: bool
    lines: int = 0
    new: int = 0
    extended: int = 0
    already_there: int = 0
    repeated: int = 0
    invalid: int = 0
    problems: tuple[LineProblem, ...] = ()
