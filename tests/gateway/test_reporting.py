"""What reports count, on both engines: from the feed, once, and the same when it is counted anew from what is stored."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.scripted import Carrier, FakeClock, Script, message, outcome
from wasl.api import Gateway
from wasl.catching_up import CatchingUp
from wasl.errors import Refused
from wasl.ledger.tally_counts import bucket, country_of
from wasl.problems import validated
from wasl.reported import COMPLAINTS_LIMIT, Measured, Report, ReportWanted
from wasl_contracts import Capabilities, Reason, Receipt, Rejected, State

Opened = Callable[..., Awaitable[Gateway]]
ROUTES = {"default": {"channels": ["email", "sms"]}}
PRICES = [{"channel": "sms", "price": "0.05", "currency": "EUR"}]
CANNOT = Rejected(Reason.UNREACHABLE, "address")


def carriers() -> dict[str, Carrier]:
    """A mail that proves nothing, a spare one, and a text that is delivered at once."""
    return {
        "mail": Carrier("email", Script(Receipt(provider_ref="a"), Rejected(Reason.CONTENT_REJECTED, "content"), CANNOT)),
        "spare": Carrier("email", Script(then=Receipt(provider_ref="b"))),
        "text": Carrier("sms", Script(then=Receipt(provider_ref="c", state="delivered")), Capabilities(receipts=True)),
    }


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def gateway(opened: Opened, clock: FakeClock) -> Gateway:
    return await opened(carriers(), clock=clock, routes=ROUTES, prices=PRICES)


async def counted(gateway: Gateway) -> None:
    await CatchingUp(gateway._open.ledger.tallying, gateway._open.ledger.owners, gateway.brands).look()


async def report(gateway: Gateway, clock: FakeClock, **wanted: Any) -> Report:
    span = {"since": clock.now() - timedelta(hours=24), "until": clock.now() + timedelta(minutes=1)}
    return await gateway.report(validated(ReportWanted, {**span, **wanted}))


async def lived(gateway: Gateway) -> None:
    """One sent by mail, one by the spare, one by text after both mails refused the address, one withheld, one cancelled."""
    assert (await outcome(gateway, message())).state is State.SENT
    assert (await outcome(gateway, message())).state is State.SENT
    assert (await outcome(gateway, message())).state is State.DELIVERED
    await gateway.suppress("bob@example.com")
    assert (await outcome(gateway, message({"id": "u_2", "email": "bob@example.com"}))).state is State.WITHHELD
    later = gateway._open.ledger.clock.now() + timedelta(days=1)
    waiting = await gateway.send(to={"id": "u_3", "email": "eve@example.com"}, content={"body": "x"}, send_at=later)
    await gateway.cancel(waiting.id)


async def test_each_thing_that_happens_is_counted_once(gateway: Gateway, clock: FakeClock) -> None:
    await lived(gateway)
    await counted(gateway)
    await counted(gateway)

    told = await report(gateway, clock)

    assert (told.now.sent, told.now.silent, told.now.delivered, told.now.failed) == (3, 2, 1, 1)
    assert (told.now.withheld, told.now.cancelled, told.now.saved) == (1, 1, 2)
    assert told.now.withheld_by == {"suppressed_manual": 1}
    assert told.now.failed_by == {"unreachable": 1}
    assert (told.now.cost, told.now.priced) == ({"EUR": 50_000}, 1)
    assert (told.now.delivery_rate, told.now.seconds(0.5)) == (1.0, 0.125)
    assert {group.name: group.now.sent for group in told.groups} == {"email": 2, "sms": 1}
    assert told.counted_since == clock.now()


async def test_what_is_counted_anew_is_the_same(gateway: Gateway, clock: FakeClock, database: str) -> None:
    await lived(gateway)
    await counted(gateway)
    before = rows(database, "SELECT * FROM tallies ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10")

    assert await gateway.rebuild_reports() == 5
    after = rows(database, "SELECT * FROM tallies ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10")
    await counted(gateway)

    assert after == before != []
    assert rows(database, "SELECT * FROM tallies ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10") == after
    assert (await report(gateway, clock)).counted_since is None


async def test_a_report_is_grouped_filtered_and_compared(gateway: Gateway, clock: FakeClock) -> None:
    await outcome(gateway, message())
    clock.advance(days=1)
    await outcome(gateway, message(topic=None))
    clock.advance(minutes=1)
    await counted(gateway)

    by = {name: {g.name for g in (await report(gateway, clock, by=name)).groups} for name in ("provider", "category", "brand", "country")}
    today = {"since": clock.now() - timedelta(hours=1), "until": clock.now()}
    yesterday = {"since": clock.now() - timedelta(hours=25), "until": clock.now()}
    only = await report(gateway, clock, provider="mail", by="provider", **today)
    all_of_it = await report(gateway, clock, by="provider", **yesterday)
    texts = await report(gateway, clock, channel="sms")

    assert by == {"provider": {"mail", "spare"}, "category": {"transactional"}, "brand": {"default"}, "country": {""}}
    assert (only.now.sent, only.before.sent, only.groups) == (0, 0, ())
    assert [(group.name, group.now.sent) for group in all_of_it.groups] == [("mail", 1), ("spare", 1)]
    assert (texts.now.sent, texts.groups) == (0, ())


async def test_the_time_before_is_told_beside(gateway: Gateway, clock: FakeClock) -> None:
    await outcome(gateway, message())
    await counted(gateway)
    clock.advance(hours=2)

    told = await report(gateway, clock, since=clock.now() - timedelta(hours=1), until=clock.now())

    assert (told.now.sent, told.before.sent) == (0, 1)
    assert [(group.name, group.now.sent, group.before.sent) for group in told.groups] == [("email", 0, 1)]


async def test_hours_up_to_three_days_and_days_beyond(gateway: Gateway, clock: FakeClock) -> None:
    await outcome(gateway, message())
    await counted(gateway)

    hours = await report(gateway, clock)
    days = await report(gateway, clock, since=clock.now() - timedelta(days=30))

    assert (len(hours.at), len(days.at)) == (25, 31)
    assert [point.sent for point in hours.points][-2:] == [0, 1]
    assert [point.sent for point in days.points][-1] == 1
    assert days.lines["email"][-1].sent == 1
    with pytest.raises(Refused):
        await report(gateway, clock, since=clock.now() + timedelta(days=1))
    with pytest.raises(Refused):
        await report(gateway, clock, since=clock.now() - timedelta(days=500))


async def test_two_workers_count_once(opened: Opened, clock: FakeClock) -> None:
    other = await opened(carriers(), worker=False, clock=clock, routes=ROUTES)
    sender = await opened(carriers(), clock=clock, routes=ROUTES)
    await outcome(sender, message())
    tasks = [CatchingUp(one._open.ledger.tallying, one._open.ledger.owners, one.brands) for one in (sender, other)]

    await asyncio.gather(*(task.look() for task in tasks * 3))

    assert (await report(other, clock)).now.sent == 1


async def test_a_feed_that_was_cleared_meanwhile_is_followed_from_its_beginning(gateway: Gateway, clock: FakeClock, database: str) -> None:
    await outcome(gateway, message())
    await counted(gateway)
    clock.advance(days=5)
    await outcome(gateway, message())
    await gateway._open.ledger.feed.clear()

    await counted(gateway)

    told = await report(gateway, clock, since=clock.now() - timedelta(days=30))
    assert told.now.sent == 2
    assert told.counted_since == clock.now()


async def test_hours_are_let_go_of_and_their_days_stay(gateway: Gateway, clock: FakeClock, database: str) -> None:
    await outcome(gateway, message())
    await counted(gateway)
    clock.advance(days=41)

    await gateway._open.ledger.tallying.clear(gateway.brands)

    assert rows(database, "SELECT DISTINCT grain FROM tallies") == [("d",)]


def test_the_country_of_a_masked_number_is_that_of_its_calling_code() -> None:
    assert [country_of(one) for one in ("+9665•••••67", "+4915•••••67", "+1202•••••67", "+4475•••••67")] == ["SA", "DE", "US", "GB"]
    assert [country_of(one) for one in ("a•••@e•••.com", "•••", None, "", "+9999•••••1", "+8001•••••1")] == [""] * 6


def test_rates_and_times_are_as_they_are_defined() -> None:
    within = [0] * 16
    within[2], within[4] = 90, 10
    some = Measured(sent=200, silent=100, delivered=90, unsubscribed=4, complained=1, within=within)

    assert (some.delivery_rate, some.opt_out_rate) == (0.9, 0.02)
    assert some.complaint_rate is not None
    assert some.complaint_rate > COMPLAINTS_LIMIT
    assert some.seconds(0.5) == pytest.approx(0.7777, abs=0.001)
    assert some.seconds(0.95) == pytest.approx(3.5)
    assert (Measured().delivery_rate, Measured().seconds(0.5), Measured(sent=2, silent=2).delivery_rate) == (None, None, None)
    assert [bucket(micros) for micros in (0, 250_000, 250_001, 90_000_000_000, -5)] == [
        "within_0", "within_0", "within_1", "within_15", "within_0",
    ]  # fmt: skip
