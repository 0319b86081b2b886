"""What a provider tells later, through a callback."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import AwareDatetime, Field

from wasl_contracts.model import Frozen
from wasl_contracts.reason import Reason

EventKind = Literal[
    "sent", "deferred", "delivered", "bounced", "failed", "seen", "read", "clicked", "replied", "complained", "unsubscribed"
]


class Event(Frozen):
    """One thing that happened to a delivery after the provider took it.

    It finds its attempt by `attempt_id` or by `provider_ref`. `event_id` is the provider's own id where it has one, so that a
    repeated callback counts once.
    """

    kind: EventKind
    at: AwareDatetime
    provider_ref: str | None = None
    attempt_id: str | None = None
    event_id: str | None = None
    reason: Reason | None = None
    code: str | None = None
    facts: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Callback:
    """A provider's request to `/hooks/{provider}`: the raw bytes as they came, and the public URL they were sent to."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
