"""What the gateway answers: the same models in Python, over HTTP and in the client."""

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from wasl.decision_seen import DecisionSeen
from wasl.origins import OriginSeen
from wasl.standing import ProviderState
from wasl.states import LIVE
from wasl_contracts import Audience, Category, Mark, Reason, State
from wasl_contracts.content import Direction, ShiftTable, SmsEncoding
from wasl_contracts.model import Frozen


class WhyNot(Frozen):
    """A reason, spelled out: for programs, for people, who can fix it, and the provider's own code."""

    code: Reason
    sentence: str
    who_can_fix: str
    next_step: str
    provider_code: str | None = None

    @classmethod
    def of(cls, reason: Reason, provider_code: str | None = None) -> "WhyNot":
        return cls(
            code=reason,
            sentence=reason.sentence,
            who_can_fix=reason.who_can_fix,
            next_step=reason.next_step,
            provider_code=provider_code,
        )


class RecipientSeen(Frozen):
    """A recipient as shown: addresses masked. `preferred` are the channels that come first for them."""

    id: str
    audience: Audience
    locale: str | None = None
    timezone: str | None = None
    addresses: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()


class Accepted(Frozen):
    """A message that is on disk. The same request with the same idempotency key gets the same answer."""

    id: str
    state: State
    to: RecipientSeen
    created_at: AwareDatetime
    due_at: AwareDatetime
    expires_at: AwareDatetime
    replayed: bool = Field(False, exclude=True)


class CostSeen(Frozen):
    """What something costs: units (segments of an SMS, else one), and their price where the operator's prices tell it.

    `amount` is an exact decimal, `encoding` is `gsm7` or `ucs2`, of an SMS.
    """

    units: int
    encoding: SmsEncoding | None = None
    amount: str | None = None
    currency: str | None = None


class ForcedBy(Frozen):
    """A character that seven bits cannot write: its name in Unicode (`U+2019 RIGHT SINGLE QUOTATION MARK`), and its place from 0."""

    character: str
    name: str
    position: int


class SmsCount(Frozen):
    """How a text goes as an SMS. For those who write it: it holds characters of the text, so it is never logged.

    `units` are septets or UTF-16 units, `left` is how many more fit into the last segment. `forced_by` are the first characters for which
    it goes in UCS-2; `plainer_segments` is how many it would take with plain typography, where that is fewer. `cost` is None where no
    price is known.
    """

    encoding: SmsEncoding
    segments: int
    units: int
    left: int
    table: ShiftTable | None = None
    forced_by: tuple[ForcedBy, ...] = ()
    plainer_segments: int | None = None
    cost: CostSeen | None = None


class FileSeen(Frozen):
    """A stored file: by its id it goes into `attachments`. `media_type` is what its bytes tell; any kind of text is text/plain."""

    id: str
    sha256: str
    size: int
    media_type: str
    keep_until: AwareDatetime


class AttemptSeen(Frozen):
    """One call to a provider. `cost` is what was reckoned before it; a certain no costs nothing.

    `digest` is a keyed digest of the bytes that were handed over, in hexadecimal: the same bytes have the same one as long as the key is
    the current one. `wasl messages rerender` proves by it what was sent.
    """

    id: str
    number: int
    provider: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    outcome: str | None = None
    reason: Reason | None = None
    code: str | None = None
    provider_ref: str | None = None
    cost: CostSeen | None = None
    digest: str | None = None


class DeliverySeen(Frozen):
    """One channel and address of a message, with its attempts. `cost` is that of the newest attempt that may have been taken."""

    id: str
    channel: str | None
    provider: str | None
    state: State
    reason: Reason | None = None
    marks: tuple[Mark, ...] = ()
    address: str | None = None
    provider_ref: str | None = None
    due_at: AwareDatetime | None = None
    cost: CostSeen | None = None
    attempts: tuple[AttemptSeen, ...] = ()


class TimelineEntry(Frozen):
    """Something that happened to a message."""

    at: AwareDatetime
    type: str
    delivery: str | None = None
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class MessageSummary(Frozen):
    """A message in a list."""

    id: str
    state: State
    reason: Reason | None = None
    to: RecipientSeen
    topic: str
    template: str | None = None
    channels: tuple[str, ...]
    created_at: AwareDatetime


