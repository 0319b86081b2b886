"""Every policy keeps all that its verdicts follow from. A new policy needs a line in AGAIN, and inputs that say enough."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.gateway.scripted import NOON, envelope
from wasl.config import Config
from wasl.consent import Said
from wasl.decisions import Judged, Record, kept
from wasl.policies import Policies
from wasl.policies.again import AGAIN, NotKept, Ruling, judge_again
from wasl.policies.verdict import Allow, Candidate, Cost, Inputs, Suppressed, Telling, Use, Verdict
from wasl_contracts import Address, Reason

ADDRESSES = (
    Address(channel="email", kind="email", value="ann@example.com"),
    Address(channel="sms", kind="phone", value="+966501234567"),
    Address(channel="sms", kind="phone", value="+12025550123"),
    Address(channel="social", kind="mastodon_handle", value="@ann@example.social"),
)
CATEGORIES = ("otp", "transactional", "service", "promotional")
CONFIG: dict[str, Any] = {
    "topics": {name: {"category": name} for name in CATEGORIES} | {"news": {"category": "promotional", "consent": "implied"}},
    "caps": {
        "day": {"limit": 2, "per": "1d"},
        "offers": {"limit": 1, "per": "7d", "categories": ["promotional"], "over": "next_channel", "scope": "channel"},
        "week": {"limit": 4, "per": "7d", "over": "withhold", "reserve": {"service": 1}},
    },
    "quiet_hours": {"night": {"from": "22:00", "to": "08:00", "categories": ["promotional", "service"]}},
}

MONEY: dict[str, Any] = {
    "countries": {"denied": ["US"]},
    "prices": [
        {"channel": "sms", "country": "SA", "price": "0.04", "currency": "SAR"},
        {"channel": "email", "price": 0, "currency": "SAR"},
    ],
    "budgets": {
        "day": {"amount": "0.10", "currency": "SAR", "per": "day", "over": "defer"},
        "month": {"amount": "0.20", "currency": "SAR", "per": "month", "channels": ["sms", "social"], "over": "withhold"},
    },
}


def ruling(verdict: Verdict) -> Ruling:
    if isinstance(verdict, Allow):
        return Ruling("allow")
    until = getattr(verdict, "until", None)
    return Ruling("defer" if until is not None else "withhold", verdict.reason, until)


def cases(random: Random, count: int) -> Iterator[tuple[Candidate, Inputs, datetime]]:
    """Candidates, and what is known of them."""
    for number in range(count):
        category = random.choice(CATEGORIES)
        address = random.choice(ADDRESSES)
        now = NOON + timedelta(minutes=random.randrange(60 * 24 * 14), microseconds=random.randrange(1_000_000))
        given = envelope(
            message_id=f"msg_{number}", topic=random.choice([category, "gone"]), category=category, addresses=(address,), fact="left",
            timezone=random.choice([None, "Asia/Riyadh", "America/New_York"]), created_at=now - timedelta(hours=1),
            expires_at=now + timedelta(minutes=random.randrange(-10, 60 * 24)), audience="person",
        )  # fmt: skip
        cost = random.choice([None, Cost(2, "ucs2", 80_000, "SAR"), Cost(1, "gsm7", 40_000, "SAR"), Cost(1, None, 0, "SAR"), Cost()])
        candidate = Candidate(given, address.channel, address, "hash", ("mail",), random.random() < 0.5, cost)
        yield candidate, inputs(random, given.message_id, now, (address.channel, category)), now


def inputs(random: Random, message_id: str, now: datetime, place: tuple[str, str]) -> Inputs:
    channel, category = place
    person, before = ("default", "u_1"), now - timedelta(hours=1)
    listed = Suppressed(Reason.SUPPRESSED_BOUNCE, before, "mail", "sup_1", random.choice(["", category]), "*", now + timedelta(hours=1))
    said = Said("con_1", before, random.choice(["*", category]), random.choice(["*", channel]), random.choice(["granted", "withdrawn"]))
    told = Telling("msg_", before, random.choice(["sent", "calling", "waiting"]), random.choice([None, now + timedelta(minutes=9)]))
    uses = [
        Use(f"msg_u{n}", category, category, channel, now - timedelta(hours=random.randrange(200)))  # type: ignore[arg-type]  # a category
        for n in range(random.randrange(6))
    ]
    if random.random() < 0.1:
        uses.append(Use(message_id, category, category, channel, before))  # type: ignore[arg-type]  # a category
    return Inputs(
        suppressed={(*person[:1], channel, "hash"): [listed]} if random.random() < 0.3 else {},
        consents={person: [said]} if random.random() < 0.6 else {},
        superseded={("default", message_id): "msg_new"} if random.random() < 0.1 else {},
        telling={(*person, "left"): (told,)} if random.random() < 0.2 else {},
        uses={person: uses},
        spent={name: random.choice([0, 60_000, 100_000, 160_000]) for name in MONEY["budgets"]},
    )


def rejudged(policies: Policies, random: Random, count: int) -> Counter[tuple[str, str]]:
    """How often each policy said what; each verdict was the same when it was judged again from the stored record."""
    seen: Counter[tuple[str, str]] = Counter()
    for candidate, known, now in cases(random, count):
        verdicts = policies.judge(candidate, known, now)
        record = kept(Record("v1", now, (Judged(candidate, verdicts),)).stored())
        assert record.at is not None
        for verdict, stored in zip(verdicts, record.candidates[0].verdicts, strict=True):
            assert judge_again(stored.policy, stored.inputs, record.at) == ruling(verdict), verdict
            seen[verdict.policy, ruling(verdict).verdict] += 1
    return seen


def test_every_policy_says_the_same_again_from_what_its_verdict_keeps() -> None:
    seen = rejudged(Policies(Config.model_validate({**CONFIG, **MONEY})), Random(4), 1500)

    assert {policy for policy, _ in seen} == set(AGAIN)
    assert {policy for policy, said in seen if said != "allow"} == set(AGAIN), "a policy that never said no proves nothing"
    assert {policy for policy, said in seen if said == "defer"} >= {"quiet_hours", "frequency_cap", "duplicate", "budget"}


def test_a_policy_that_cannot_be_judged_again_is_found() -> None:
    policies = Policies(Config())
    policies.all = (*policies.all, lambda *_: Allow("weather", "test", {}))

    with pytest.raises(NotKept, match="weather"):
        rejudged(policies, Random(4), 1)


def test_what_an_older_wasl_kept_too_little_of_cannot_be_judged_again() -> None:
    with pytest.raises(NotKept, match="suppression"):
        judge_again("suppression", {"listed": True, "since": NOON.isoformat()}, NOON)


def _usual() -> tuple[Policies, Sequence[Candidate]]:
    """Two channels, seven policies and two caps."""
    caps = {"promotions-a-week": {"limit": 3, "per": "7d", "categories": ["promotional"]}, "day": {"limit": 5, "per": "1d"}}
    config = {**CONFIG, "caps": caps}
    given = envelope(message_id="msg_" + "0" * 32, topic="promotional", category="promotional", timezone="Asia/Riyadh")
    providers = {"email": ("mail", "mail-spare"), "sms": ("sms-main",)}
    candidates = [Candidate(given, a.channel, a, "h" * 43, providers[a.channel]) for a in given.addresses]
    return Policies(Config.model_validate(config)), candidates


def test_a_stored_decision_of_two_channels_and_all_policies_takes_at_most_a_kilobyte() -> None:
    policies, candidates = _usual()
    row = "con_" + "0" * 32
    known = Inputs(
        consents={("default", "u_1"): [Said(row, NOON, "promotional", "*", "granted")]},
        uses={("default", "u_1"): [Use("msg_1", "promotional", "promotional", "email", NOON - timedelta(hours=1))]},
    )
    now = datetime(2026, 3, 1, 12, 34, 56, 789_012, tzinfo=UTC)
    judged = tuple(Judged(candidate, policies.judge(candidate, known, now)) for candidate in candidates)

    stored = Record("0" * 32, now, judged, chosen=candidates[0], provider="mail").stored()

    assert len(judged[0].verdicts) >= 9
    assert len(stored.encode()) <= 1024, stored
