"""Rows that are written as a whole, with the types of their columns."""

from collections.abc import Mapping
from typing import TypedDict

from wasl.config.topics import CATEGORIES

LONGEST_REFERENCE = 100
"""Characters of a reference that are kept beside the message: a longer key would not fit into the index of every engine."""


class MessageRow(TypedDict):
    """A row of the table `messages`."""

    brand: str
    id: str
    created_at: int
    due_at: int
    expires_at: int
    recipient_id: str
    topic: str
    category: str
    mode: str
    channels: str
    locale: str
    template: str | None
    template_version: str | None
    brand_version: str | None
    about: str | None
    body: str
    metadata: str
    config: str
    idempotency_key: str | None
    fingerprint: str | None
    ordering_key: str | None
    fact: str | None
    supersedes: int | None
    superseded_by: str | None
    priority: int | None
    proof: str | None
    escalate_after: int | None
    reference: str | None
    origin: str | None


class DeliveryRow(TypedDict):
    """A row of the table `deliveries` to which nothing has happened yet: the columns in which such rows differ."""

    brand: str
    message_id: str
    number: int
    state: str
    reason: str | None
    lane: str
    flow: str
    due_at: int | None
    channel: str | None
    address_hash: str | None
    tried: str
    ordering_key: str | None


class SourceRow(TypedDict):
    """A row of the table `sources`: a template, brand or configuration, kept once by its version."""

    version: str
    kind: str
    name: str
    locale: str
    text: str


PRIORITY: Mapping[str, int] = {category: rules.priority for category, rules in CATEGORIES.items()}


def flow(brand: str, category: str, topic: str, priority: int | None = None) -> str:
    """What shares a place in the queue: the messages of one brand about one topic. Sorts by priority: its own, else its category's."""
    return f"{PRIORITY[category] if priority is None else priority}/{brand}/{topic}"


def brand_of(flow: str) -> str:
    """The brand whose messages a flow has."""
    return flow.partition("/")[2].partition("/")[0]


def new_delivery(  # noqa: PLR0913 - what differs between new rows
    brand: str, message_id: str, number: int, *, lane: str, flow: str, due_at: int | None, ordering_key: str | None = None
) -> DeliveryRow:
    """A delivery that nothing has happened to yet."""
    return {
        "brand": brand, "message_id": message_id, "number": number, "state": "accepted", "reason": None, "lane": lane, "flow": flow,
        "due_at": due_at, "channel": None, "address_hash": None, "tried": "[]", "ordering_key": ordering_key,
    }  # fmt: skip
