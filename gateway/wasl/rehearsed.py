"""What a rehearsal answers: which messages another configuration would have treated otherwise."""

from typing import Literal

from pydantic import AwareDatetime

from wasl_contracts import Reason
from wasl_contracts.model import Frozen

Fate = Literal["sent", "deferred", "withheld", "expired", "failed"]
"""What rules let become of a message: `sent` as far as they are concerned, whatever a provider then said."""


class Outcome(Frozen):
    """What became of a message by its rules: by which channel it went, or for which reason it did not."""

    fate: Fate
    channel: str | None = None
    reason: Reason | None = None


class Change(Frozen):
    """Messages of a topic that would have another fate, how many, and the ids of some. Two deferrals differ in their moments."""

    topic: str
    before: Outcome
    after: Outcome
    count: int
    examples: tuple[str, ...]


class Rehearsed(Frozen):
    """The differences since a moment, by topic, the most frequent first; `same` and `changed` count decisions.

    `not_told` counts those whose record is of an older wasl and does not say enough, `erased` those of people who were erased since.
    `new_channels` are channels of the draft's routes that nothing is known of, because no message had them to go by; they are left out.
    """

    since: AwareDatetime
    same: int
    changed: int
    not_told: int
    erased: int = 0
    new_channels: tuple[str, ...]
    changes: tuple[Change, ...]
