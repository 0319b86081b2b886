"""P6 between messages to one person: no stretch of time holds more of them than a frequency cap allows. Every use is counted anew."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import cast

from pydantic_core import from_json

from wasl.clock import MICROSECOND
from wasl.config import Config
from wasl.config.caps import Cap
from wasl.decisions import Kept, kept
from wasl.ledger.stories import StoredUse
from wasl.policies.frequency_cap import held_by_caps
from wasl.verifying.judging import Finding, Rules, Told
from wasl_contracts import Category
from wasl_contracts.duration import written


def its_calls_count_for_its_recipient(told: Told, _rules: Rules) -> Iterator[str]:
    """Frequency caps find a call by the recipient that its row names."""
    for attempt in told.attempts:
        if told.message.recipient is not None and attempt.recipient_id != told.message.recipient:
            yield f"its attempt {attempt.number} does not count for its recipient"


class Capping:
    """Sees the uses of each person one after the other, by their times, and remembers those that a cap may still count.

    A use is judged by the caps that let it go: those of the configuration of its decision. `configs` are the stored ones, as JSON by
    their versions.
    """

    def __init__(self, rules: Rules, configs: Mapping[str, str]) -> None:
        self._apart = rules.apart + rules.lag
        told = {version: from_json(text) for version, text in configs.items()}
        self._configs = {
            version: Config.model_validate({"caps": one["caps"], "topics": one["topics"]})
            for version, one in told.items()
            if one.get("caps")
        }
        windows = [cap.per for config in self._configs.values() for cap in config.caps.values()]
        self._longest = max(windows, default=timedelta(0)) // MICROSECOND
        self._window: deque[StoredUse] = deque()

    def see(self, use: StoredUse) -> Iterator[Finding]:
        """Judge the next use by those before it."""
        while self._window and (self._window[0][:2] != use[:2] or self._window[0].at <= use.at - self._longest):
            self._window.popleft()
        self._window.append(use)
        for name, config in self._caps(use):
            cap, counted = config.caps[name], self._counted(use, config.caps[name], config)
            if sum(counted.values()) + _kept(cap, counted, use.category) > cap.limit:
                many = f"{sum(counted.values())} of {cap.limit} in {written(cap.per)}"
                said = f"delivery {use.delivery}: its attempt {use.number} exceeds the cap {name}: {many}"
                yield Finding(use.message_id, "P6", "no_cap_is_exceeded", said)

    def _caps(self, use: StoredUse) -> Iterator[tuple[str, Config]]:
        """The caps that gave it a place of its own, each with its configuration."""
        record = _record(use)
        config = self._configs.get(record.config or "") if record is not None else None
        if record is None or config is None:
            return
        verdicts = [one for candidate in record.candidates if candidate.chosen for one in candidate.verdicts]
        for inputs in (one.inputs for one in verdicts if one.policy == "frequency_cap"):
            if "limit" in inputs and "again" not in inputs and inputs["cap"] in config.caps:
                yield str(inputs["cap"]), config

    def _counted(self, use: StoredUse, cap: Cap, config: Config) -> Counter[str]:
        """The messages that share the places of this one, by category, in the stretch of time that ends with it."""
        found: dict[str, str] = {}
        for other in self._window:
            free = not held_by_caps(config, other.topic, cast("Category", other.category))
            # What caps never keep back is not waited for: its commit may have come after this one's, though its time is earlier.
            seen = other.at > use.at - cap.per // MICROSECOND and not (free and other.at + self._apart >= use.at)
            if seen and cap.fits(other.topic, cast("Category", other.category), other.channel) and _group(cap, other) == _group(cap, use):
                found[other.message_id] = other.category
        return Counter(found.values())


def _record(use: StoredUse) -> Kept | None:
    """The decision that led to it; None where that is not kept any more, or cannot be read, which another check tells."""
    try:
        return kept(use.decision) if use.decision is not None else None
    except (ValueError, TypeError, LookupError):
        return None


def _kept(cap: Cap, counted: Counter[str], category: str) -> int:
    """The reserved places of other categories that are not taken."""
    return sum(max(0, places - counted[other]) for other, places in cap.reserve.items() if other != category)


def _group(cap: Cap, use: StoredUse) -> str:
    return {"person": "", "channel": use.channel, "topic": use.topic, "category": use.category}[cap.scope]
