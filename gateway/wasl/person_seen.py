"""A person as support sees them, their whole timeline, the copy of their data that they may ask for, and what erasing them did."""

from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from wasl.answers import MessageSeen, RecipientSeen
from wasl.consent import ConsentRow, ConsentSeen
from wasl.suppression import SuppressionSeen, SuppressionStory, Value
from wasl_contracts import Audience, State
from wasl_contracts.model import Frozen, Name, Slug

Because = Literal["request", "retention", "other"]
"""Why a person is erased: they asked for it, their data was kept long enough, or something else. No free text: it would tell of them."""


class Erasure(Frozen):
    """Erasing a person, and why."""

    because: Because


class Sought(Frozen):
    """Whom to find: by their id, or by an address exactly as it is; email and phone are short for addresses of these kinds."""

    id: Name | None = None
    email: Value | None = Field(None, repr=False)
    phone: Value | None = Field(None, repr=False)
    address: Value | None = Field(None, repr=False)
    channel: Slug | None = None
    kind: Slug | None = None

    @model_validator(mode="after")
    def _one(self) -> "Sought":
        if sum(value is not None for value in (self.id, self.email, self.phone, self.address)) != 1:
            raise PydanticCustomError("one_of", "needs just one of id, email, phone and address")
        if (self.address is None) != (self.channel is None) or (self.address is None) != (self.kind is None):
            raise PydanticCustomError("one_of", "needs an address with its channel and kind, all three or none")
        return self


class PeopleSeen(Frozen):
    """Those whose address it is, or was when they were last written to."""

    data: tuple[RecipientSeen, ...]


class PersonSeen(RecipientSeen):
    """Everything that support may know of a person; addresses masked.

    `messages` are all that are stored, `deliveries` theirs by state. `last_contact_at` is when the newest call began that was not
    certainly refused. Of an erased person `id` is that of the stub; `consent` is None.
    """

    updated_at: AwareDatetime
    erased_at: AwareDatetime | None = None
    erased_because: Because | None = None
    consent: ConsentSeen | None = None
    suppressions: tuple[SuppressionSeen, ...] = ()
    messages: int = 0
    deliveries: dict[State, int] = Field(default_factory=dict)
    last_contact_at: AwareDatetime | None = None


class PersonEntry(Frozen):
    """Something that happened to a person: to a message, a consent or a suppression of theirs."""

    at: AwareDatetime
    type: str
    message: str | None = None
    delivery: str | None = None
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class PersonTimeline(Frozen):
    """Some of what happened to a person, newest first, and how to get what was before."""

    data: tuple[PersonEntry, ...]
    next_cursor: str | None = None
    has_more: bool = False


class ExportedAddress(Frozen):
    """An address in clear."""

    channel: str
    kind: str
    value: str = Field(repr=False)


class ExportedPerson(Frozen):
    """What is known of the person themselves, in clear."""

    id: str
    audience: Audience
    locale: str | None = None
    timezone: str | None = None
    addresses: tuple[ExportedAddress, ...] = ()
    attributes: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    preferred: tuple[str, ...] = ()
    updated_at: AwareDatetime
    erased_at: AwareDatetime | None = None


class ExportedMessage(MessageSeen):
    """A message with what it said. A one-time code is not told. `attachments` are
    its files by name, type, size and id. `answers` are what providers said, by the id of the attempt."""

    content: JsonValue = Field(None, repr=False)
    data: JsonValue = Field(None, repr=False)
    attachments: JsonValue = Field(None, repr=False)
    ordering_key: str | None = None
    idempotency_key: str | None = None
    answers: dict[str, dict[str, JsonValue]] = Field(default_factory=dict, repr=False)


class PersonExport(Frozen):
    """All that is stored about one person, for themselves (GDPR articles 15 and 20): in clear, evidence opened."""

    exported_at: AwareDatetime
    brand: str
    recipient: ExportedPerson
    consents: tuple[ConsentRow, ...]
    suppressions: tuple[SuppressionStory, ...]
    messages: tuple[ExportedMessage, ...]


class Erased(Frozen):
    """What erasing a person did, and under which id the rest of them is found.

    `messages` were emptied, `cancelled` are those that had not left. `under_way` are messages that a provider has just now or of which
    the call was lost: they are emptied when the call has ended and the person is erased again.
    """

    recipient: str
    erased_at: AwareDatetime
    messages: int = 0
    cancelled: int = 0
    under_way: int = 0
