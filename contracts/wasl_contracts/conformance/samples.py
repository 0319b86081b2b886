"""What the kit sends: one sample for each format, and deliveries that can be told apart."""

import re
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from wasl_contracts.address import Address
from wasl_contracts.content import (
    Action,
    AdaptiveCard,
    Card,
    Discord,
    Format,
    Mail,
    Plain,
    Post,
    Push,
    Rendered,
    Slack,
    Sms,
    Structured,
    Telegram,
    WhatsApp,
)
from wasl_contracts.delivery import Delivery

TITLE = "waslmark title"
MULTILINGUAL = "مرحبًا، طلبك رقم ١٠٤٢ في الطريق 👋🏽\nשלום · नमस्ते · 你好 · e\u0301 · \u2068Ann\u2069\n.a dot starts this line"


def sample(form: Format) -> Rendered:
    """Content of that format."""
    track = Action(label="Track", url="https://example.com/track")
    samples: dict[Format, Rendered] = {
        "mail": Mail(subject=TITLE, html="<p>.</p>", text=".", locale="ar", direction="rtl"),
        "plain": Plain(text="."),
        "sms": Sms(text="."),
        "push": Push(title=TITLE, body=".", url=track.url),
        "slack": Slack(text="."),
        "telegram": Telegram(text=".", buttons=(track,)),
        "discord": Discord(content="."),
        "adaptive_card": AdaptiveCard(text=".", card=_card(".")),
        "whatsapp": WhatsApp(text="."),
        "post": Post(text=".", locale="ar"),
        "card": Card(title=TITLE, text=".", html="<p>.</p>", actions=(track,), locale="ar", direction="rtl"),
        "structured": Structured(title=TITLE, text=".", actions=(track,), locale="ar", direction="rtl"),
    }
    return samples[form]


def saying(content: Rendered, text: str) -> Rendered:
    """The same content with another text."""
    return content.model_copy(update=_said(content, text))


def _said(content: Rendered, text: str) -> dict[str, object]:
    match content:
        case Mail() | Card():
            return {"text": text, "html": f"<p>{text}</p>"}
        case Push():
            return {"body": text}
        case Discord():
            return {"content": text}
        case AdaptiveCard():
            return {"text": text, "card": _card(text)}
        case Slack():
            block = {"type": "section", "text": {"type": "plain_text", "text": text}}
            return {"text": text, "blocks": (block,) if content.blocks else ()}
        case _:
            return {"text": text}


def _card(text: str) -> dict[str, JsonValue]:
    return {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": text, "wrap": True}]}


def mark(number: int) -> str:
    """A word by which the text of delivery `number` is found again in whatever was sent."""
    return f"waslmark{number:04d}x"


def marked(text: str) -> int | None:
    """The number of the first mark in a text."""
    found = re.search(r"waslmark(\d{4})x", text)
    return int(found[1]) if found else None


def numbered(ref: str, number: int) -> str:
    """The reference of delivery `number`: the first has `ref`, the next ones the same shape with a number at its end."""
    if number == 1:
        return ref
    return (ref[:-3] if len(ref) >= 6 else ref) + str(100 + number)


def delivery(address: Address, content: Rendered, number: int = 1, attempt: int = 1) -> Delivery:
    """Delivery `number` in its `attempt`-th attempt. Only the ids depend on the two."""
    now = datetime.now(UTC)
    return Delivery(
        id=f"dlv_{number:032x}",
        attempt_id=f"att_{number:024x}{attempt:08x}",
        message_id="msg_00000000000000000000000000000001",
        brand="acme",
        channel=address.channel,
        address=address,
        content=content,
        topic="orders",
        category="transactional",
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
