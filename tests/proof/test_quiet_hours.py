"""Quiet hours against an oracle that looks at the clocks minute by minute."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from tests.gateway.scripted import envelope
from tests.proof.conftest import Proof
from tests.proof.quiet_oracle import Person, first_legal, legal, rules, utc
from wasl.config import Config
from wasl.policies.quiet_hours import QuietHours
from wasl.policies.verdict import Allow, Candidate, Defer, Inputs, Verdict, Withhold
from wasl.policies.whereabouts import country_of_zone
from wasl_contracts import Address, Reason

CHANNELS = {"sms": "phone", "email": "email", "push": "fcm_token", "voice": "phone", "chat": "slack_user"}
CATEGORIES = ("otp", "transactional", "service", "promotional")
ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
PLACES = ("SA", "AE", "US", "FR", "DE", "GB", "EG", "IN", "NP", "RU", "AU", "BR", "WS", "IR", "MA", "CA", "ID", "JP")
CLOCKS = ("00:00", "02:30", "08:00", "09:00", "12:15", "14:00", "19:00", "21:45", "22:00", "24:00")


def windows(chance: Random, most: int = 2) -> list[str]:
    found = []
    for _ in range(chance.randint(0, most)):
        begin, end = chance.sample(CLOCKS, 2)
        if begin != "24:00":
            found.append(f"{begin}-{end}")
    return found


def rule(chance: Random, at: datetime) -> dict[str, Any]:
    """Hours as somebody may write them."""
    told: dict[str, Any] = {}
    if chance.random() < 0.5:
        told["from"], told["to"] = chance.choice([("22:00", "08:00"), ("12:00", "14:00"), ("00:00", "07:30"), ("19:00", "02:30")])
    else:
        told["windows"] = windows(chance)
    if chance.random() < 0.3:
        told["days"] = {day: windows(chance, 1) for day in chance.sample(["fri", "sat", "sun", "weekend", "mon"], 2)}
    if chance.random() < 0.4:
        told["countries"] = chance.sample(PLACES, 6)
    if chance.random() < 0.3:
        first = at.date() + timedelta(days=chance.randint(-3, 3))
        told["dates"] = [f"{first}/{first + timedelta(days=chance.randint(0, 2))}"]
    if chance.random() < 0.3:
        told["channels"] = chance.sample(sorted(CHANNELS), 3)
    if chance.random() < 0.4:
        told["categories"] = ["service", "promotional"]
    return told


def moment(chance: Random, zone: str) -> datetime:
    """Any moment of three decades; half of them are near a change of the zone's clocks, or of another zone's where it has none."""
    second = chance.randint(int(datetime(2007, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2037, 1, 1, tzinfo=UTC).timestamp()))
    if chance.random() < 0.5:
        there = ZoneInfo(zone)
        for _ in range(400):
            if utc(second).astimezone(there).utcoffset() != utc(second + 86_400).astimezone(there).utcoffset():
                return utc(second + chance.randint(-43_200, 86_400))
            second += 86_400
    return utc(second)


def number(chance: Random) -> str:
    sample = phonenumbers.example_number_for_type(chance.choice(PLACES), PhoneNumberType.MOBILE)
    assert sample is not None
    return str(phonenumbers.format_number(sample, PhoneNumberFormat.E164))


class Case:
    """A message at a moment, for somebody somewhere, by some rules."""

    def __init__(self, chance: Random) -> None:
        self.zone = chance.choice(ZONES)
        self.at = moment(chance, self.zone)
        self.own = self.zone if chance.random() < 0.5 else None
        self.number = number(chance) if chance.random() < 0.6 else None
        self.country, self.brand_zone = chance.choice([None, *PLACES]), self.zone if chance.random() < 0.7 else chance.choice(ZONES)
        self.channel, self.category = (
            chance.choice((*CHANNELS, "sms", "sms", "voice", "push")),
            chance.choice(CATEGORIES + ("promotional",) * 6),
        )
        self.holds = chance.choice([None, None, True, False]) if self.category in ("service", "promotional") else None
        self.quiet = {name: rule(chance, self.at) for name in ("one", "two", "three")[: chance.randint(0, 3)]}
        self.life = timedelta(seconds=chance.choice([3600, 40_000, 86_400, 259_200]))
        self.id = f"msg_{chance.randrange(10**9)}"

    def verdict(self) -> Verdict:
        topic = {"category": self.category, "quiet_hours": self.holds}
        told = {"topics": {"topic": topic}, "quiet_hours": self.quiet, "country": self.country, "timezone": self.brand_zone}
        kind = CHANNELS[self.channel]
        value = self.number if kind == "phone" and self.number else "nobody"
        address = Address(channel=self.channel, kind=kind if value != "nobody" else "email", value=value)
        phone = (Address(channel="sms", kind="phone", value=self.number),) if self.number else ()
        given = envelope(
            message_id=self.id, topic="topic", category=self.category, timezone=self.own, addresses=phone,
            created_at=self.at, expires_at=self.at + self.life,
        )  # fmt: skip
        return QuietHours(Config.model_validate(told))(Candidate(given, self.channel, address, "hash", ("any",)), Inputs(), self.at)

    def truth(self) -> tuple[datetime | None, Callable[[datetime], bool]]:
        """The first legal moment of its life, if there is one, and whether another one is legal."""
        of_own = country_of_zone(self.own) if self.own else None
        person = Person(self.number, self.own, self.country, self.brand_zone, of_own)
        categories = {self.category, "promotional"} if self.holds else {self.category}
        waits = self.category in ("service", "promotional") and self.holds is not False
        group = rules(self.quiet, person.country, self.channel, categories) if waits else []
        return first_legal(group, person, self.at, self.at + self.life), lambda at: legal(group, person, at)


def judged(case: Case) -> str:
    """What the policy says, after it was found to be right."""
    first, may_go = case.truth()
    verdict = case.verdict()
    if first == case.at:
        assert isinstance(verdict, Allow)
    elif first is None:
        assert isinstance(verdict, Withhold)
        assert verdict.reason is Reason.EXPIRED
    else:
        assert isinstance(verdict, Defer)
        assert verdict.inputs["opens"] == first.isoformat()
        late = verdict.until - first
        assert timedelta(0) <= late < timedelta(minutes=10)
        assert verdict.until < case.at + case.life
        assert may_go(verdict.until)
        assert case.verdict() == verdict  # the same jitter each time
    return type(verdict).__name__


def test_a_message_goes_at_the_first_legal_second_and_never_before(proof: Proof, figures: Callable[..., None]) -> None:
    said: list[str] = []
    for seed in proof.seeds(full=1, sample=1):
        with proof.round(seed) as chance:
            said += [judged(Case(chance)) for _ in range(proof.of(full=20_000, sample=400))]

    counted = {name: said.count(name) for name in ("Allow", "Defer", "Withhold")}
    assert min(counted.values()) > len(said) / 20
    figures("quiet hours", cases=len(said), allowed=counted["Allow"], deferred=counted["Defer"], expired=counted["Withhold"], wrong=0)


@pytest.mark.parametrize("place", PLACES)
def test_a_number_is_where_the_library_says_it_is(place: str) -> None:
    from phonenumbers.timezone import time_zones_for_number

    from wasl.policies.whereabouts import of_number

    for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
        sample = phonenumbers.example_number_for_type(place, kind)
        assert sample is not None
        zones = tuple(zone for zone in time_zones_for_number(sample) if zone != "Etc/Unknown")

        found = of_number(phonenumbers.format_number(sample, PhoneNumberFormat.E164))

        assert found == (phonenumbers.region_code_for_number(sample), zones)
