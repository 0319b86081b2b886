"""Watching over providers: what one worker's calls say, and what two workers on one ledger know together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from tests.gateway.scripted import NOON, Desk, FakeClock, message, specs
from wasl.breaker import Breaker
from wasl.errors import LedgerUnavailable
from wasl.ledger.providers import Providers
from wasl.rate import Limit
from wasl.slots import Place, Slots
from wasl.standing import Standing, Standings
from wasl.watch import Watch
from wasl_contracts import ProviderError, Reason, Receipt, Rejected, State, Unavailable, Unknown

REFUSED = Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "401")
PLACE = Place("mail", probe=False, cuts=0)
PROBE = Place("mail", probe=True, cuts=0)


class Worker:
    """What a worker has of its providers."""

    def __init__(self, desk: Desk, **limits: Limit) -> None:
        self.clock = desk.clock
        self.rows = Providers(desk.store, "default", desk.clock, {"mail": "email", "hooks": "webhook"})
        places = {"mail": 8, "hooks": 8}
        self.slots = Slots(places, Standings(places), limits)
        self.watch = Watch(self.rows, self.slots, {"mail": Breaker()}, desk.clock)

    @property
    def mail(self) -> Standing:
        return self.slots.standings["mail"]

    def answered(self, *answers: Receipt | ProviderError, place: Place = PLACE) -> None:
        for answer in answers:
            self.watch.ended(place, answer, self.clock.now())


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.002)


@pytest.fixture
async def workers(
    desk: Desk, folder: Path, database: str, clock: FakeClock, brisk: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Worker, Worker]]:
    """Two processes on one ledger."""
    monkeypatch.setattr("wasl.watch.PAUSE", timedelta(seconds=60))
    other = await Desk.open(specs(folder, {}, database=database), clock)
    both = Worker(desk, mail=Limit(10, "s")), Worker(other, mail=Limit(10, "s"))
    for worker in both:
        await worker.watch.start()
    yield both
    for worker in both:
        await worker.watch.close()
    await other.close()


@pytest.fixture
def uncached(monkeypatch: pytest.MonkeyPatch) -> None:
    """A logger that was used in no test before: one that was keeps the processors of then."""
    monkeypatch.setattr("wasl.watch._log", structlog.get_logger("wasl.watch"))


@pytest.mark.usefixtures("uncached")
async def test_what_one_worker_opened_the_other_sees_and_so_does_one_that_starts_later(workers: tuple[Worker, Worker], desk: Desk) -> None:
    one, other = workers

    with capture_logs() as logs:
        one.answered(*[Unavailable(code="503")] * 20)
        await until(lambda: other.mail.state == "open")
    late = Worker(desk)
    await late.watch.start()
    await late.watch.close()

    assert (late.mail.reason, late.mail.code, late.mail.until) == (Reason.PROVIDER_FAILING, "503", NOON + timedelta(seconds=5))
    assert [log["event"] for log in logs] == ["breaker.opened"]


async def test_one_call_in_five_seconds_tries_it_whichever_worker_makes_it(workers: tuple[Worker, Worker], clock: FakeClock) -> None:
    one, other = workers
    one.answered(*[Unknown("500")] * 20)
    await until(lambda: other.mail.state == "open")
    tried = 0

    for _ in range(60):
        clock.advance(seconds=0.5)
        for worker in workers:
            if "mail" in worker.slots.standings.untried(clock.now()):
                await worker.watch.admit({"mail": 3})
            while worker.slots.standings.tried("mail", clock.now()):
                place = worker.slots.take("mail")
                assert place is not None
                assert place.probe
                worker.slots.give_back(place)
                tried += 1

    assert tried == 6


@pytest.mark.usefixtures("uncached")
async def test_the_call_that_succeeds_closes_it_for_all(workers: tuple[Worker, Worker]) -> None:
    one, other = workers
    one.answered(*[Unavailable()] * 20)
    await until(lambda: other.mail.state == "open")

    with capture_logs() as logs:
        other.answered(Receipt(), place=PROBE)
        await until(lambda: one.mail.state == "closed")

    assert [log["event"] for log in logs] == ["breaker.closed"]
    states = []
    for count in (19, 1):  # what failed before is forgotten
        one.answered(*[Unavailable()] * count)
        states.append(one.mail.state)
    assert states == ["closed", "open"]


@pytest.mark.parametrize("answer", [Unavailable(), Unknown(), Unavailable(1, Reason.RATE_LIMITED)])
async def test_a_call_that_fails_or_finds_no_room_leaves_it_open(workers: tuple[Worker, Worker], answer: ProviderError) -> None:
    one, _ = workers
    one.answered(*[Unavailable()] * 20)

    one.answered(answer, place=PROBE)

    assert one.mail.state == "open"


async def test_a_late_success_of_a_call_from_before_it_opened_does_not_close_it(workers: tuple[Worker, Worker]) -> None:
    one, _ = workers
    one.answered(*[Unavailable()] * 20)

    one.answered(Receipt())

    assert one.mail.state == "open"


async def test_a_refused_account_pauses_it_for_all_and_a_refused_address_does_not(workers: tuple[Worker, Worker]) -> None:
    one, other = workers

    one.answered(Rejected(Reason.INVALID_ADDRESS, "address"))
    before = one.mail.state
    one.answered(REFUSED, REFUSED)
    await until(lambda: other.mail.state == "paused")

    assert before == "closed"
    assert (other.mail.reason, other.mail.code) == (Reason.PROVIDER_MISCONFIGURED, "401")
    assert (other.mail.since, other.mail.until) == (NOON, NOON + timedelta(seconds=60))


async def test_a_provider_without_a_breaker_is_paused_but_never_opened(workers: tuple[Worker, Worker]) -> None:
    one, _ = workers
    hooks = Place("hooks", probe=False, cuts=0)

    one.answered(*[Unavailable()] * 100, place=hooks)
    before = one.slots.standings["hooks"].state
    one.answered(REFUSED, place=hooks)

    assert (before, one.slots.standings["hooks"].state) == ("closed", "paused")


async def test_what_one_of_many_servers_says_neither_slows_nor_narrows_the_others(workers: tuple[Worker, Worker]) -> None:
    one, _ = workers
    hooks = Place("hooks", probe=False, cuts=0)

    one.answered(Unavailable(10**9, Reason.RATE_LIMITED, "429"), Unknown("timeout"), place=hooks)

    assert not one.slots.standings.waits("hooks", NOON)
    assert one.slots.free("hooks") == 8


@pytest.mark.parametrize(("asked", "waited"), [(30.0, 30), (10.0**9, 86_400), (float("nan"), 0), (-5.0, 0), (None, 0)])
async def test_the_moment_that_a_provider_names_holds_for_all_workers_and_at_most_a_day(
    workers: tuple[Worker, Worker], asked: float | None, waited: int
) -> None:
    one, other = workers
    end = NOON + timedelta(seconds=waited)

    one.answered(Unavailable(asked, Reason.RATE_LIMITED, "429"))
    await until(lambda: not waited or other.mail.until is not None)

    for worker in workers:
        assert worker.mail.state == "closed"
        assert worker.slots.standings.waits("mail", end - timedelta(microseconds=1)) is (waited > 0)
        assert not worker.slots.standings.waits("mail", end)


async def test_what_a_worker_parked_before_it_knew_that_its_provider_was_resumed_is_due_when_it_knows(
    workers: tuple[Worker, Worker], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = workers
    one.answered(Unavailable(10**6, Reason.RATE_LIMITED))
    await until(lambda: other.slots.standings.waits("mail", NOON))
    claimed = await desk.sending(message(), "mail")
    day = desk.now + 86_400_000_000
    monkeypatch.setattr("wasl.watch._EVERY", 0.1)

    await one.rows.resume("mail")
    await desk.ledger.settle(desk.settlement(claimed, State.SCHEDULED, reason=Reason.RATE_LIMITED, due_at=day, lane="email"))
    await until(lambda: desk.rows("SELECT due_at FROM deliveries") == [(desk.now,)])

    await until(lambda: not other.slots.standings.waits("mail", NOON))


async def test_a_provider_that_fails_is_not_tried_before_the_moment_that_it_named(workers: tuple[Worker, Worker], clock: FakeClock) -> None:
    one, other = workers
    one.answered(*[Unavailable()] * 20)
    clock.advance(seconds=5)

    one.answered(Unavailable(60, Reason.RATE_LIMITED, "429"), place=PROBE)
    await until(lambda: other.mail.until == NOON + timedelta(seconds=65))

    assert (other.mail.state, other.mail.reason) == ("open", Reason.PROVIDER_FAILING)
    assert other.slots.standings.untried(NOON + timedelta(seconds=64)) == set()


async def test_calls_without_room_halve_the_places_and_answers_bring_them_back(workers: tuple[Worker, Worker]) -> None:
    one, _ = workers

    one.answered(Unavailable(None, Reason.RATE_LIMITED))
    halved = one.slots.free("mail")
    one.answered(*[Unknown("500")] * 5)
    same = one.slots.free("mail")
    one.answered(*[Receipt()] * 10, *[Rejected(Reason.TOO_LONG, "content")] * 40)

    assert (halved, same, one.slots.free("mail")) == (4, 4, 8)


async def test_a_worker_whose_share_of_the_rate_another_one_took_claims_nothing_until_there_is_more(
    workers: tuple[Worker, Worker], clock: FakeClock
) -> None:
    one, other = workers
    freed: list[int] = []
    other.slots.on_freed(lambda: freed.append(1))

    await one.watch.admit({"mail": 50})
    await other.watch.admit({"mail": 50})

    assert [one.slots.take("mail") is not None for _ in range(3)] == [True, True, False]
    assert other.slots.take("mail") is None
    assert other.slots.rooms({"email": ("mail",)}, clock.now()) == {}
    await until(lambda: bool(freed))  # then it looks again
    clock.advance(milliseconds=200)
    await until(lambda: other.slots.rooms({"email": ("mail",)}, clock.now()) == {"email": 2})


async def test_no_more_of_a_rate_is_asked_for_than_there_is_to_send(workers: tuple[Worker, Worker]) -> None:
    one, _ = workers

    await one.watch.admit({"mail": 1})

    assert one.mail.next_call_at == NOON + timedelta(milliseconds=50)  # one call of a tenth of a second, half of it made up for


async def test_what_was_found_while_the_ledger_was_away_is_written_later(
    workers: tuple[Worker, Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = workers
    record, outages = one.rows.record, iter([LedgerUnavailable("away"), RuntimeError("a fault of ours")])

    async def fails(changes: object) -> None:
        if (outage := next(outages, None)) is not None:
            raise outage
        await record(changes)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(one.rows, "record", fails)

    one.answered(REFUSED)
    await until(lambda: other.mail.state == "paused")

    assert one.mail.state == "paused"


async def test_what_was_found_last_is_written_before_it_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(desk)
    await worker.watch.start()

    worker.answered(REFUSED)
    await worker.watch.close()

    assert {standing.name: standing.state for standing in await worker.rows.seen()}["mail"] == "paused"
