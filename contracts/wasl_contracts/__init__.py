"""What a wasl plugin may import. `wasl_contracts.http` makes HTTP calls; `wasl_contracts.conformance` is the contract kit."""

from wasl_contracts.address import PUBLIC_KIND, Address, Audience, masked
from wasl_contracts.attachment import Attachment
from wasl_contracts.content import (
    Action,
    AdaptiveCard,
    Card,
    Content,
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
    WhatsAppTemplate,
)
from wasl_contracts.delivery import Attempt, Delivery, Mark, Sender, State
from wasl_contracts.duration import Duration
from wasl_contracts.envelope import Envelope
from wasl_contracts.errors import BadSignature, CallbackError, ProviderError, Rejected, Scope, Unavailable, Unknown, Unreadable
from wasl_contracts.event import Callback, Event, EventKind
from wasl_contracts.message import Category, Escalation, Message, Mode, Until
from wasl_contracts.one_function import channel
from wasl_contracts.provider import (
    AddressKind,
    Capabilities,
    EventSource,
    Finder,
    Handshake,
    HttpSession,
    Mailroom,
    Provider,
    ProviderSpec,
    Refusal,
    Reporting,
    SenderCheck,
    Transparent,
)
from wasl_contracts.reason import Reason
from wasl_contracts.receipt import Receipt
from wasl_contracts.recipient import Recipient, everybody

__all__ = [
    "PUBLIC_KIND", "Action", "AdaptiveCard", "Address", "AddressKind", "Attachment", "Attempt", "Audience", "BadSignature", "Callback",
    "CallbackError", "Capabilities", "Card", "Category", "Content", "Delivery", "Discord", "Duration", "Envelope", "Escalation", "Event",
    "EventKind", "EventSource", "Finder", "Format", "Handshake", "HttpSession", "Mail", "Mailroom", "Mark", "Message", "Mode", "Plain",
    "Post", "Provider", "ProviderError", "ProviderSpec", "Push", "Reason", "Receipt", "Recipient", "Refusal", "Rejected", "Rendered",
    "Reporting", "Scope", "Sender", "SenderCheck", "Slack", "Sms", "State", "Structured", "Telegram", "Transparent", "Unavailable",
    "Unknown", "Unreadable", "Until", "WhatsApp", "WhatsAppTemplate", "channel", "everybody", "masked",
]  # fmt: skip
