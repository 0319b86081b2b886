"""What states, marks, channels and reasons are called in a page, which icon stands beside them, and in which tone they are shown."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from wasl.answers import WhyNot
from wasl.console.words import Words, msgid
from wasl.reasons_in_arabic import IN_ARABIC
from wasl_contracts import Mark, Reason, State


class Told(NamedTuple):
    """An English name, an icon, and a tone: good, bad, warn, idle or none."""

    name: str
    icon: str
    tone: str


STATES: Final[Mapping[str, Told]] = {
    State.ACCEPTED: Told(msgid("Accepted"), "clock", "idle"),
    State.SCHEDULED: Told(msgid("Scheduled"), "clock", "idle"),
    State.SENDING: Told(msgid("Sending"), "circle-dashed", "idle"),
    State.SENT: Told(msgid("Sent"), "check", "good"),
    State.DELIVERED: Told(msgid("Delivered"), "check-check", "good"),
    State.UNKNOWN: Told(msgid("Not certain"), "circle-question-mark", "warn"),
    State.FAILED: Told(msgid("Failed"), "x", "bad"),
    State.BOUNCED: Told(msgid("Bounced"), "undo-2", "bad"),
    State.EXPIRED: Told(msgid("Expired"), "clock", "bad"),
    State.WITHHELD: Told(msgid("Withheld"), "ban", "warn"),
    State.CANCELLED: Told(msgid("Cancelled"), "minus", "idle"),
    State.SUPERSEDED: Told(msgid("Superseded"), "minus", "idle"),
}
MARKS: Final[Mapping[str, Told]] = {
    Mark.OPENED: Told(msgid("opened"), "eye", "good"),
    Mark.SEEN: Told(msgid("seen"), "eye", "good"),
    Mark.READ: Told(msgid("read"), "eye", "good"),
    Mark.CLICKED: Told(msgid("clicked"), "mouse-pointer-click", "good"),
    Mark.REPLIED: Told(msgid("replied"), "reply", "good"),
    Mark.COMPLAINED: Told(msgid("complained"), "flag", "bad"),
    Mark.UNSUBSCRIBED: Told(msgid("unsubscribed"), "ban", "warn"),
    Mark.POSSIBLE_DUPLICATE: Told(msgid("possibly twice"), "copy", "warn"),
    Mark.SIMULATED: Told(msgid("simulated"), "circle-dashed", "idle"),
    Mark.UNCONFIRMED: Told(msgid("unconfirmed"), "circle-question-mark", "warn"),
    Mark.ESCALATED: Told(msgid("escalated"), "route", "idle"),
}
CHANNELS: Final[Mapping[str, Told]] = {
    "email": Told(msgid("Email"), "mail", ""),
    "sms": Told(msgid("SMS"), "message-square-text", ""),
    "push": Told(msgid("Push"), "bell", ""),
    "chat": Told(msgid("Chat"), "message-circle", ""),
    "social": Told(msgid("Social"), "share-2", ""),
    "inapp": Told(msgid("In-app"), "inbox", ""),
    "webhook": Told(msgid("Webhook"), "webhook", ""),
    "voice": Told(msgid("Voice"), "phone", ""),
}
FIXERS: Final[Mapping[str, str]] = {
    "person": msgid("the person"),
    "app": msgid("the application"),
    "support": msgid("support"),
    "operator": msgid("operators"),
    "developer": msgid("developers"),
    "provider": msgid("the provider"),
    "nobody": msgid("nobody needs to"),
}


def state_told(state: str) -> Told:
    """How a state is shown; one that is not known, by its own name."""
    return STATES.get(state) or Told(state, "circle-dashed", "idle")


def mark_told(mark: str) -> Told:
    """How a mark is shown."""
    return MARKS.get(mark) or Told(mark, "flag", "idle")


def channel_told(channel: str) -> Told:
    """How a channel is shown."""
    return CHANNELS.get(channel) or Told(channel, "send", "")


def sentence(words: Words, reason: Reason | WhyNot) -> str:
    """The sentence of a reason in the language of the page."""
    code = reason.code if isinstance(reason, WhyNot) else reason
    return IN_ARABIC[code] if words.lang == "ar" else words.t(code.sentence)


def next_step(words: Words, reason: Reason | WhyNot) -> str:
    """What to do about it; empty where nothing is to be done."""
    code = reason.code if isinstance(reason, WhyNot) else reason
    return words.t(code.next_step) if code.next_step else ""


def fixer(words: Words, reason: Reason | WhyNot) -> str:
    """Who can do it."""
    code = reason.code if isinstance(reason, WhyNot) else reason
    return words.t(FIXERS[code.who_can_fix])