class MessageSeen(Frozen):
    """Everything that support may know of a message: never its content, addresses masked. `origin`: who asked, where that is known."""

    id: str
    brand: str
    state: State
    reason: WhyNot | None = None
    marks: tuple[Mark, ...] = ()
    to: RecipientSeen
    topic: str
    category: Category
    template: str | None = None
    about: str | None = None
    fact: str | None = None
    superseded_by: str | None = None
    origin: OriginSeen | None = None
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    deliveries: tuple[DeliverySeen, ...]
    timeline: tuple[TimelineEntry, ...]
    decisions: tuple[DecisionSeen, ...]
    created_at: AwareDatetime
    due_at: AwareDatetime
    expires_at: AwareDatetime

    def reached(self, until: Literal["sent", "delivered"]) -> bool:
        """Whether each delivery got that far, or nothing more will happen to it by itself (an unknown one that nobody settles)."""
        if until not in ("sent", "delivered"):
            raise ValueError("until must be 'sent' or 'delivered'")
        far = {State.SENT, State.DELIVERED, State.BOUNCED} if until == "sent" else {State.DELIVERED, State.BOUNCED}
        asked = [d for d in self.deliveries if until == "delivered" or d.reason is not Reason.AWAITING_PROOF]
        return all(d.state in far or d.state not in LIVE or d.due_at is None for d in asked)


LeftAlone = Literal["under_way", "already_sent", "superseded", "may_have_arrived", "code_expired", "not_failed"]
"""Why a message is not sent again: it is on its way; it was sent; a newer one replaced it; it may have been sent, and nobody said that
twice is fine; it holds a one-time code that is no good any more; it did not fail, but was withheld or cancelled."""
LEFT_ALONE: Mapping[LeftAlone, tuple[str, str]] = {
    "under_way": ("It is still on its way.", "Wait for its end; see its timeline."),
    "already_sent": ("It was sent already.", "Send a new message if another one is wanted."),
    "may_have_arrived": (
        "It may have arrived already.",
        "Check with the person; to send it all the same, marked possible_duplicate, say so (possible_duplicate).",
    ),
    "code_expired": ("It holds a one-time code that is no good any more.", "Send a new code."),
    "superseded": ("A newer message about the same thing replaced it.", "See the newer one (superseded_by)."),
    "not_failed": ("It did not fail: it was withheld or cancelled.", "Send a new message if it is wanted after all."),
}
"""The sentence for people, and what to do next."""


class Retried(Frozen):
    """What a retry did, or what it would do: how many messages, by the reason for which they had ended, and those left alone by why."""

    dry_run: bool
    retried: int
    by_reason: dict[str, int] = Field(default_factory=dict)
    left_alone: dict[LeftAlone, int] = Field(default_factory=dict)
    has_more: bool = False


class ProviderSeen(Frozen):
    """A configured provider, and how it does just now.

    `state` is as of an electric circuit: `closed`, calls go through; `open`, most of them failed, so one every few seconds tries it;
    `paused`, it refused our settings, its code failed, or an operator wants it so. `reason`, `since` and `until`, when it may next be
    called, tell of that; and where it is closed, of its asking us to slow down. `concurrency` is the most calls at one time of each
    worker, `rate` the most of all workers together. `brands` are those that it serves; without any it serves all. `silent_since`: it
    confirmed what was sent, and does not any more.
    """

    name: str
    channel: str
    plugin: str
    brands: tuple[str, ...] = ()
    state: ProviderState
    reason: WhyNot | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    concurrency: int
    rate: str | None = None
    silent_since: AwareDatetime | None = None


class ProvidersSeen(Frozen):
    """All configured providers, by name."""

    data: tuple[ProviderSeen, ...]


class TemplateLanguage(Frozen):
    """A template in one language; messages that are accepted now are pinned to this version."""

    locale: str
    direction: Direction
    version: str


class VariableSeen(Frozen):
    """What a template needs of a message's data."""

    type: str
    optional: bool = False
    description: str = ""
    example: JsonValue = None


class TemplateSeen(Frozen):
    """A template: its languages, and the data that it asks for, as its default language declares it."""

    name: str
    languages: tuple[TemplateLanguage, ...]
    variables: dict[str, VariableSeen]


class TemplatesSeen(Frozen):
    """All templates, by name."""

    data: tuple[TemplateSeen, ...]


class Page(Frozen):
    """Some messages, newest first, and how to get the next ones."""

    data: tuple[MessageSummary, ...]
    next_cursor: str | None = None
    has_more: bool = False


class Health(Frozen):
    """Whether this process can accept: each check by name with `ok` or what is wrong."""

    ready: bool
    checks: dict[str, str]
