"""What `[topics.NAME]` may say, and what follows from its category."""

from pathlib import Path
from typing import Any, get_args

import pytest

from tests.gateway.config_files import mistakes, written
from tests.gateway.scripted import OFFERS, Desk, message
from wasl.config import load
from wasl.config.topics import Topic
from wasl.ledger.fairness import WEIGHTS
from wasl_contracts import Category, Reason, State

TOPICS: dict[str, dict[str, Any]] = {
    "codes": {"category": "otp"},
    "later": {"category": "otp", "priority": 9},
    "urgent": {"category": "promotional", "priority": 0, "consent": "implied", "quiet_hours": False},
    "offers": OFFERS,
}


def test_urgency_follows_from_the_category_unless_the_topic_says_otherwise() -> None:
    assert [Topic(category=category).rules.priority for category in get_args(Category)] == [0, 1, 2, 3]
    assert Topic(category="promotional", priority=0).rules.priority == 0


def test_every_urgency_has_a_share_and_a_larger_one_the_more_urgent() -> None:
    shares = [WEIGHTS[str(priority)] for priority in range(10)]

    assert shares == sorted(set(shares), reverse=True)
    assert shares[-1] > 0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("priority = 10", "wasl.toml:3:1: topics.codes.priority: should be less than or equal to 9"),
        ("priority = -1", "wasl.toml:3:1: topics.codes.priority: should be greater than or equal to 0"),
        ('priority = "high"', "wasl.toml:3:1: topics.codes.priority: should be a valid integer, unable to parse string as an integer"),
        (
            'unknown = "allways"',
            "wasl.toml:3:1: topics.codes.unknown: should be 'until_expiry', 'once' or 'never'",
        ),
        ('unknown = "onec"', "wasl.toml:3:1: topics.codes.unknown: should be 'until_expiry', 'once' or 'never' (did you mean 'once'?)"),
        ("priorty = 1", "wasl.toml:3:1: topics.codes.priorty: unknown setting (did you mean 'priority'?)"),
    ],
)
def test_a_mistake_is_told_with_its_place(here: Path, setting: str, said: str) -> None:
    assert mistakes(f'[topics.codes]\ncategory = "otp"\n{setting}\n') == [said]


@pytest.fixture
def config() -> dict[str, Any]:
    return {"topics": TOPICS, "routes": {"default": {"channels": ["email", "sms"]}, "push": {"channels": ["push", "email"]}}}


def queues(desk: Desk, message_id: str) -> list[str]:
    return [flow for (flow,) in desk.rows("SELECT flow FROM deliveries WHERE message_id = ? ORDER BY number", message_id)]


@pytest.mark.parametrize(("topic", "priority"), [("codes", 0), ("default", 1), ("later", 9), ("urgent", 0), ("offers", 3)])
async def test_a_message_queues_by_the_urgency_of_its_topic(desk: Desk, topic: str, priority: int) -> None:
    accepted = await desk.accept(message(topic=topic, mode="all", channels=["email", "sms"]))

    assert queues(desk, accepted.id) == [f"{priority}/default/{topic}"] * 2


async def test_what_takes_over_and_other_devices_queue_as_the_first_did(desk: Desk) -> None:
    tokens = [{"channel": "push", "kind": "fcm_token", "value": f"token {n}"} for n in range(2)]
    accepted = await desk.accept(
        message({"id": "u_1", "addresses": tokens, "email": "ann@example.com"}, topic="later", channels=["push", "email"])
    )
    (claimed,) = await desk.claim("push")
    assert await desk.ledger.commit_intents([await desk.plan(claimed, "device")]) == [True]
    (other,) = await desk.claim("push")
    assert await desk.ledger.commit_intents([await desk.plan(other, "device")]) == [True]

    for one in (claimed, other):
        failed = desk.settlement(one, State.FAILED, reason=Reason.PROVIDER_UNAVAILABLE, successor=("email", ("push",)))
        await desk.ledger.settle(failed)

    assert queues(desk, accepted.id) == ["9/default/later"] * 3


async def test_the_urgent_goes_first_where_there_is_one_place(desk: Desk) -> None:
    await desk.accept(message(topic="later"))
    await desk.accept(message(topic="default"))
    urgent = await desk.accept(message(topic="urgent"))

    (claimed,) = await desk.claim("email", room=1)

    assert claimed.message_id == urgent.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[topics.codes]\ncategory = "otp"\ntrack = ["opens"]', "one-time codes are never tracked"),
        ('[topics.news]\ntrack = ["clicks"]', "topics.news.track: needs [server] public_url"),
        ('[topics.news]\ntrack = ["looks"]', "'opens' or 'clicks'"),
    ],
)
def test_tracking_that_cannot_be_is_a_mistake(here: Path, text: str, said: str) -> None:
    (told,) = mistakes(f"{text}\n")

    assert said in told


def test_a_topic_may_be_tracked_where_people_can_reach_us(tmp_path: Path) -> None:
    text = '[server]\npublic_url = "https://messages.acme.example"\n[topics.news]\ntrack = ["opens", "clicks"]\n'

    assert load(written(tmp_path, text), {}).topics["news"].track == ("opens", "clicks")
