"""Acts on many messages, and others that may need a second person: what is asked for, how it stands, what it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, NamedTuple

from pydantic import AwareDatetime, Field

from wasl.person_seen import Because
from wasl_contracts.model import Frozen

ActKind = Literal["retry", "cancel", "erase"]
ActState = Literal["asked", "refused", "withdrawn", "lapsed", "going", "done", "stopped", "failed"]
"""`asked`: it waits for a second person, who may refuse it, as who asked may withdraw it; `going`: it is worked at, or will be."""
WAITS: Final = timedelta(hours=24)
"""How long an act waits for a second person."""
KEPT: Final = timedelta(days=30)
"""How long is told what an act did."""
OVER: Final[frozenset[ActState]] = frozenset({"refused", "withdrawn", "lapsed", "done", "stopped", "failed"})


class Fated(NamedTuple):
    """What became of one message of many: `done`, or the code of why it was left alone."""

    brand: str
    message_id: str
    fate: str


class Aim(Frozen):
    """What an act is about, as it is kept, encrypted: a query, or messages that were selected; or a person.

    The query finds what was accepted up to `until`, and `zone` (IANA) says where its days begin: asked again it finds no newer message.
    """

    query: str = ""
    zone: str = "UTC"
    until: AwareDatetime
    brands: tuple[str, ...]
    ids: tuple[tuple[str, str], ...] = ()
    """Brands and ids of messages that were selected; then the query is only where they were."""
    recipient: str = ""
    because: Because = "request"


class Party(Frozen):
    """Somebody who asked for an act or decided about it, by their id, as the audit has it."""

    id: str
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an act would do. `counts` is how many messages it is about in each brand; `whole` is False where there are too many to count.

    `fates` are those of the newest ones, of which so many were looked at.
    """

    counts: Mapping[str, int]
    fates: tuple[Fated, ...] = ()
    whole: bool = True

    @property
    def count(self) -> int:
        """Messages of all brands."""
        return sum(self.counts.values())


class ActSeen(Frozen):
    """An act. `count` is the most messages that it may touch: as many as were agreed to; `more`, where more fit by then.

    `looked` were looked at so far, and `fates` counts what became of them. `aim` is None for a person who was erased, and for an act
    that nobody can approve any more.
    """

    id: str
    kind: ActKind
    state: ActState
    brands: tuple[str, ...]
    aim: Aim | None = Field(repr=False)
    count: int
    reason: str
    by: Party
    asked_at: AwareDatetime
    lapses_at: AwareDatetime | None = None
    decided_by: Party | None = None
    decided_at: AwareDatetime | None = None
    decided_why: str = ""
    begun_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    stopped_by: str = ""
    looked: int = 0
    fates: Mapping[str, int] = Field(default_factory=dict)
    more: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in OVER

    @property
    def left(self) -> Mapping[str, int]:
        """How many were left alone, by why, the most first."""
        return dict(sorted(((fate, count) for fate, count in self.fates.items() if fate != DONE), key=lambda one: -one[1]))


DONE: Final = "done"
"""The fate of a message with which it was done; any other is the code of why it was left alone (LeftAlone, or one of these)."""
NOT_WAITING: Final = "not_waiting"
SUPPRESSED: Final = "suppressed"
GONE: Final = "gone"
