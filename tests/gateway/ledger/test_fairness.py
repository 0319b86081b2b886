"""No flow waits for another's queue."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.scripted import OFFERS, Desk, message
from wasl.ledger.fairness import Fairness

flows = st.lists(st.builds("{}/b{}/t".format, st.integers(0, 3), st.integers(0, 50)), min_size=1, max_size=40, unique=True)


@given(flows, st.integers(1, 64))
def test_all_places_are_given_out_and_no_more(flows: list[str], room: int) -> None:
    fairness = Fairness()

    for _ in range(5):
        shares = fairness.shares(flows, room)

        assert sum(shares.values()) == room
        assert min(shares.values()) > 0


@given(flows, st.integers(1, 8))
def test_every_flow_has_its_turn_by_weight(flows: list[str], room: int) -> None:
    fairness, given = Fairness(), Counter[str]()
    weights = {"0": 64, "1": 16, "2": 4, "3": 1}
    whole = sum(weights[flow[0]] for flow in flows)
    turns = whole // room + 1

    for _ in range(3 * turns):
        given.update(fairness.shares(flows, room))

    assert set(given) == set(flows)
    for flow in flows:
        assert abs(given[flow] - 3 * turns * room * weights[flow[0]] / whole) <= len(flows) + 1


def test_codes_come_first_where_there_is_one_place() -> None:
    assert Fairness().shares(["3/a/offers", "0/a/codes", "1/a/orders"], 1) == {"0/a/codes": 1}


@pytest.mark.parametrize("category", ["transactional", "promotional"])
async def test_a_long_queue_does_not_delay_what_comes_after_it_about_something_else(desk: Desk, category: str) -> None:
    topics = {"flood": {"category": "transactional"}, "other": {"category": category, "consent": "implied", "quiet_hours": False}}
    desk.drafting._config = desk.drafting._config.model_validate({**desk.drafting._config.model_dump(), "topics": topics})
    for n in range(150):
        await desk.accept(message({"id": f"u_{n}", "email": f"p{n}@example.com"}, topic="flood", channels=["email"]))
    await desk.claim("email", room=8)
    late = await desk.accept(message(topic="other", channels=["email"]))
    desk.clock.advance(seconds=0.3)

    claims = [await desk.claim("email", room=8) for _ in range(4)]

    assert late.id in [one.message_id for claim in claims for one in claim]
    assert {len(claim) for claim in claims} == {8}


async def test_places_that_one_flow_does_not_need_go_to_the_others(desk: Desk) -> None:
    topics = {"code": {"category": "otp"}, "offers": OFFERS}
    desk.drafting._config = desk.drafting._config.model_validate({**desk.drafting._config.model_dump(), "topics": topics})
    await desk.accept(message(topic="code", channels=["email"]))
    for n in range(30):
        await desk.accept(message({"id": f"u_{n}", "email": f"p{n}@example.com"}, topic="offers", channels=["email"]))

    claimed = await desk.claim("email", room=20)

    assert Counter(one.envelope.topic for one in claimed) == {"code": 1, "offers": 19}
