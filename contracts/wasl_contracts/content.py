"""What a message says: written once as Content, handed to providers in the format that they declare."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from wasl_contracts.links import LONGEST_LINK, web_link
from wasl_contracts.model import Frozen, Line, Text, without_direction_controls


def _web_link(url: str) -> str:
    without_direction_controls(url)
    if (link := web_link(url)) is None:
        raise PydanticCustomError("bad_url", "is not a link; write a whole http or https address without spaces or a password")
    return link


def _readable(body: str) -> str:
    """Refuse what shows nothing, and markup without end: reading Markdown takes 10 µs a sign, and nothing else happens meanwhile."""
    if not any(character.isprintable() and character != " " for character in body):
        raise PydanticCustomError("blank", "is blank; write what the message says")
    if len(body) > _MOST_SIGNS and len(_SIGN.findall(body)) > _MOST_SIGNS:
        raise PydanticCustomError(
            "too_complex", "holds more than {most} lines and signs of Markdown; send less, or a file", {"most": f"{_MOST_SIGNS:,}"}
        )
    return body


_SIGN = re.compile(r"[\[\]*_`~<>&\\!#\n]")
_MOST_SIGNS = 10_000
Url = Annotated[str, StringConstraints(max_length=LONGEST_LINK), AfterValidator(_web_link)]
"""An absolute http or https link of at most 2,048 characters."""


class Action(Frozen):
    """Something that the reader can do: a label and the link behind it."""

    label: Annotated[Line, StringConstraints(min_length=1, max_length=80)]
    url: Url


class Content(Frozen):
    """What a message says, for every channel: a title of one line, a body in Markdown, and actions."""

    title: Annotated[Line, StringConstraints(max_length=250)] = Field("", repr=False)
    body: Annotated[Text, StringConstraints(min_length=1, max_length=100_000), AfterValidator(_readable)] = Field(repr=False)
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


SmsEncoding = Literal["gsm7", "ucs2"]
ShiftTable = Literal["turkish", "spanish", "portuguese", "urdu"]
"""National tables of seven-bit letters (3GPP TS 23.038, annex A) that a provider may be able to send."""


class Sms(Frozen):
    """A text message: short, without markup, links written out.

    `encoding` and `segments` are what it was counted as, which is what is paid; None where nobody counted. `table` is the national
    table that this count takes for granted: a provider whose account allows it must ask for it.
    """

    format: Literal["sms"] = "sms"
    text: Text = Field(repr=False)
    encoding: SmsEncoding | None = None
    segments: int | None = Field(None, ge=1)
    table: ShiftTable | None = None


class Push(Frozen):
    """A notification on a device: title, text, and the link that a tap opens.

    `sound` is a name that the app knows, `badge` the number on its icon (0 takes it away). A later notification with the same
    `collapse_key` replaces this one. `data` is for the app, which alone sees it.
    """

    format: Literal["push"] = "push"
    title: str = Field(repr=False)
    body: str = Field(repr=False)
    url: str | None = Field(None, repr=False)
    image: Url | None = Field(None, repr=False)
    sound: str | None = None
    badge: int | None = Field(None, ge=0)
    collapse_key: str | None = None
    data: dict[str, str] = Field(default_factory=dict, repr=False)


class Slack(Frozen):
    """Slack blocks, with the text that notifications and screen readers use."""

    format: Literal["slack"] = "slack"
    text: str = Field(repr=False)
    blocks: tuple[dict[str, JsonValue], ...] = Field((), repr=False)


class Telegram(Frozen):
    """A Telegram message: text in the Bot API's HTML (`parse_mode` HTML), and links to put on buttons below it."""

    format: Literal["telegram"] = "telegram"
    text: str = Field(repr=False)
    buttons: tuple[Action, ...] = Field((), repr=False)


def _of_nobody() -> dict[str, tuple[str, ...]]:
    return {"parse": ()}


class Discord(Frozen):
    """The fields of a Discord message, as the API takes them. `allowed_mentions` belongs into every request: nothing in it pings."""

    format: Literal["discord"] = "discord"
    content: str = Field(repr=False)
    components: tuple[dict[str, JsonValue], ...] = Field((), repr=False)
    allowed_mentions: dict[str, tuple[str, ...]] = Field(default_factory=_of_nobody)


class AdaptiveCard(Frozen):
    """An Adaptive Card (1.5) for Teams, with the text for notifications."""

    format: Literal["adaptive_card"] = "adaptive_card"
    text: str = Field(repr=False)
    card: dict[str, JsonValue] = Field(default_factory=dict, repr=False)


class WhatsAppTemplate(Frozen):
    """A template that WhatsApp has approved, and what fills it, in order.

    `header` fills the header's text, or `image` is the header's picture. `buttons` are the ends of the links of its first buttons.
    """

    name: str
    language: str
    header: tuple[str, ...] = Field((), repr=False)
    image: Url | None = Field(None, repr=False)
    body: tuple[str, ...] = Field((), repr=False)
    buttons: tuple[str, ...] = Field((), repr=False)


class WhatsApp(Frozen):
    """A WhatsApp message: text in its markup, for those who wrote in the last 24 hours, and the template for everyone else."""

    format: Literal["whatsapp"] = "whatsapp"
    text: str = Field(repr=False)
    template: WhatsAppTemplate | None = None


class Post(Frozen):
    """A public or semi-public post, with its language. `url` is the link that stays when the text is cut to a network's length."""

    format: Literal["post"] = "post"
    text: Text = Field(repr=False)
    locale: str
    url: str | None = Field(None, repr=False)


class Card(Frozen):
    """A message inside an app: its parts, to be laid out by the app.

    `html` holds only `p br strong em s code pre blockquote ul ol li h1-h6 hr a[href] bdi` and needs no further cleaning; `text` says
    the same without markup.
    """

    format: Literal["card"] = "card"
    title: str = Field(repr=False)
    text: str = Field(repr=False)
    html: str = Field(repr=False)
    actions: tuple[Action, ...] = Field((), repr=False)
    image: Url | None = Field(None, repr=False)
    locale: str
    direction: Direction = "ltr"


class Structured(Frozen):
    """The content as data, for programs: webhooks and logs."""

    format: Literal["structured"] = "structured"
    title: str = Field(repr=False)
    text: str = Field(repr=False)
    actions: tuple[Action, ...] = Field((), repr=False)
    locale: str
    direction: Direction = "ltr"


Rendered = Annotated[
    Mail | Plain | Sms | Push | Slack | Telegram | Discord | AdaptiveCard | WhatsApp | Post | Card | Structured,
    Field(discriminator="format"),
]
"""What a provider gets, in the format that its spec declares."""
Format = Literal["mail", "plain", "sms", "push", "slack", "telegram", "discord", "adaptive_card", "whatsapp", "post", "card", "structured"]
