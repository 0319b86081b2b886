"""Reports as a screen: charts with their tables, groups, filters and files."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from tests.gateway.console.conftest import Console
from wasl.clock import micros
from wasl.ledger.feed import START
from wasl.ledger.tally_counts import About, Happening, Tallies, new_tallies, tally
from wasl_contracts import Reason

MAIL = About("welcome", "transactional", 0, "email", "mail", "", saved=False)
TEXT = About("=code", "otp", 0, "sms", "text", "SA", saved=True, cost=50_000, currency="EUR")
OFFER = About("offer", "promotional", 0, "email", "mail", "", saved=False)


def happened(console: Console, days: int = 10) -> Tallies:
    """A few things on each of the last days, of the brand acme."""
    into, now = new_tallies(), micros(console.gateway.now())
    for day in range(days):
        at = now - day * 86_400_000_000
        told: list[tuple[About, str, str | None]] = [
            *[(MAIL, "sent", Reason.NO_RECEIPTS if day % 2 else None)] * (20 + day),
            *[(MAIL, "delivered", None)] * (15 - day),
            *[(TEXT, "sent", None)] * 5,
            (TEXT, "failed", Reason.UNREACHABLE),
            *[(OFFER, "withheld", Reason.OPTED_OUT)] * (3 + day % 3),
            (OFFER, "withheld", Reason.FREQUENCY_CAP),
            *[(MAIL, "opened", None)] * 7,
            (MAIL, "complained", None),
            (MAIL, "unsubscribed", None),
        ]
        for about, kind, reason in told:
            due = about._replace(due_at=at - 3_000_000, answered_at=at - 1)
            tally(into, "acme", due, Happening(f"message.{kind}", at, reason))
    return into


@pytest.fixture
async def full(console: Console) -> Console:
    await console.gateway._open.ledger.tallying.replace("acme", happened(console), START)
    return console


async def test_charts_stand_with_their_definition_and_their_table(full: Console) -> None:
    seen = await full.get("/reports")

    assert seen.status == 200
    for title in ("Volume", "Delivery rate", "Time to deliver", "Withheld, by reason", "Saved by failover", "Engagement"):
        assert f"<figcaption>{title}</figcaption>" in seen.text
    assert "Cost in €" not in seen.text
    assert "Delivered ÷ (sent − sent by what gives no receipts)" in seen.text
    assert "They turned this off." in seen.text
    assert seen.text.count('<svg class="chart-drawing"') == seen.text.count("<figure") == 8
    assert "style=" not in seen.text


async def test_groups_filters_and_times_are_chosen_in_the_url(full: Console) -> None:
    by_template = (await full.get("/reports?by=template&days=30")).text
    only_text = (await full.get("/reports?channel=sms&days=30")).text
    nothing = (await full.get("/reports?provider=nobody")).text
    other = (await full.get("/reports?brand=beta")).text

    assert ">=code<" in by_template
    assert "<figcaption>Engagement</figcaption>" in by_template
    assert "<figcaption>Engagement</figcaption>" not in only_text
    assert "Nothing like that happened in this time." in nothing
    assert "Nothing happened in this time." in other
    assert (await full.get("/reports?since=2020-01-01&until=2026-01-01")).status == 422
    assert (await full.get("/reports?since=never")).status == 422
    assert (await full.get("/reports?by=nonsense&days=x")).status == 200


async def test_a_file_has_the_numbers_and_begins_no_formula(full: Console) -> None:
    groups = list(csv.DictReader(io.StringIO((await full.get("/reports.csv?by=template&days=30")).text)))
    volume = list(csv.reader(io.StringIO((await full.get("/reports.csv?days=30&chart=volume")).text)))

    sent = {line["template"]: int(line["sent"]) for line in groups}
    assert sent == {"welcome": sum(20 + day for day in range(10)), "'=code": 50, "offer": 0}
    assert volume[0] == ["at", "Sent", "Failed, bounced or expired", "Withheld"]
    assert sum(float(line[1]) for line in volume[1:]) == sum(25 + day for day in range(10))
    assert (await full.get("/reports.csv?chart=nothing")).status == 404


async def test_whoever_sees_one_brand_is_told_of_no_other(full: Console) -> None:
    theirs = (await (await full.as_("viewer", "acme")).get("/reports?by=brand")).text
    others = (await (await full.as_("viewer", "beta")).get("/reports?by=brand")).text
    asked = await (await full.as_("viewer", "beta")).get("/reports?brand=acme")

    assert "<figcaption>Volume</figcaption>" in theirs
    assert "Nothing happened in this time." in others
    assert asked.status == 404


@pytest.mark.parametrize("query", ["since=0001-01-01", "until=0001-01-01", "since=9999-12-31", "until=9999-12-31", "until=2026-02-30"])
async def test_a_day_that_is_none_or_far_away_is_told(full: Console, query: str) -> None:
    seen = await full.get(f"/reports?{query}")

    assert seen.status == 422
    assert "written like 2026-05-03" in seen.text


async def test_what_is_not_counted_is_said(full: Console) -> None:
    await full.gateway.send(to={"id": "u_1", "email": "ann@example.com"}, content={"body": "x"}, brand="beta", send_at=_later(full))
    message = await full.gateway.of("beta").list()
    await full.gateway.of("beta").cancel(message.data[0].id)
    await full.gateway._open.ledger.tallying.fold("beta")

    assert "wasl reports rebuild" in (await full.get("/reports?brand=beta")).text
    assert "wasl reports rebuild" not in (await full.get("/reports?brand=acme")).text


def _later(console: Console) -> Any:
    return console.gateway.now() + timedelta(days=1)
