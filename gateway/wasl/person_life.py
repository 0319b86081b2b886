"""One person at a glance, and everything that happened to them as one list over all channels: what a support console shows."""

from typing import Literal

from pydantic import AwareDatetime, Field

from wasl.answers import RecipientSeen
from wasl.consent import ConsentSeen, Source
from wasl.consent import State as ConsentState
from wasl.person_seen import Because
from wasl.suppression import SuppressionSeen
from wasl_contracts import Category, Mark, Reason, State
from wasl_contracts.model import Frozen, Slug

PROBLEMS = frozenset({State.FAILED, State.BOUNCED, State.WITHHELD, State.EXPIRED, State.UNKNOWN})
"""The states of what did not arrive, or may not have."""


class AddressSeen(Frozen):
    """An address, masked. `id` names it on its channel, as the suppression list does."""

    id: str
    channel: str
    kind: str
    shown: str


class PersonGlance(RecipientSeen):
    """A person as a page's head shows them. `name` is their attribute of that name; `writes_to` are their addresses, masked.

    `wrote` tells whether any message of theirs is stored, `last_contact_at` when the newest call began. `suppressions` are those of the
    addresses that they have now. Of somebody who was erased `id` is that of the stub; `consent` is None.
    """

    brand: str
    name: str | None = Field(None, repr=False)
    writes_to: tuple[AddressSeen, ...] = ()
    updated_at: AwareDatetime
    erased_at: AwareDatetime | None = None
    erased_because: Because | None = None
    consent: ConsentSeen | None = None
    suppressions: tuple[SuppressionSeen, ...] = ()
    wrote: bool = False
    last_contact_at: AwareDatetime | None = None


class LifeFilter(Frozen):
    """What of a life to list: all that are given must hold. With `problems`, what did not arrive and what stops it."""

    channel: Slug | None = None
    problems: bool = False


class Missed(Frozen):
    """A way that a message did not go, and why. `sooner`: it would have gone by this one rather than by the one that was taken."""

    channel: str
    address: str | None = None
    reason: Reason
    sooner: bool = False


class LifeDelivery(Frozen):
    """How a message went on one channel.

    `ended_at` is when it got into its state, where that is known. `instead` are the ways that its decision did not take, with reasons.
    `tried` are the channels of the message before this one, that failed or, with the mark `escalated`, of which no proof came in time.
    """

    id: str
    channel: str | None
    state: State
    reason: Reason | None = None
    code: str | None = None
    provider: str | None = None
    address: str | None = None
    marks: tuple[Mark, ...] = ()
    due_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    calls: int = 0
    instead: tuple[Missed, ...] = ()
    tried: tuple[str, ...] = ()


class LifeMessage(Frozen):
    """A message that was asked for. Of one that nobody routed yet the delivery has no channel."""

    kind: Literal["message"] = "message"
    at: AwareDatetime
    id: str
    topic: str
    category: Category
    template: str | None = None
    state: State
    deliveries: tuple[LifeDelivery, ...]


class LifeConsent(Frozen):
    """Something that they said of topics and channels, or that somebody wrote down for them."""

    kind: Literal["consent"] = "consent"
    at: AwareDatetime
    id: str
    topic: str
    channel: str
    state: ConsentState
    source: Source
    actor: str
    wording_version: str | None = None


class LifeSuppression(Frozen):
    """An address of theirs came onto the suppression list, or off it."""

    kind: Literal["suppression"] = "suppression"
    at: AwareDatetime
    id: str
    channel: str
    change: Literal["added", "removed"]
    reason: Reason
    scope: Category | None = None
    source: str
    actor: str | None = None
    message: str | None = None


class LifeReply(Frozen):
    """They wrote to us. What they wrote is not shown here."""

    kind: Literal["reply"] = "reply"
    at: AwareDatetime
    id: str
    channel: str | None
    provider: str
    message: str | None = None


LifeEntry = LifeMessage | LifeConsent | LifeSuppression | LifeReply


class PersonLife(Frozen):
    """Some of what happened to a person, newest first, and how to get what was before.

    `looked_to` is set where the search for what was asked ended before it had filled the page: at messages of that moment. More of them
    may fit; `next_cursor` goes on there.
    """

    data: tuple[LifeEntry, ...]
    next_cursor: str | None = None
    has_more: bool = False
    looked_to: AwareDatetime | None = None


class NearMiss(Frozen):
    """Somebody whose address is one slip away from one that was typed.

    `shown` is their address: in clear where only the domain was mistyped, else masked.
    """

    recipient: RecipientSeen
    shown: str = Field(repr=False)
