"""What is stored of one message, row by row, for those who check it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from wasl.consent import State

FOREVER = 2**62
"""The end, in microseconds since 1970, of what has not ended."""


class StoredMessage(NamedTuple):
    """What the table `messages` says, and whether what it refers to is there."""

    brand: str
    id: str
    created_at: int
    due_at: int
    expires_at: int
    topic: str
    category: str
    mode: str
    channels: str
    template: str | None
    template_version: str | None
    body: str
    metadata: str
    idempotency_key: str | None
    fingerprint: str | None
    ordering_key: str | None
    priority: int | None
    proof: str | None
    superseded_by: str | None
    recipient: str | None
    """None where the recipient is missing."""
    source: str | None
    """None where the message has no template, or the template's text is missing."""
    replaced_at: int | None
    """When the message was accepted that replaced it; None where there is none, or it is missing."""
    erased_at: int | None
    """When its recipient was erased."""


class StoredDelivery(NamedTuple):
    """What the table `deliveries` says."""

    message_id: str
    number: int
    state: str
    reason: str | None
    marks: str
    fence: int
    flow: str
    due_at: int | None
    claimed_at: int | None
    channel: str | None
    address_hash: str | None
    address: str | None
    provider: str | None
    provider_ref: str | None
    attempts: int
    refused: str
    tried: str
    strikes: int
    ordering_key: str | None
    decision: str | None
    decided_at: int | None


class StoredAttempt(NamedTuple):
    """What the table `attempts` says."""

    message_id: str
    delivery: int
    number: int
    provider: str
    started_at: int
    ended_at: int | None
    outcome: str | None
    reason: str | None
    provider_ref: str | None
    facts: str | None
    recipient_id: str | None


class StoredEvent(NamedTuple):
    """What the table `events` says."""

    message_id: str
    delivery: int
    at: int
    type: str
    facts: str


class StoredCallback(NamedTuple):
    """A callback that told of a delivery, as the table `callbacks` says."""

    message_id: str
    delivery: int
    kind: str


class StoredSuppression(NamedTuple):
    """A line of the history of the suppression list about the address of a delivery."""

    message_id: str
    number: int
    brand: str
    scope: str
    reason: str
    change: str
    at: int
    expires_at: int | None


class StoredConsent(NamedTuple):
    """A row of the consent ledger of a message's recipient: what the fold needs of it."""

    recipient_id: str
    id: str
    at: datetime
    topic: str
    channel: str
    state: State


class Turn(NamedTuple):
    """The calls of one message with an ordering key: when the first began, when the last ended; both None before any call."""

    brand: str
    ordering_key: str
    message_id: str
    created_at: int
    began: int | None
    ended: int | None
    waits: bool
    """A delivery of it has had no call yet and waits for one."""
    replayed: bool
    """An operator sent it anew, out of its turn."""


class About(NamedTuple):
    """A message that is about something and that nothing has replaced."""

    brand: str
    recipient_id: str
    about: str
    created_at: int
    message_id: str
    supersedes: int | None


class StoredUse(NamedTuple):
    """An attempt that frequency caps count; with the decision that led to it, as far as that is still kept."""

    brand: str
    recipient_id: str
    at: int
    message_id: str
    delivery: int
    number: int
    topic: str
    category: str
    channel: str
    decision: str | None


class Fact(NamedTuple):
    """A message that told a fact: a call of it is out, was taken, or may have been."""

    brand: str
    recipient_id: str
    fact: str
    created_at: int
    message_id: str


@dataclass(slots=True)
class Story:
    """Everything that is stored of one message; `message` is None where only rows that belong to it are there."""

    brand: str
    id: str
    message: StoredMessage | None = None
    deliveries: list[StoredDelivery] = field(default_factory=list)
    attempts: defaultdict[int, list[StoredAttempt]] = field(default_factory=lambda: defaultdict(list))
    events: defaultdict[int, list[StoredEvent]] = field(default_factory=lambda: defaultdict(list))
    callbacks: defaultdict[int, list[StoredCallback]] = field(default_factory=lambda: defaultdict(list))
    """Those that are settled."""
    suppressions: defaultdict[int, list[StoredSuppression]] = field(default_factory=lambda: defaultdict(list))
    """By delivery, in the order of the history."""
    consents: Sequence[StoredConsent] = ()
    """Of its recipient, by their times."""
