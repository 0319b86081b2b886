"""Asking quiet hours: a policy by its configuration, a message, a moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.gateway.scripted import candidate
from wasl.config import Config
from wasl.policies.quiet_hours import QuietHours
from wasl.policies.verdict import Candidate, Defer, Inputs, Verdict
from wasl_contracts import Address

TOPICS = {
    "offers": {"category": "promotional"},
    "urgent": {"category": "promotional", "quiet_hours": False},
    "news": {"category": "service"},
    "digest": {"category": "service", "quiet_hours": True},
}
NIGHT = {"from": "22:00", "to": "08:00"}


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)


def quiet(**config: Any) -> QuietHours:
    return QuietHours(Config.model_validate({"topics": TOPICS, **config}))


def way(channel: str = "sms", number: str | None = "+966501234567", **fields: Any) -> Candidate:
    """A promotional message that lives for three days from the first of March."""
    phone = Address(channel="sms", kind="phone", value=number) if number else None
    fields = {"topic": "offers", "category": "promotional", "addresses": (phone,) if phone else (), **fields}
    other = Address(channel=channel, kind="token", value="somewhere")
    return replace(candidate(channel=channel, **fields), address=phone if phone and channel == "sms" else other)


def ask(policy: QuietHours, at: str, given: Candidate | None = None) -> Verdict:
    """At that moment; it lives for three days from then, where it does not say otherwise."""
    given = given or way()
    now = utc(at)
    if given.envelope.expires_at < now:
        given = replace(given, envelope=given.envelope.model_copy(update={"expires_at": now + timedelta(days=3)}))
    return policy(given, Inputs(), now)


def opens(verdict: Verdict) -> datetime:
    assert isinstance(verdict, Defer), verdict
    return utc(str(verdict.inputs["opens"]))
