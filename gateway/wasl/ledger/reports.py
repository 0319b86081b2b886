"""What providers report, in the ledger's words: an event made normal, and what it changed."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from wasl.keywords import Meaning
from wasl_contracts import EventKind, Mark, Reason, State

RECEIPT = "receipt"
"""The rule in the facts of each event that a provider reported."""
_ATTEMPT = re.compile(r"att_([0-9a-f]{1,64})_([0-9]{1,6})_([0-9]{1,6})")


class Attempted(NamedTuple):
    """A call, by what its id tells: the brand is not in there."""

    message_id: str
    delivery: int
    attempt: int


def attempted(attempt_id: str | None) -> Attempted | None:
    """The call of an `ids.attempt_id`; None where it is none."""
    match = _ATTEMPT.fullmatch(attempt_id or "")
    return Attempted(f"msg_{match[1]}", int(match[2]), int(match[3])) if match is not None else None


class Whose(NamedTuple):
    """An address: its channel, its hash and its masked form."""

    channel: str
    address_hash: str
    address: str


class Last(NamedTuple):
    """The delivery that went to an address last."""

    brand: str
    message_id: str
    delivery: int


@dataclass(slots=True)  # not frozen, which costs each callback 2 µs
class Report:
    """One thing that a provider told. Moments are microseconds since 1970 UTC.

    `key` is the same for what is the same. `whose` is of whom it tells where the provider names them, and `last` the newest delivery to
    that address, for what names no attempt. `meaning` is that of the text that they wrote. Until the moment `held_until` it waits, as what
    else comes meanwhile tells more of it. `own`: wasl saw it itself, so that it says nothing of how well the provider reports.
    """

    provider: str
    key: str
    kind: EventKind
    at: int
    attempted: Attempted | None = None
    provider_ref: str | None = None
    reason: Reason | None = None
    code: str | None = None
    dead: bool = False
    machine: bool = False
    held_until: int = 0
    own: bool = False
    whose: Whose | None = None
    last: Last | None = None
    meaning: Meaning | None = None
    text: str | None = field(default=None, repr=False)
    thread: str | None = field(default=None, repr=False)
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matched:
    """A report and the delivery that it tells of; `attempt` is None where the provider named only the person."""

    report: Report
    brand: str
    message_id: str
    delivery: int
    attempt: int | None

    @property
    def key(self) -> tuple[str, str, int]:
        return self.brand, self.message_id, self.delivery


class Change(NamedTuple):
    """What reports did to a delivery: its state before and after, the marks that are new, and the reports, each of them new.

    `successor` is the number of the delivery on the next channel that was opened because this one proved to have failed. `escalates`: its
    message may have others that wait for proof of this one.
    """

    brand: str
    message_id: str
    delivery: int
    before: State
    after: State
    reason: Reason | None
    at: int
    marks: tuple[Mark, ...] = ()
    reports: tuple[Report, ...] = ()
    successor: int | None = None
    escalates: bool = False
