"""A text that a person sent to us, and what it did."""

from typing import Annotated

from pydantic import Field, StringConstraints

from wasl.keywords import Meaning
from wasl.suppression import Value
from wasl_contracts.model import Frozen, Slug, Text

KEYWORD = "keyword"
"""The source of what an inbound STOP put on the suppression list."""


class InboundText(Frozen):
    """What came from where. Channel and kind follow from an email address and from a phone number in E.164; elsewhere name one of them."""

    address: Value = Field(repr=False)
    channel: Slug | None = None
    kind: Slug | None = None
    text: Annotated[Text, StringConstraints(max_length=10_000)] = Field(repr=False)


class InboundSeen(Frozen):
    """What a text means as a whole (None: nothing that wasl knows), and whether it changed what holds for the address.

    `maybe_stop`: a stop word stands in a longer text, so a person should read it. `reply` is the brand's text that answers it, in the
    language of the keyword where there is one; sending it is for the caller.
    """

    meaning: Meaning | None
    changed: bool = False
    maybe_stop: bool = False
    language: str | None = None
    reply: str | None = Field(None, repr=False)
