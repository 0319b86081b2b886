"""What a message has to do with others, as it is seen."""

from typing import Literal, NamedTuple

from pydantic import AwareDatetime

from wasl_contracts import State
from wasl_contracts.model import Frozen

How = Literal["resent_as", "resent_from", "superseded_by", "supersedes", "same_about", "same_reference"]
"""It was sent again as that one, or from it; a newer one took its place, or it took an older one's; both are about the same thing, or
have the same metadata."""


class RelatedSeen(Frozen):
    """Another message, and what it has to do with this one."""

    id: str
    how: How
    state: State
    topic: str
    template: str | None = None
    created_at: AwareDatetime


class Alike(NamedTuple):
    """How many others ended in the same way; `at_least`: there were too many to look at all."""

    others: int
    at_least: bool
