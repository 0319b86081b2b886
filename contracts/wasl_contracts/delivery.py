"""An envelope on one channel to one address, and the attempts to hand it to a provider."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from wasl_contracts.address import Address
from wasl_contracts.attachment import Attachment
from wasl_contracts.content import Rendered
from wasl_contracts.message import Category
from wasl_contracts.model import Frozen, Line
from wasl_contracts.reason import Reason


class State(StrEnum):
    """Where a delivery is. A message's state is a fold of its deliveries' states."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    WITHHELD = "withheld"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Mark(StrEnum):
    """What is known beside the state."""

    OPENED = "opened"
    SEEN = "seen"
    READ = "read"
    CLICKED = "clicked"
    REPLIED = "replied"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    SIMULATED = "simulated"
    UNCONFIRMED = "unconfirmed"
    ESCALATED = "escalated"


class Sender(Frozen):
    """As whom a brand sends on the channel; what is empty is left to the provider's own settings.

    `address` is what the channel sends from: a mail address, a number, a sender id. `name` is in the message's language. `name` and
    `reply_to` are for channels that have such a thing.
    """

    address: Line | None = None
    name: Line = ""
    reply_to: Line | None = None


_AS_USUAL = Sender()

OptOutUrl = Annotated[str, StringConstraints(pattern=r"^https?://[!#-;=?-\[\]_a-z~]+$", max_length=8000)]
"""A link of ASCII, safe in a mail's header between angle brackets; https but on the developer's own machine."""


class Delivery(Frozen):
    """What a provider gets: one rendered envelope for one address, and the ids to recognise it by.

    `id` stays the same over retries: use it where a provider takes an idempotency key. `attempt_id` is new with each call: put it
    where the provider echoes something back (callback URL, custom argument, header), so that a receipt finds its attempt.

    `dated_at` is the date to show where a channel shows one (a mail): when this attempt was decided on, `created_at` where it is not
    told. `unsubscribe` stops such messages with one POST (RFC 8058), and shows the preference page to a GET; only messages that a person
    can turn off have it. Whoever has that link may choose for them: it belongs into the message and nowhere else.
    """

    id: str
    attempt_id: str
    message_id: str
    brand: str
    channel: str
    address: Address
    content: Rendered
    topic: str
    category: Category
    created_at: AwareDatetime
    expires_at: AwareDatetime
    dated_at: AwareDatetime | None = None
    sender: Sender = _AS_USUAL
    unsubscribe: OptOutUrl | None = Field(None, repr=False)
    attachments: tuple[Attachment, ...] = Field((), repr=False)


class Attempt(Frozen):
    """One call to one provider. Its row, the intent, is committed before the call."""

    id: str
    delivery_id: str
    number: int = Field(ge=1)
    provider: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    outcome: Literal["receipt", "rejected", "unavailable", "unknown"] | None = None
    reason: Reason | None = None
    provider_ref: str | None = None
    code: str | None = None
