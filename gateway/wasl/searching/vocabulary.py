"""The keys of the language, the values of those that have a closed list, and what each asks for in words."""

from collections.abc import Mapping
from typing import get_args

from wasl_contracts import Category, Mark, Reason, State

STATES: Mapping[str, State] = {
    **{state.value: state for state in State},
    "skipped": State.WITHHELD,
    "queued": State.ACCEPTED,
    "canceled": State.CANCELLED,
}
"""What may stand behind `status:`; some states have another name in other products."""
_STANDINGS: Mapping[str, str] = {
    "failed": "ended without arriving: failed, bounced or expired",
    "withheld": "a rule kept it back",
    "skipped": "the same as is:withheld",
    "retrying": "waits for its next attempt after a fault",
    "scheduled": "waits for its time",
    "unconfirmed": "sent, but nothing confirms that it arrived",
    "failover": "went another way after the first one failed",
    "resent": "an operator sent it again",
    "test": "not really sent",
}
_MARKS = tuple(mark.value for mark in Mark if mark not in (Mark.UNCONFIRMED, Mark.SIMULATED))
IS: tuple[str, ...] = (*_STANDINGS, *_MARKS)
HAS = ("attachment", "error", "reference")
CATEGORIES: tuple[str, ...] = get_args(Category)
REASONS: tuple[str, ...] = tuple(reason.value for reason in Reason)
FAILED = (State.FAILED, State.BOUNCED, State.EXPIRED)
"""The states that `is:failed` means: what can be sent again."""

META = "meta."
KEYS: Mapping[str, str] = {
    "to": "the address or id of a person",
    "person": "the id of a person",
    "channel": "a way it went: email, sms, push, …",
    "status": "where it is: sent, delivered, failed, withheld, scheduled, …",
    "reason": "why it is there: opted_out, suppressed_bounce, …",
    "template": "its template",
    "topic": "its topic",
    "category": "otp, transactional, service or promotional",
    "provider": "a provider that had it",
    "ref": "a reference: `about`, metadata.ref, or the provider's own id",
    "id": "the id of a message",
    "request": "the id of the HTTP request that asked for it: X-Request-Id",
    "tag": "one of metadata.tags",
    "error": "the provider's error code",
    "locale": "its language",
    "brand": "its brand",
    "is": "its standing: failed, withheld, retrying, scheduled, unconfirmed, failover, resent, test, or a mark like clicked",
    "has": "attachment, error or reference",
    "after": "accepted from then on: 2026-11-23, 24h, today",
    "before": "accepted before then",
    "on": "accepted on that day",
}
ALIASES: Mapping[str, str] = {"tenant": "brand", "campaign": "meta.campaign", "about": "ref", "state": "status", "since": "after"}
"""Keys of other products, and what they are here."""
PREFIXED = frozenset({"person", "template", "topic", "provider", "error", "locale", "reason"})
"""Keys whose values may end with `*`; those of metadata may too."""
CLOSED: Mapping[str, tuple[str, ...]] = {
    "status": tuple(STATES),
    "reason": REASONS,
    "category": CATEGORIES,
    "is": IS,
    "has": HAS,
}
"""Keys whose values are of a closed list."""
TIMES = frozenset({"after", "before", "on"})
