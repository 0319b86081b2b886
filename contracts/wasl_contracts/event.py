"""What a provider tells later, through a callback."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple

from pydantic import AwareDatetime, Field, StringConstraints

from wasl_contracts.address import Address
from wasl_contracts.model import Frozen
from wasl_contracts.reason import Reason

EventKind = Literal[
    "sent", "deferred", "delivered", "bounced", "failed", "opened", "seen", "read", "clicked", "replied", "complained", "unsubscribed"
]
Ref = Annotated[str, StringConstraints(min_length=1, max_length=512)]
_WORD = re.compile(r"[A-Za-z0-9_.:/-]{1,40}")


class Fate(NamedTuple):
    """What one of a provider's own words means for a delivery: a row of a plugin's table of events. The fields are those of Event."""

    kind: EventKind
    reason: Reason | None = None
    dead: bool = False


def code_of(*parts: object) -> str | None:
    """The provider's code for an event, of those parts of it that are a number or one word, with dots between them.

    Anything else could hold an address or a text, which belong into no log, and is left out.
    """
    words = [str(part) for part in parts if isinstance(part, str | int) and _WORD.fullmatch(str(part))]
    return ".".join(words) or None


class Event(Frozen):
    """One thing that happened to a delivery after the provider took it, or that a person wrote back.

    It finds its attempt by `attempt_id`, else by `provider_ref`. `event_id` is the provider's own id where it has one, so that a
    repeated callback counts once; without one, equal events count once.

    `dead`: the address itself is no good (it bounces for ever, or the app is not installed any more), so that nothing more is sent there.
    `machine`: no person opened or clicked it, but a scanner or a privacy proxy. `opened` is never proof that somebody read it.
    `address`: of whom it tells where no attempt is named: who wrote, complained or left. `text` is what they wrote, at most 10,000
    characters of it, and `thread` what the provider calls the conversation. `facts` holds what support may want to see: never an
    address, content or a secret.
    """

    kind: EventKind
    at: AwareDatetime
    provider_ref: Ref | None = None
    attempt_id: Ref | None = None
    event_id: Ref | None = None
    reason: Reason | None = None
    code: str | None = None
    dead: bool = False
    machine: bool = False
    address: Address | None = None
    text: Annotated[str, StringConstraints(max_length=10_000)] | None = Field(None, repr=False)
    thread: Ref | None = Field(None, repr=False)
    facts: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Callback:
    """A provider's request to `/hooks/{provider}`: the raw bytes as they came, the public URL that they were sent to, and when.

    `headers` finds names in any case. `at` is the moment at which wasl got it, timezone-aware UTC: a plugin measures the age of a
    signature by it, never by a clock of its own.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: AwareDatetime
