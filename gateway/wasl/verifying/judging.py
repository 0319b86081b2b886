"""What a check gets and what it gives: one delivery with everything that is recorded of it, and findings."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from wasl.ledger.reports import RECEIPT
from wasl.ledger.stories import StoredAttempt, StoredCallback, StoredConsent, StoredDelivery, StoredMessage, StoredSuppression, Story
from wasl.states import REPLAYED
from wasl_contracts import Mark, Reason, State


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise that is not kept. `check` names the rule, `said` tells what was found."""

    message: str
    promise: str
    check: str
    said: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What was configured when the calls were made, as far as it is known now.

    `apart`: microseconds by which the clocks of machines may differ. `lag`: microseconds that may pass between the moment that a row
    names and its commit, which may have to wait for its turn. `key_lives`: for how many seconds a provider recognises a
    repeated delivery id; those that are not named recognise none. `again`: by category, whether an unknown outcome is repeated, and
    `topics` by topic where that says otherwise. `consents`: by topic, its consent rule. `read_at`: when the records of the providers
    were read.
    """

    apart: int
    lag: int
    key_lives: Mapping[str, int]
    again: Mapping[str, str]
    topics: Mapping[str, str]
    consents: Mapping[str, str]
    read_at: int

    def repeats(self, message: StoredMessage) -> str | None:
        """Whether an unknown outcome of it is repeated, as it is configured now."""
        return self.topics.get(message.topic) or self.again.get(message.category)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its facts opened."""

    at: int
    type: str
    facts: Mapping[str, object]

    @property
    def reported(self) -> bool:
        """Whether a provider told it: by its own clock, in any order, and of a state only where it leads further (ledger/merging.py)."""
        return self.facts.get("rule") == RECEIPT

    @property
    def reason(self) -> Reason | None:
        return Reason(str(self.facts["reason"])) if "reason" in self.facts else None


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery of a message and everything that is recorded of it, its columns opened."""

    message: StoredMessage
    row: StoredDelivery
    state: State
    marks: tuple[Mark, ...]
    refused: tuple[str, ...]
    tried: tuple[str, ...]
    attempts: Sequence[StoredAttempt]
    events: Sequence[Happened] = field(default=())
    callbacks: Sequence[StoredCallback] = field(default=())
    suppressions: Sequence[StoredSuppression] = field(default=())
    consents: Sequence[StoredConsent] = field(default=())

    @property
    def replays(self) -> list[int]:
        """The moments at which an operator sent it anew."""
        return [event.at for event in self.events if event.type == REPLAYED]

    def lives(self) -> Iterator[list[StoredAttempt]]:
        """The attempts before the first replay, those up to the second, and so on."""
        bounds = [*sorted(self.replays), None]
        left = list(self.attempts)
        for bound in bounds:
            end = next((place for place, attempt in enumerate(left) if bound is not None and attempt.started_at >= bound), len(left))
            yield left[:end]
            left = left[end:]


@lru_cache(maxsize=4096)
def opened(text: str) -> object:
    """The value of a JSON column; None where it is not JSON."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def words(text: str) -> tuple[str, ...] | None:
    """A JSON list of texts, none of them twice; None where it is something else."""
    found = opened(text)
    if isinstance(found, list) and all(isinstance(word, str) for word in found) and len(set(found)) == len(found):
        return tuple(found)
    return None


def tell(story: Story, message: StoredMessage, row: StoredDelivery) -> Told:
    """A delivery whose columns can all be read, opened."""
    events = [Happened(event.at, event.type, _facts(event.facts)) for event in story.events.get(row.number, ())]
    return Told(
        message=message,
        row=row,
        state=State(row.state),
        marks=tuple(map(Mark, words(row.marks) or ())),
        refused=words(row.refused) or (),
        tried=words(row.tried) or (),
        attempts=story.attempts.get(row.number, []),
        events=events,
        callbacks=story.callbacks.get(row.number, []),
        suppressions=story.suppressions.get(row.number, []),
        consents=story.consents,
    )


def _facts(text: str) -> Mapping[str, object]:
    found = opened(text)
    return found if isinstance(found, dict) else {}
