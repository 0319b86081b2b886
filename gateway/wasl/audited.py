"""The audit: who did what to what, when and why. Rows of it are never changed; each carries the hash of the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import AwareDatetime

from wasl_contracts.model import Frozen

Fact = str | int | bool | Sequence[int] | Sequence[str] | None
ActorKind = Literal["user", "key", "cli", "app", "system"]
"""A person at the console, an API key, somebody at the command line, the application that wasl runs in, wasl itself."""


class Action(StrEnum):
    """What can be done that somebody must answer for. Closed: who looks for one must be able to spell it."""

    SIGNED_IN = "session.opened"
    SIGN_IN_REFUSED = "session.refused"
    SIGNED_OUT = "session.closed"
    SESSION_PROVED = "session.proved"
    USER_ADDED = "user.added"
    USER_CHANGED = "user.changed"
    USER_REMOVED = "user.removed"
    USER_SIGNED_OUT = "user.signed_out"
    FACTOR_ENROLLED = "user.factor_enrolled"
    FACTOR_REMOVED = "user.factor_removed"
    FACTOR_RESET = "user.factor_reset"
    RECOVERY_RENEWED = "user.recovery_renewed"
    PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 - a code
    MESSAGE_REVEALED = "message.revealed"
    MESSAGE_RETRIED = "message.retried"
    MESSAGE_SENT_AGAIN = "message.sent_again"
    MESSAGE_OTHER_CHANNEL = "message.other_channel"
    MESSAGE_SENT = "message.sent"
    MESSAGE_CANCELLED = "message.cancelled"
    MESSAGES_RETRIED = "messages.retried"
    MESSAGES_CANCELLED = "messages.cancelled"
    ACT_ASKED = "act.asked"
    ACT_APPROVED = "act.approved"
    ACT_REFUSED = "act.refused"
    ACT_WITHDRAWN = "act.withdrawn"
    ACT_BEGUN = "act.begun"
    ACT_STOPPED = "act.stopped"
    ACT_ENDED = "act.ended"
    MESSAGES_EXPORTED = "messages.exported"
    PERSON_REVEALED = "person.revealed"
    PERSON_SHARED = "person.shared"
    PERSON_LINK_OPENED = "person.link_opened"
    PERSON_LINK_REVOKED = "person.link_revoked"
    PERSON_EXPORTED = "person.exported"
    PERSON_ERASED = "person.erased"
    CONSENT_CHANGED = "consent.changed"
    SUPPRESSION_ADDED = "suppression.added"
    SUPPRESSION_REMOVED = "suppression.removed"
    SUPPRESSIONS_IMPORTED = "suppressions.imported"
    SUPPRESSIONS_EXPORTED = "suppressions.exported"
    CONSENTS_EXPORTED = "consents.exported"
    EXPORT_TAKEN = "export.taken"
    EXPORT_STOPPED = "export.stopped"
    PROVIDER_PAUSED = "provider.paused"
    PROVIDER_RESUMED = "provider.resumed"
    PROVIDER_RESET = "provider.reset"
    PROVIDER_TESTED = "provider.tested"
    TEMPLATE_TESTED = "template.tested"
    API_KEY_CREATED = "apikey.created"
    API_KEY_REVOKED = "apikey.revoked"
    WEBHOOK_ADDED = "webhook.added"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_REMOVED = "webhook.removed"
    WEBHOOK_REPLAYED = "webhook.replayed"
    WEBHOOK_TESTED = "webhook.tested"
    REPORT_EXPORTED = "report.exported"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_VERIFIED = "audit.verified"
    AUDIT_CLEARED = "audit.cleared"
    INBOX_CLEARED = "inbox.cleared"
    CHAOS_SET = "chaos.set"
    SETTINGS_CHANGED = "settings.changed"


class Actor(NamedTuple):
    """Who did it: a user of the console with their role, an API key, somebody at the command line."""

    kind: ActorKind
    id: str
    name: str = ""
    role: str = ""


IN_PROCESS = Actor("app", "python")
"""The application that uses wasl as a library, where it does not say who it is."""
WASL = Actor("system", "wasl")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done. `object` is the id of what it was done to, `brand` is empty for what is no brand's.

    `reason` is in the words of whoever did it, and `facts` are codes and counts. What looks like an address in either is masked before
    it is kept, and when a person is erased both go, with the id of that person.
    """

    action: Action
    actor: Actor
    object: str = ""
    brand: str = ""
    reason: str = field(default="", repr=False)
    facts: Mapping[str, Fact] = field(default_factory=dict)


class Audited(Frozen):
    """An entry of the audit. `number` counts from 1 without a gap; `cleared`: its object, reason and facts went with a person's erasure."""

    number: int
    at: AwareDatetime
    actor: Actor
    action: Action
    brand: str
    object: str
    reason: str
    facts: Mapping[str, Fact]
    cleared: bool = False


class AuditFilters(Frozen):
    """Which entries to list; all that are given must hold. `brands`: only of these; empty for all. `after`: only newer than this number."""

    action: Action | None = None
    actor: str | None = None
    object: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    brands: tuple[str, ...] = ()
    after: int = 0


class AuditPage(Frozen):
    """Some entries, newest first, and how to get older ones."""

    data: tuple[Audited, ...]
    next_cursor: str | None = None
    has_more: bool = False


class Witness(NamedTuple):
    """The newest entry at some moment, signed: what the audit must still hold. `head` is its hash in hexadecimal."""

    number: int
    head: str
    key: str
    signature: str


Fault = Literal["changed", "deleted", "reordered", "truncated", "rewritten", "lost_details", "forged_witness"]


class Finding(Frozen):
    """Something that is wrong with the audit: at which number, and what, as a sentence."""

    number: int
    fault: Fault
    sentence: str


class Verified(Frozen):
    """What a check of the whole audit found. `witnesses` is how many signed heads it was held against."""

    entries: int
    head: str
    witnesses: int
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings
