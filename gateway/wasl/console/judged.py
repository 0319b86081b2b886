"""A decision record as rows for people: for each way what every rule said, what it saw, where it is written, and what would change it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

from pydantic import JsonValue

from wasl.console.telling import sentence
from wasl.console.words import Words
from wasl.decision_seen import CandidateSeen, Counterfactual, DecisionSeen, ProviderConsidered, VerdictSeen

Sign = Literal["yes", "no", "wait", "none"]
"""Allowed, withheld, not yet, and a rule that does not concern this way."""


class Value(NamedTuple):
    """Something that a rule saw: its name in words, and itself, as a moment where it is one."""

    name: str
    value: str
    moment: datetime | None = None


class Rule(NamedTuple):
    """What one rule, or the state of a provider, says of a way. `source` is a place in wasl.toml, a row or a field of the message."""

    sign: Sign
    name: str
    said: str
    values: tuple[Value, ...] = ()
    source: str = ""
    href: str | None = None
    until: datetime | None = None
    change: str = ""


class Way(NamedTuple):
    """One way in which it could go; without an address there was none on this channel, and `rules` say why."""

    channel: str
    address: str | None
    chosen: bool
    rules: tuple[Rule, ...]


POLICIES: Final[Mapping[str, tuple[str, str]]] = {
    "expiry": ("Life", "It is still within its life."),
    "superseded": ("Newer message", "No newer message replaces it."),
    "duplicate": ("Said before", "Nothing says that it was told before."),
    "privacy": ("Privacy", "The way is private enough."),
    "country": ("Country", "Sending there is switched on."),
    "suppression": ("Suppression", "The address is not suppressed."),
    "consent": ("Consent", "Their consent allows it."),
    "quiet_hours": ("Quiet hours", "It is not within quiet hours."),
    "frequency_cap": ("Frequency cap", "They have room for one more."),
    "budget": ("Budget", "The budget has room."),
}
"""What a policy is called, and what it means that it allows something."""
CONSENTS: Final[Mapping[str, str]] = {
    "required": "This topic is sent without asking.",
    "implied": "They have not turned it off.",
    "opt_in": "They agreed to it.",
}
UNCONCERNED: Final = "This rule does not concern it."
STOOD: Final[Mapping[str, tuple[Sign, str]]] = {
    "chosen": ("yes", "Chosen."),
    "usable": ("yes", "Could be used in its place."),
    "resting": ("wait", "Is not called just now."),
    "refused": ("no", "Refused this delivery already."),
    "passed": ("none", "Was passed over."),
}
SEEN: Final[Mapping[str, str]] = {
    "expires_at": "expires", "now": "judged at", "by": "replaced by", "message": "message", "standing": "state", "due": "due",
    "private": "private", "category": "category", "country": "country", "open": "switched on", "listed": "listed", "reason": "cause",
    "row": "row", "since": "since", "scope": "only for", "brand": "brand", "rule": "rule", "said": "said", "topic": "topic",
    "channel": "channel", "zone": "time zone", "zone_of": "zone known from", "zones": "possible zones", "local": "their clock",
    "window": "window", "opens": "opens", "closes": "closes", "hours": "hours", "jitter": "spread, in seconds", "cap": "cap",
    "limit": "limit", "per": "per", "counted": "counted", "reserved": "reserved", "over": "when full", "free_at": "room again",
    "exempt": "exempt", "elsewhere": "counted elsewhere", "again": "counted already", "budget": "budget", "amount": "amount",
    "currency": "currency", "spent": "spent", "cost": "cost", "units": "units", "least": "kept back", "renews_at": "begins anew",
    "unpriced": "without a price", "free": "costs nothing",
}  # fmt: skip
"""What a policy saw, in words."""
_SIGNS: Final[Mapping[str, Sign]] = {"allow": "yes", "withhold": "no", "defer": "wait"}
_INDIFFERENT: Final = ("exempt", "elsewhere", "free")
_MOMENTS: Final = frozenset({"expires_at", "now", "due", "since", "opens", "closes", "free_at", "renews_at"})


def ways(decision: DecisionSeen, words: Words) -> list[Way]:
    """The ways of one delivery, in the order of its route."""
    return [_way(candidate, words) for candidate in decision.candidates]


def _way(seen: CandidateSeen, words: Words) -> Way:
    return Way(seen.channel, seen.address, seen.chosen, tuple(_rules(seen, words)))


def _rules(seen: CandidateSeen, words: Words) -> Iterator[Rule]:
    if seen.address is None and seen.reason is not None:
        yield Rule("no", words.t("Address"), sentence(words, seen.reason), change=_change(words, seen.counterfactual))
    for verdict in seen.verdicts:
        yield _verdict(verdict, words)
    for provider in seen.providers:
        yield _provider(provider, words)


def _verdict(seen: VerdictSeen, words: Words) -> Rule:
    name, allowed = POLICIES.get(seen.policy, (seen.policy, ""))
    indifferent = seen.verdict == "allow" and _is_indifferent(seen)
    if seen.reason is not None:
        said = sentence(words, seen.reason)
    elif indifferent:
        said = words.t(UNCONCERNED)
    else:
        said = words.t(CONSENTS.get(str(seen.inputs.get("rule")), allowed) if seen.policy == "consent" else allowed)
    return Rule(
        sign="none" if indifferent else _SIGNS[seen.verdict],
        name=words.t(name),
        said=said,
        values=tuple(_value(name, value, words) for name, value in seen.inputs.items() if value is not None),
        source=seen.source,
        href=_leads_to(seen),
        until=seen.until,
        change=_change(words, seen.counterfactual),
    )


def _is_indifferent(seen: VerdictSeen) -> bool:
    inputs = seen.inputs
    if seen.policy == "duplicate":
        return not inputs
    if seen.policy == "country":
        return "country" not in inputs
    if seen.policy == "quiet_hours":
        return inputs.get("hours") == "any"
    return any(inputs.get(name) is True for name in _INDIFFERENT)


def _value(name: str, value: JsonValue, words: Words) -> Value:
    called = words.t(SEEN[name]) if name in SEEN else name
    if name in _MOMENTS and isinstance(value, str) and (at := datetime.fromisoformat(value)).tzinfo is not None:
        return Value(called, value, at)
    if isinstance(value, bool):
        return Value(called, words.t("yes") if value else words.t("no"))
    return Value(called, f"{value}")


def _leads_to(seen: VerdictSeen) -> str | None:
    """The page, below /console, of the message or the suppression that a rule speaks of."""
    if seen.policy == "suppression" and isinstance(row := seen.inputs.get("row"), str):
        return f"/suppressions/{quote(row, safe='')}"
    message = seen.inputs.get("message") or seen.inputs.get("by")
    return f"/messages/{quote(message, safe='')}" if isinstance(message, str) else None


def _change(words: Words, found: Counterfactual | None) -> str:
    """What would have to be otherwise; empty where nothing is to be said."""
    return found.sentences.get(words.lang, found.sentences["en"]) if found is not None else ""


def _provider(seen: ProviderConsidered, words: Words) -> Rule:
    sign, said = STOOD[seen.verdict]
    return Rule(
        sign=sign,
        name=seen.name,
        said=f"{words.t(said)} {sentence(words, seen.reason)}" if seen.reason is not None else words.t(said),
        source=words.t("provider"),
        href=f"/channels/{quote(seen.name, safe='')}",
        until=seen.until,
        change=_change(words, seen.counterfactual),
    )
