"""What the inbox of `wasl dev` tells of captured messages, in JSON. Addresses are not masked: nothing here was ever sent."""

from collections.abc import Collection, Iterable
from datetime import datetime

from pydantic import Field

from wasl.capturing.capture import Captured
from wasl.capturing.checks import Check, checks
from wasl.capturing.letters import headers
from wasl_contracts import Address
from wasl_contracts.content import Rendered
from wasl_contracts.message import Category
from wasl_contracts.model import Frozen

_LINE = 120  # characters


class CapturedSeen(Frozen):
    """One call of a provider that sends nothing. `id` is the attempt's; `headers` are those of a mail. `checks` are what to look at."""

    id: str
    message: str
    at: datetime
    brand: str
    channel: str
    provider: str
    to: Address
    topic: str
    category: Category
    content: Rendered = Field(repr=False)
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    unsubscribe: str | None = Field(None, repr=False)
    attachments: tuple[str, ...] = Field((), repr=False)
    checks: tuple[Check, ...] = ()


class InboxSeen(Frozen):
    """What was captured, newest first. `version` is another one after each change."""

    version: int
    data: tuple[CapturedSeen, ...]


def seen(captured: Captured) -> CapturedSeen:
    """One of them."""
    delivery = captured.delivery
    return CapturedSeen(
        id=captured.id,
        message=delivery.message_id,
        at=moment_of(captured),
        brand=delivery.brand,
        channel=delivery.channel,
        provider=captured.provider,
        to=delivery.address,
        topic=delivery.topic,
        category=delivery.category,
        content=delivery.content,
        headers=dict(headers(captured)),
        unsubscribe=delivery.unsubscribe,
        attachments=tuple(file.name for file in delivery.attachments),
        checks=checks(captured),
    )


def headline(captured: Captured) -> str:
    """What it is about, on one line."""
    content = captured.delivery.content
    said = (getattr(content, name, "") for name in ("subject", "title", "text", "content", "body"))
    return " ".join(next(filter(None, said), "").split())[:_LINE]


def moment_of(captured: Captured) -> datetime:
    """When its call was decided on."""
    return captured.delivery.dated_at or captured.delivery.created_at


def chosen(sent: Iterable[Captured], brands: Collection[str], channel: str = "", to: str = "", text: str = "") -> list[Captured]:
    """Those of these brands and a channel, to an address, with these words; newest first. What is empty leaves all."""
    sought = text.casefold()
    return [
        one
        for one in reversed([*sent])
        if (not brands or one.delivery.brand in brands)
        and (not channel or one.channel == channel)
        and (not to or to.casefold() in one.to.casefold())
        and (not sought or sought in one.text.casefold())
    ]
