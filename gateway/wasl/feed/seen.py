"""An event of the feed as applications see it: in Python, over HTTP and in the client."""

from datetime import timedelta

from pydantic import AwareDatetime

from wasl.event_types import EventType
from wasl_contracts.model import Frozen

HEARTBEAT = timedelta(seconds=15)
"""After so long without anything to tell, a listener is told that the server is still there."""
BEGINNING = "start"
"""The place before everything that is kept."""


class FeedEvent(Frozen):
    """Something that happened: ids and codes, never an address or what a message says.

    `id` is its place in the feed of the brand: whoever gives it as `after` gets what came next. It may come twice, with another id, where
    a database lost its answer to a commit. `reason` is a code of the closed list. `successor` is the delivery that takes over where this
    one failed: then the message has not. Recipient, channel and provider are as they are known now.
    """

    id: str
    type: EventType
    at: AwareDatetime
    message: str | None = None
    delivery: int | None = None
    channel: str | None = None
    provider: str | None = None
    recipient: str | None = None
    topic: str | None = None
    reason: str | None = None
    successor: int | None = None


class Wanted(Frozen):
    """Which events to tell; all that is given must hold. Without types, all types."""

    types: frozenset[EventType] = frozenset()
    message: str | None = None
    recipient: str | None = None

    def fits(self, event: FeedEvent) -> bool:
        """Whether it is one of them."""
        return (
            (not self.types or event.type in self.types)
            and self.message in (None, event.message)
            and self.recipient in (None, event.recipient)
        )
