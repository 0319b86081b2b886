"""The normal form of one message to one recipient: what policies judge and formats render."""

from pydantic import AwareDatetime, Field

from wasl_contracts.address import Address, Audience
from wasl_contracts.content import Content
from wasl_contracts.enclosure import Enclosed
from wasl_contracts.message import Category, Escalation, Mode
from wasl_contracts.model import Frozen, JsonObject


class Envelope(Frozen):
    """A message after normalisation: topic and route resolved, addresses in normal form, times absolute."""

    message_id: str
    brand: str
    brand_version: str | None = None
    recipient_id: str
    audience: Audience
    addresses: tuple[Address, ...] = Field(repr=False)
    locale: str
    timezone: str | None = Field(None, repr=False)
    attributes: JsonObject = Field(default_factory=dict, repr=False)
    content: Content | None = None
    template: str | None = None
    template_version: str | None = None
    data: JsonObject = Field(default_factory=dict, repr=False)
    topic: str
    category: Category
    channels: tuple[str, ...]
    mode: Mode
    escalation: Escalation | None = None
    about: str | None = None
    fact: str | None = None
    files: tuple[Enclosed, ...] = Field((), repr=False)
    files_optional: bool = False
    metadata: JsonObject = Field(default_factory=dict, repr=False)
    created_at: AwareDatetime
    send_at: AwareDatetime | None = None
    expires_at: AwareDatetime
