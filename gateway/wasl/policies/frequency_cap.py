"""Nobody gets more than so many messages in a stretch of time. What counts is what was sent: the intents that were not refused for certain.

A use is the intent of a message. All intents of one message (retries, failover, several devices or channels) are one use, as long as the
newest of them stays in the window. What a provider certainly did not take is given back; what may have arrived is not.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from pydantic import JsonValue

from wasl.config import Config
from wasl.config.caps import Cap
from wasl.config.topics import CATEGORIES
from wasl.policies.jitter import jitter
from wasl.policies.verdict import Allow, Candidate, Defer, Inputs, Use, Verdict, Withhold
from wasl_contracts import Category, Envelope, Reason
from wasl_contracts.duration import written

_POLICY = "frequency_cap"
Key = tuple[str, str]
"""Brand and recipient."""


class FrequencyCap:
    """Judges by one cap of a configuration."""

    def __init__(self, name: str, config: Config) -> None:
        self.cap: Cap = config.caps[name]
        self._name = name
        self._config = config
        self._source = config.line("caps", name) or f"caps.{name}"
        self._per = written(self.cap.per)
        self._bearing = lru_cache(maxsize=4096)(self._bearing_of)

    def binds(self, candidate: Candidate) -> bool:
        """Whether it can keep a message from going this way."""
        return self._bearing(candidate.envelope.topic, candidate.envelope.category, candidate.channel) == "binds"

    def __call__(self, candidate: Candidate, inputs: Inputs, now: datetime) -> Verdict:
        """Allow while there is a place, and what has one already; else what `over` says."""
        envelope = candidate.envelope
        bearing = self._bearing(envelope.topic, envelope.category, candidate.channel)
        if bearing != "binds":
            return Allow(_POLICY, self._source, {"cap": self._name, bearing: True})
        since, uses = now - self.cap.per, inputs.uses.get((envelope.brand, envelope.recipient_id))
        used = self._used(candidate, uses, since) if uses else []
        kept = self._kept(used, envelope.category)
        seen: dict[str, JsonValue] = {
            "cap": self._name, "limit": self.cap.limit, "per": self._per, "counted": len(used), "reserved": kept,
            "since": since.isoformat(),
        }  # fmt: skip
        if any(use.message_id == envelope.message_id for use in used):
            return Allow(_POLICY, self._source, {**seen, "again": True})
        if len(used) + kept < self.cap.limit:
            return Allow(_POLICY, self._source, seen)
        return self._over(envelope, used, {**seen, "over": self.cap.over})

    def _bearing_of(self, topic: str, category: Category, channel: str) -> Literal["binds", "exempt", "elsewhere"]:
        """Whether it can keep such a message back, only counts it, or has nothing to do with it."""
        if not self.cap.fits(topic, category, channel):
            return "elsewhere"
        return "binds" if held_by_caps(self._config, topic, category) else "exempt"

    def _over(self, envelope: Envelope, used: Sequence[Use], seen: dict[str, JsonValue]) -> Verdict:
        if self.cap.over == "next_channel":
            return Withhold(_POLICY, self._source, seen, Reason.FREQUENCY_CAP)
        if self.cap.over == "withhold":
            return Withhold(_POLICY, self._source, seen, Reason.FREQUENCY_CAP, ends_route=True)
        free_at = self._free_at(used, envelope.category)
        late = jitter(envelope.message_id, self._name, self.cap.per)
        seen |= {"free_at": free_at.isoformat(), "jitter": late.total_seconds()}
        return Defer(_POLICY, self._source, seen, Reason.FREQUENCY_CAP, free_at + late, ends_route=True)

    def _used(self, candidate: Candidate, uses: Iterable[Use], since: datetime) -> list[Use]:
        """The newest use of each message that shares places with the candidate, the oldest first.

        One with a time after now (the clock of another machine) counts: some stretch of time holds both.
        """
        group = self._group(candidate.envelope.topic, candidate.envelope.category, candidate.channel)
        shared = (use for use in uses if use.at > since and self._shares(use, group))
        newest = {use.message_id: use for use in sorted(shared, key=_at)}
        return sorted(newest.values(), key=_at)

    def _shares(self, use: Use, group: str) -> bool:
        return self.cap.fits(use.topic, use.category, use.channel) and self._group(use.topic, use.category, use.channel) == group

    def _group(self, topic: str, category: Category, channel: str) -> str:
        """Those of one group share the places."""
        return {"person": "", "channel": channel, "topic": topic, "category": category}[self.cap.scope]

    def _kept(self, used: Iterable[Use], category: Category) -> int:
        """The places that are reserved for other categories and not taken by them."""
        if not self.cap.reserve:
            return 0
        taken = Counter(use.category for use in used)
        return sum(max(0, places - taken[other]) for other, places in self.cap.reserve.items() if other != category)

    def _free_at(self, used: Sequence[Use], category: Category) -> datetime:
        """When so many have left the window, in the order of their times, that there is a place; nothing else is sent until then."""

        def free(left: int) -> bool:
            return len(used) - left + self._kept(used[left:], category) < self.cap.limit

        # Who leaves never makes room smaller: at the worst, the place stays reserved.
        left = bisect_left(range(len(used)), True, lo=1, key=free)
        return used[left - 1].at + self.cap.per


class Caps:
    """All caps of a configuration."""

    def __init__(self, config: Config) -> None:
        self.all = tuple(FrequencyCap(name, config) for name in config.caps)
        self._longest = max((one.cap.per for one in self.all), default=timedelta(0))

    def ask(self, candidates: Iterable[Candidate]) -> set[Key]:
        """The recipients whose uses must be known: those whom a cap could keep a message from."""
        if not self.all:
            return set()
        bound = (c.envelope for c in candidates if any(one.binds(c) for one in self.all))
        return {(envelope.brand, envelope.recipient_id) for envelope in bound}

    def since(self, now: datetime) -> datetime:
        """From when on uses matter."""
        return now - self._longest


def held_by_caps(config: Config, topic: str, category: Category) -> bool:
    """Whether caps can keep a message back; otherwise it is only counted."""
    told = config.topics.get(topic)
    return (told.rules if told is not None else CATEGORIES[category]).caps


def _at(use: Use) -> datetime:
    return use.at
