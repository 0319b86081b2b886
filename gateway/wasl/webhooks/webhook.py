"""A webhook as it is asked for and shown."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from wasl.event_types import EventType
from wasl_contracts.model import Frozen, Moment, Slug, one_line

Url = Annotated[str, StringConstraints(min_length=1, max_length=2048), AfterValidator(one_line)]
DisabledReason = Literal["gone", "failing", "asked"]
"""It answered 410; it took nothing for five days; somebody asked for it."""
_Types = Annotated[tuple[EventType, ...], Field(max_length=32)]
_Topics = Annotated[tuple[Slug, ...], Field(max_length=100)]


class NewWebhook(Frozen):
    """Where to post what happens. Without `types` all types of events, without `topics` those of messages about anything."""

    url: Url = Field(repr=False)
    types: _Types = ()
    topics: _Topics = ()


class WebhookChange(Frozen):
    """What to change; what is not given stays."""

    url: Url | None = Field(None, repr=False)
    types: _Types | None = None
    topics: _Topics | None = None
    enabled: bool | None = None


class Replay(Frozen):
    """Post one event again, by its id, or everything that happened `since` a moment; as long as the feed keeps it."""

    event: Annotated[str, StringConstraints(pattern=r"^evt_[0-9-]{7,70}$")] | None = None
    since: Moment | None = None


class Try(Frozen):
    """One post of an event: what was answered after how many milliseconds. `code` is `ok`, or why it does not count as taken."""

    event: str
    type: str
    at: AwareDatetime
    attempt: int
    status: int | None
    code: str
    ms: int


class WebhookSeen(Frozen):
    """A webhook. `secret` is there only in the answer that made it. `failing_since`: since when it took nothing."""

    id: str
    url: str = Field(repr=False)
    types: tuple[EventType, ...]
    topics: tuple[str, ...]
    enabled: bool
    created_at: AwareDatetime
    disabled_reason: DisabledReason | None = None
    disabled_at: AwareDatetime | None = None
    failing_since: AwareDatetime | None = None
    secret: str | None = Field(None, repr=False)


class WebhooksSeen(Frozen):
    """All webhooks of a brand, oldest first."""

    data: tuple[WebhookSeen, ...]


class TriesSeen(Frozen):
    """The last posts to a webhook, newest first; `waiting` is how many events it did not take yet and that are tried again."""

    data: tuple[Try, ...]
    waiting: int
