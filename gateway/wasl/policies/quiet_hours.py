"""Messages that can wait do not go at hours at which the recipient's country or the brand does not want them.

They are deferred to the first second at which they may go, and some more, so that a whole night's messages do not leave in one
second; what would have expired by then expires at once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

from pydantic import JsonValue

from wasl.config import Config
from wasl.policies.openings import DAY, Opening, Openings, shown
from wasl.policies.quiet_rules import rules_for
from wasl.policies.verdict import Allow, Candidate, Defer, Inputs, Verdict, Withhold
from wasl.policies.whereabouts import Brand, Whereabouts, whereabouts
from wasl_contracts import Category, Reason

_POLICY = "quiet_hours"
_CAN_WAIT = frozenset({"service", "promotional"})
_FURTHER = 8 * DAY  # how far beyond the expiry we look for the moment at which it could have gone, to tell it


class QuietHours:
    """The rules of a configuration, and the calendars of the countries where it does not stand in for them."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._brand = Brand(config.country, config.timezone)
        self._jitter = int(config.quiet_hours.jitter.total_seconds())
        self._held = lru_cache(maxsize=1024)(self._found_held)
        self._openings = lru_cache(maxsize=4096)(self._found_openings)
        self._allow = lru_cache(maxsize=4096)(_allow)

    def __call__(self, candidate: Candidate, _inputs: Inputs, now: datetime) -> Verdict:
        """Defer while a rule is closed; withhold what would be late."""
        envelope = candidate.envelope
        held = self._held(envelope.topic, envelope.category)
        if isinstance(held, Allow):
            return held
        place = whereabouts(envelope, candidate.address, self._brand)
        openings = self._openings(place.country, place.zones, candidate.channel, held)
        if isinstance(openings, Allow):
            return openings
        second, expires = int(now.timestamp()), int(envelope.expires_at.timestamp())
        opening = openings.after(second, max(second, expires) + _FURTHER)
        if opening is not None and opening.begin <= second:
            return self._allow(openings, opening, place)
        rule, zone = openings.closed(second)
        clocks = shown(zone, second)
        seen: Mapping[str, JsonValue] = {
            **_place(place, zone),
            "local": clocks.replace(tzinfo=None).isoformat(),
            "window": ", ".join(map(str, rule.windows(clocks.date()))) or "none",
            "opens": _written(opening.begin) if opening else None,
            "expires_at": envelope.expires_at.isoformat(),
        }
        if opening is None or opening.begin >= expires:
            return Withhold(_POLICY, rule.source, seen, Reason.EXPIRED)
        late = self._late(opening, expires, f"{envelope.message_id} {rule.name}")
        until = datetime.fromtimestamp(opening.begin + late, UTC)
        return Defer(_POLICY, rule.source, {**seen, "jitter": late}, Reason.QUIET_HOURS, until)

    def _late(self, opening: Opening, expires: int, named: str) -> int:
        """Seconds beyond the first one: the same each time for a message and a rule, and at most half of those that there are."""
        spread = min(self._jitter, (opening.end - opening.begin) // 2, (expires - opening.begin) // 2)
        share = int.from_bytes(blake2b(named.encode(), digest_size=8).digest(), "big")
        return share * spread >> 64

    def _found_held(self, topic: str, category: Category) -> frozenset[str] | Allow:
        """Whose rules hold for it: those of its category. A topic that says so is held as promotional messages are."""
        told = self._config.topics.get(topic)
        says = told.quiet_hours if told is not None and told.category == category else None
        if category not in _CAN_WAIT:
            return _not_held(f"category {category}")
        if says is False:
            return _not_held(self._config.line("topics", topic, "quiet_hours") or f"topics.{topic}")
        return frozenset({category, "promotional"}) if says else frozenset({category})

    def _found_openings(self, country: str | None, zones: tuple[str, ...], channel: str, held: frozenset[str]) -> Openings | Allow:
        rules = rules_for(self._config, country, channel, held)
        if not rules:
            return _not_held(f"no quiet hours for {' or '.join(sorted(held))} messages")
        if all(rule.always for rule in rules):
            return Allow(_POLICY, rules[0].source, {"country": country, "hours": "any"})
        return Openings(rules, zones)


def _not_held(source: str) -> Allow:
    return Allow(_POLICY, source, {"hours": "any"})


def _allow(openings: Openings, opening: Opening, place: Whereabouts) -> Allow:
    zone = place.zones[0]
    day = shown(zone, opening.begin).date()
    narrow = next((rule for rule in openings.rules if not rule.always and rule.holds(day)), openings.rules[0])
    return Allow(_POLICY, narrow.source, {**_place(place, zone), "closes": _written(opening.end)})


def _place(place: Whereabouts, zone: str) -> dict[str, JsonValue]:
    """Where they are; `zones` is of how many zones `zone` is one, as their number may be in any of them."""
    found: dict[str, JsonValue] = {"country": place.country, "zone": zone, "zone_of": place.zones_of}
    return {**found, "zones": len(place.zones)} if len(place.zones) > 1 else found


def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()
