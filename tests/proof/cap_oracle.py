"""What frequency caps must say, by looking at everything that was ever sent: too slow to use, and too simple to be wrong."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from tests.gateway.scripted import OFFERS
from wasl.config.caps import Cap

TOPICS: dict[str, dict[str, Any]] = {
    "offers": OFFERS, "news": OFFERS, "notices": {"category": "service"}, "alarms": {"category": "service", "caps": False},
    "orders": {"category": "transactional"}, "codes": {"category": "otp"}, "invoices": {"category": "transactional", "caps": True},
}  # fmt: skip
HELD = ["offers", "news", "notices", "invoices"]
"""The topics that caps may keep back."""


def random_caps(chance: Random) -> dict[str, Any]:
    """One to three caps of any kind."""
    return {f"cap-{number}": _random_cap(chance) for number in range(chance.randint(1, 3))}


def _random_cap(chance: Random) -> dict[str, Any]:
    told: dict[str, Any] = {"limit": chance.randint(1, 5), "per": chance.choice(["3h", "1d", "3d"])}
    told["scope"] = chance.choice(["person", "channel", "topic", "category"])
    told["over"] = chance.choice(["defer", "next_channel", "withhold"])
    for name, among in (("topics", [*TOPICS]), ("channels", ["email", "sms"]), ("categories", ["service", "promotional", "transactional"])):
        if chance.random() < 0.2:
            told[name] = chance.sample(among, chance.randint(1, len(among)))
    counted = told.get("categories", ["service", "promotional"])
    if told["limit"] > 1 and told["scope"] in ("person", "channel") and chance.random() < 0.6:
        told["reserve"] = {chance.choice(counted): chance.randint(1, told["limit"] - 1)}
    return told


@dataclass
class Call:
    """A call for a message, made or thought of."""

    person: str
    message: str
    topic: str
    channel: str
    at: datetime
    refused: bool = False

    @property
    def category(self) -> str:
        return str(TOPICS[self.topic]["category"])


@dataclass
class Oracle:
    """Remembers every call."""

    caps: dict[str, Cap]
    calls: list[Call] = field(default_factory=list)

    def free_at(self, name: str, call: Call) -> datetime | None:
        """When a cap lets it go, if nothing else is sent until then; None where it says nothing of it."""
        cap = self.caps[name]
        if call.topic not in HELD or not self._fits(cap, call):
            return None
        leaving = sorted(other.at + cap.per for other in self.calls)
        return next(moment for moment in [call.at, *(one for one in leaving if one > call.at)] if self._room(cap, call, moment))

    def allows(self, call: Call) -> bool:
        return all(self.free_at(name, call) in (None, call.at) for name in self.caps)

    def _room(self, cap: Cap, call: Call, moment: datetime) -> bool:
        took = {
            other.message: other.category
            for other in self.calls
            if not other.refused and other.at > moment - cap.per and other.person == call.person and self._fits(cap, other)
            and (cap.scope != "channel" or other.channel == call.channel)
            and (cap.scope != "topic" or other.topic == call.topic)
            and (cap.scope != "category" or other.category == call.category)
        }  # fmt: skip
        if call.message in took:
            return True
        by_category = Counter(took.values())
        reserved = sum(max(0, places - by_category[other]) for other, places in cap.reserve.items() if other != call.category)
        return len(took) + 1 + reserved <= cap.limit

    @staticmethod
    def _fits(cap: Cap, call: Call) -> bool:
        return (
            (not cap.topics or call.topic in cap.topics)
            and (not cap.channels or call.channel in cap.channels)
            and (not cap.categories or call.category in cap.categories)
        )
