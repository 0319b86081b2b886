"""What a caller asks for."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.content import Content
from wasl_contracts.duration import Duration, SmartDuration
from wasl_contracts.enclosure import Enclosures
from wasl_contracts.model import Frozen, JsonObject, Moment, Name, Slug
from wasl_contracts.recipient import Recipient

Category = Literal["otp", "transactional", "service", "promotional"]
"""What kind of message it is; rules of consent, quiet hours, caps and `unknown` outcomes follow from it."""
Mode = Literal["first", "all"]
"""`first`: channels in order until one succeeds. `all`: every channel."""
Until = Literal["sent", "delivered", "read"]
"""What ends a message: that a provider took it, proof that it arrived, or that somebody read it."""
TemplateName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Escalation(Frozen):
    """When the next channel goes although the one before did not fail: the proof did not come for so long after it was sent.

    `smart`: the time that is left to live, shared out over the channels that are left; at least a minute, at most six hours.
    """

    until: Until
    after: SmartDuration = "smart"


class Message(Frozen):
    """One message to one recipient, as asked for.

    Either `content` or `template` with `data`. `channels`, `mode` and `escalate` override the topic's route. `send_at` is the earliest
    moment, `expires_in` counts from then (or from acceptance); what has not left by the end expires. Of the messages with one
    `ordering_key` at most one is under way, the earliest accepted first. With `supersedes`, no older message to the recipient that is
    `about` the same leaves any more. Messages to a recipient with the same `fact` tell the same, whoever sends them: one of them goes.
    A message with `attachments` goes only by providers that carry them; with `attachments_optional` the others send it without.
    """

    to: Recipient
    content: Content | None = None
    template: TemplateName | None = None
    data: JsonObject = Field(default_factory=dict, repr=False)
    topic: Slug | None = None
    channels: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=10)] | None = None
    mode: Mode | None = None
    escalate: Escalation | None = None
    brand: Slug | None = None
    send_at: Moment | None = None
    expires_in: Duration | None = None
    about: Name | None = None
    supersedes: StrictBool = False
    fact: Name | None = None
    ordering_key: Name | None = None
    attachments: Enclosures = Field((), repr=False)
    attachments_optional: StrictBool = False
    metadata: JsonObject = Field(default_factory=dict, repr=False)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.content is None) == (self.template is None):
            raise PydanticCustomError("content_or_template", "needs either content or template, and not both")
        if self.content is not None and self.data:
            raise PydanticCustomError("data_without_template", "has data but no template to fill; put the text into content")
        if self.channels is not None and len(set(self.channels)) < len(self.channels):
            raise PydanticCustomError("duplicate_channel", "names a channel twice in channels")
        if self.mode == "all" and self.escalate is not None and self.escalate.until != "sent":
            raise PydanticCustomError("nothing_to_escalate", "uses all channels at once, so there is no next one; leave out escalate")
        if self.supersedes and self.about is None:
            raise PydanticCustomError("supersedes_without_about", "supersedes, but does not say what; give about")
        return self
