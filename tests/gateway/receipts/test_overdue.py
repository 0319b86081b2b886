"""Receipts that do not come in time, and providers that do not confirm any more."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.gateway.receipts.conftest import Hooked
from tests.gateway.receipts.teller import specs
from tests.gateway.scripted import types
from wasl.answers import MessageSeen
from wasl.counters import Counters
from wasl.ledger.confirming import Record
from wasl.reasons_in_arabic import IN_ARABIC
from wasl.receipts.overdue import Expected, Overdue
from wasl_contracts import Mark, Reason, State

SECOND = 1_000_000  # microseconds


@pytest.fixture
async def hooked(hooking: Callable[[Any], Any], tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Hooked:
    monkeypatch.setattr("wasl.ledger.confirming._OFTEN", 0)
    started: Hooked = await hooking(specs(tmp_path, database=database, capabilities={"confirms_in_seconds": 3600}))
    return started


def looking(hooked: Hooked, within: float = 0) -> tuple[Overdue, Counters]:
    """A look at what is older than so many seconds."""
    counters = Counters()
    expected = {"mail": Expected(timedelta(seconds=within), (hooked.gateway.brand,))}
    return Overdue(hooked.gateway._open.ledger.confirmations, expected, counters), counters


def told(seen: MessageSeen) -> tuple[State, Reason | None, tuple[Mark, ...]]:
    one = seen.deliveries[0]
    return one.state, one.reason, one.marks


async def test_what_is_not_confirmed_in_time_says_so_until_the_report_comes(hooked: Hooked) -> None:
    seen, confirmed = await hooked.sent(), await hooked.sent()
    await hooked.tell(confirmed, "delivered")

    overdue, counters = looking(hooked)
    await overdue.look()
    await overdue.look()

    late = await hooked.get(seen)
    assert told(late) == (State.SENT, Reason.RECEIPT_OVERDUE, (Mark.UNCONFIRMED,))
    assert types(late)[-1] == "receipt_overdue"
    assert told(await hooked.get(confirmed)) == (State.DELIVERED, None, ())
    assert counters.overdue == {"mail": 1}

    await hooked.tell(seen, "delivered")

    assert told(await hooked.get(seen)) == (State.DELIVERED, None, ())


async def test_nothing_is_overdue_before_its_time(hooked: Hooked) -> None:
    seen = await hooked.sent()

    overdue, counters = looking(hooked, within=3600)
    await overdue.look()

    assert told(await hooked.get(seen)) == (State.SENT, None, ())
    assert not counters.overdue["mail"]


async def test_two_workers_that_look_at_once_count_a_delivery_once(hooked: Hooked) -> None:
    for _ in range(3):
        await hooked.sent()
    one, counted = looking(hooked)
    other, too = looking(hooked)

    await asyncio.gather(one.look(), other.look())

    record = (await hooked.gateway._open.ledger.confirmations.records())["mail"]
    assert counted.overdue["mail"] + too.overdue["mail"] == 3
    assert (record.judged, record.overdue) == (0, 3)


async def test_a_provider_that_does_not_confirm_any_more_raises_an_alarm_until_it_is_heard_of(hooked: Hooked) -> None:
    overdue, _ = looking(hooked)
    for seen in [await hooked.sent() for _ in range(2)]:
        await hooked.tell(seen, "delivered")
    await overdue.look()
    missed = await asyncio.gather(*(hooked.sent() for _ in range(20)))

    with capture_logs() as logs:
        await overdue.look()
    (silent,) = (await hooked.gateway.providers()).data
    await hooked.tell(missed[0], "delivered")
    with capture_logs() as later:
        await overdue.look()
        await overdue.look()
    (well,) = (await hooked.gateway.providers()).data

    assert [(line["event"], line["provider"]) for line in logs] == [("provider.silent", "mail")]
    assert silent.silent_since is not None
    assert [(line["event"], line["provider"]) for line in later] == [("provider.heard_again", "mail")]
    assert well.silent_since is None


def record(judged: int = 10, confirmed: int = 10, heard_at: int = 0) -> Record:
    return Record("mail", "{}", judged, confirmed, 0, heard_at, None)


NONE = [(second * SECOND, False) for second in range(1, 21)]


@pytest.mark.parametrize(
    ("before", "sent", "silent"),
    [
        (record(), NONE, True),
        (record(10, 5), NONE, True),
        (record(), NONE[1:], False),
        (record(10, 4), NONE, False),
        (record(0, 0), NONE * 10, False),
        (record(), [*NONE[:10], (11 * SECOND, True), *NONE[10:]], True),
        (record(heard_at=10 * SECOND), NONE, False),
    ],
    ids=["none", "every second one before", "nineteen", "few before", "never any", "one by a click that wasl saw", "heard of since"],
)
def test_it_is_silent_where_twenty_in_a_row_are_overdue_of_one_that_confirmed(
    before: Record, sent: list[tuple[int, bool]], silent: bool
) -> None:
    assert (before.after(sent, 99).silent_at == 99) is silent


def test_what_was_long_ago_counts_ever_less() -> None:
    then = record(0, 0, heard_at=2).after([(1, True)] * 1000, 9)

    now = then.after([(1, False), (1, True)] * 300, 9)

    assert 0.5 <= now.confirmed / now.judged < 0.75


async def test_a_provider_that_is_not_set_up_to_report_is_not_waited_for(
    hooking: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = specs(tmp_path, capabilities={"confirms_in_seconds": 1})
    monkeypatch.setattr(given.plugins["mail"], "reports", False, raising=False)
    hooked = await hooking(given)

    seen = await hooked.sent()

    assert told(seen) == (State.SENT, Reason.NO_RECEIPTS, (Mark.UNCONFIRMED,))
    assert await hooked.gateway._open.ledger.confirmations.records() == {}


def test_the_reason_is_told_in_arabic_too() -> None:
    assert "المزوّد" in IN_ARABIC[Reason.RECEIPT_OVERDUE]
