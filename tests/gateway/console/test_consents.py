"""The consent ledger in the console: every row with its evidence, filtered, of one person and of everybody."""

from typing import Any

import pytest

from tests.gateway.console.conftest import Console
from tests.gateway.scripted import person
from wasl.consent import ConsentChange

EVIL = "<svg onload=alert(1)>"


@pytest.fixture
def config() -> dict[str, Any]:
    return {"topics": {"offers": {"category": "promotional"}, "news": {"category": "service"}}}


@pytest.fixture
async def spoken(console: Console) -> Console:
    """Two people of the default brand, and one of beta."""
    for brand, who in (("default", "u_1"), ("default", "u_2"), ("beta", "u_3")):
        gateway = console.gateway.of(brand)
        await gateway.put_recipient(person(id=who, email=f"{who}@example.com"))
        told = {
            "topic": "offers",
            "channel": "email",
            "source": "preference_page",
            "wording": EVIL,
            "wording_version": "v7",
            "ip": "203.0.113.77",
        }
        await gateway.record_consent(who, [ConsentChange.model_validate({**told, "state": "granted"})])
        await gateway.record_consent(who, [ConsentChange(topic="news", state="withdrawn", source="one_click")])
    return console


def rows(text: str) -> int:
    return text.count("<tr data-row")


async def test_every_row_is_shown_with_its_evidence_and_a_masked_ip(spoken: Console) -> None:
    seen = await spoken.get("/consents")

    assert (seen.status, rows(seen.text)) == (200, 4)
    for word in ("v7", "203.0.•••", "on the preference page", 'href="/console/people/u_1?brand=default"'):
        assert word in seen.text
    assert "203.0.113.77" not in seen.text
    assert EVIL not in seen.text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("person=u_1", 2),
        ("topic=offers", 2),
        ("state=withdrawn", 2),
        ("person=u_2&state=granted", 1),
        ("source=keyword", 0),
        ("topic=%2A", 0),
    ],
)
async def test_rows_are_filtered(spoken: Console, query: str, count: int) -> None:
    seen = await spoken.get(f"/consents?{query}")

    assert (seen.status, rows(seen.text)) == (200, count)


async def test_another_brands_people_are_not_there(spoken: Console) -> None:
    acme = await spoken.as_("support", "acme")

    codes = [(await acme.get(f"/consents?{query}")).status for query in ("person=u_3", "brand=beta", "person=u_3&brand=beta")]

    assert codes == [404, 404, 404]
    assert rows((await acme.get("/consents")).text) == 0


async def test_filters_that_are_none_are_refused_and_not_a_fault(spoken: Console) -> None:
    for query in ("state=maybe", "cursor=zzz", "source=rumour", "person=nobody"):
        assert (await spoken.get(f"/consents?{query}")).status in (404, 422), query
