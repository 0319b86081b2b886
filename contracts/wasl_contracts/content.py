"""What a message says: written once as Content, handed to providers in the format that they declare."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from wasl_contracts.model import Frozen, Line, Text, without_direction_controls


def _web_link(url: str) -> str:
    without_direction_controls(url)
    if not re.match(r"https?://[^/?#@]+(?:[/?#]|$)", url) or any(c <= " " or c in '"<>\\' for c in url):
        raise PydanticCustomError("bad_url", "is not a link; write a whole http or https address without spaces or a password")
    return url


Url = Annotated[str, StringConstraints(max_length=2048), AfterValidator(_web_link)]
"""An absolute http or https link of at most 2,048 characters."""


class Action(Frozen):
    """Something that the reader can do: a label and the link behind it."""

    label: Annotated[Line, StringConstraints(min_length=1, max_length=80)]
    url: Url


class Content(Frozen):
    """What a message says, for every channel: a title of one line, a body in Markdown, and actions."""

    title: Annotated[Line, StringConstraints(max_length=250)] = Field("", repr=False)
    body: Annotated[Text, StringConstraints(min_length=1, max_length=100_000)] = Field(repr=False)
    actions: Annotated[tuple[Action, ...], Field(max_length=10)] = Field((), repr=False)


Direction = Literal["ltr", "rtl"]


class Mail(Frozen):
    """A mail as subject, HTML page and text alternative."""

    format: Literal["mail"] = "mail"
    subject: Line = Field(repr=False)
    html: Text = Field(repr=False)
    text: Text = Field(repr=False)
    locale: str
    direction: Direction = "ltr"


class Plain(Frozen):
    """Text without markup, links written out: SMS and simple chats."""

    format: Literal["plain"] = "plain"
    text: Text = Field(repr=False)


class Push(Frozen):
    """A notification on a device: title, text, and the link that a tap opens."""

    format: Literal["push"] = "push"
    title: str = Field(repr=False)
    body: str = Field(repr=False)
    url: str | None = Field(None, repr=False)


class Slack(Frozen):
    """Slack blocks, with the text that notifications and screen readers use."""

    format: Literal["slack"] = "slack"
    text: str = Field(repr=False)
    blocks: tuple[dict[str, JsonValue], ...] = Field((), repr=False)


class Post(Frozen):
    """A public or semi-public post, with its language."""

    format: Literal["post"] = "post"
    text: Text = Field(repr=False)
    locale: str


class Structured(Frozen):
    """The content as data, for programs: webhooks and logs."""

    format: Literal["structured"] = "structured"
    title: str = Field(repr=False)
    text: str = Field(repr=False)
    actions: tuple[Action, ...] = Field((), repr=False)
    locale: str


Rendered = Annotated[Mail | Plain | Push | Slack | Post | Structured, Field(discriminator="format")]
"""What a provider gets, in the format that its spec declares."""
Format = Literal["mail", "plain", "push", "slack", "post", "structured"]
