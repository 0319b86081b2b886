"""Several workers on one PostgreSQL: each delivery has one of them, and opt-outs hold against all."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.gateway.scripted import Carrier, Desk, FakeClock, message, specs
from tests.postgres import Server
from wasl.clock import SystemClock
from wasl.config import Config
from wasl.errors import LedgerUnavailable, Unusable
from wasl.ledger.accept import Acceptance
from wasl.ledger.migrate import HEAD
from wasl.ledger.opening import open_store, schema_version
from wasl.ledger.port import Transaction
from wasl.ledger.postgres import Postgres
from wasl.ledger.suppressions import Addition, add
from wasl_contracts import Reason


@pytest.fixture
def database(postgres: Server, migrated: str) -> str:
    """These are of PostgreSQL alone."""
    return str(postgres.fresh(migrated))


@pytest.fixture
async def other(folder: Path, desk: Desk, carriers: dict[str, Carrier], config: dict[str, Any], clock: FakeClock) -> AsyncIterator[Desk]:
    opened = await Desk.open(specs(folder, carriers, database=desk.url, **config), clock)
    yield opened
    await opened.close()


async def test_two_workers_never_have_the_same_delivery(desk: Desk, other: Desk) -> None:
    for n in range(60):
        await desk.accept(message({"id": f"u_{n}", "email": f"p{n}@example.com"}, channels=["email"]))

    claims = await asyncio.gather(*(one.claim("email", room=10) for _ in range(5) for one in (desk, other)))

    taken = Counter(one.message_id for claim in claims for one in claim)
    assert len(taken) == 60
    assert set(taken.values()) == {1}


async def test_an_intent_and_a_suppression_at_once_leave_no_call_after_the_opt_out(desk: Desk, other: Desk) -> None:
    for n in range(20):
        await desk.accept(message({"id": f"u_{n}", "email": f"p{n}@example.com"}, channels=["email"]))
    intents = [await desk.plan(claimed) for claimed in await desk.claim("email")]

    calls = [desk.ledger.commit_intents([one]) for one in intents]
    opt_outs = [other.suppress("email", one.candidate.address_hash) for one in intents]
    outcomes = (await asyncio.gather(*calls, *opt_outs))[:20]

    called = {one[0] for one in desk.rows("SELECT message_id FROM attempts")}
    assert called == {one.claimed.message_id for one, went in zip(intents, outcomes, strict=True) if went == [True]}
    assert await desk.ledger.commit_intents([one for one in intents if one.claimed.message_id not in called]) == [False] * (
        20 - len(called)
    )


@pytest.mark.parametrize("brand", ["default", "*"])
async def test_intents_wait_for_a_suppression_that_is_being_committed(desk: Desk, other: Desk, brand: str) -> None:
    await desk.accept(message(channels=["email"]))
    (claimed,) = await desk.claim("email")
    intent = await desk.plan(claimed)
    begun, go_on = asyncio.Event(), asyncio.Event()
    row = Addition(brand, "email", intent.candidate.address_hash, "•••", Reason.SUPPRESSED_MANUAL, "test", desk.now)

    async def slowly(tx: Any) -> None:
        await tx.lock({f"opt-outs|{brand}"})
        await add(tx, [row])
        begun.set()
        await go_on.wait()

    held = asyncio.create_task(other.store.writer.run(slowly))
    await begun.wait()
    committing = asyncio.create_task(desk.ledger.commit_intents([intent]))
    await asyncio.sleep(0.1)
    assert not committing.done()
    go_on.set()

    assert (await asyncio.gather(held, committing))[1] == [False]


async def test_suppressing_waits_for_intents_that_are_being_committed(desk: Desk, other: Desk) -> None:
    await desk.accept(message(channels=["email"]))
    (claimed,) = await desk.claim("email")
    intent = await desk.plan(claimed)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(tx: Any) -> None:
        await tx.lock({"opt-outs|default"}, shared=True)
        begun.set()
        await go_on.wait()

    held = asyncio.create_task(desk.store.working.run(slowly))
    await begun.wait()
    suppressing = asyncio.create_task(other.suppress("email", intent.candidate.address_hash))
    await asyncio.sleep(0.1)
    assert not suppressing.done()
    go_on.set()
    await asyncio.gather(held, suppressing)

    assert await desk.ledger.commit_intents([intent]) == [False]


async def test_both_may_take_the_same_key_at_once_and_one_message_is_made(desk: Desk, other: Desk) -> None:
    for n in range(20):
        stored = await asyncio.gather(*(one.accept(message(), f"k{n}") for one in (desk, other)))
        assert stored[0].id == stored[1].id

    assert desk.rows("SELECT count(*) FROM messages") == [(20,)]


async def test_another_process_hears_of_what_was_accepted(desk: Desk, other: Desk) -> None:
    heard = asyncio.Event()
    await other.ledger.listen(heard.set)
    await asyncio.sleep(0.2)  # until it listens

    await desk.accept(message())

    await asyncio.wait_for(heard.wait(), 5)


async def test_it_goes_on_by_itself_after_the_database_was_away(desk: Desk, postgres: Server) -> None:
    postgres.checkpoint()
    await desk.accept(message(), "before")
    postgres.kill()

    with pytest.raises(LedgerUnavailable):
        await desk.accept(message(), "meanwhile")
    postgres.start()

    assert not (await desk.accept(message(), "after")).replayed
    assert (await desk.accept(message(), "before")).replayed
    claimed = await desk.claim("email")
    assert len(claimed) >= 2


async def test_times_are_those_of_the_database(database: str) -> None:
    store = await Postgres.open(database)
    machine = SystemClock()
    clock = store.clock(machine)

    there = await store.reader.value("SELECT clock_timestamp()")

    assert abs((clock.now() - there).total_seconds()) < 0.2
    assert clock is not machine
    await store.close()


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_weaker_durability_is_refused(setting: str) -> None:
    server = Server(**{setting: "off"})
    try:
        server.start()
        config = Config(database=server.fresh())
        with pytest.raises(Unusable, match=rf"{setting} = off.*--unsafe-durability"):
            await open_store(config)
        await (await open_store(config, unsafe_durability=True)).close()
    finally:
        server.close()


async def test_a_database_that_is_not_there_is_told_without_its_password() -> None:
    config = Config(database="postgresql://ann:secret@127.0.0.1:1/none")

    with pytest.raises(Unusable) as told:
        await open_store(config)
    assert "secret" not in str(told.value)
    with pytest.raises(Unusable):
        await schema_version(config)


async def test_several_that_start_at_once_migrate_once(postgres_url: str) -> None:
    stores = await asyncio.gather(*(Postgres.open(postgres_url) for _ in range(4)))

    assert await schema_version(Config(database=postgres_url)) == HEAD
    for store in stores:
        await store.close()


async def test_a_connection_that_is_lost_in_the_middle_keeps_nothing_and_is_replaced(desk: Desk) -> None:
    draft = desk.drafting.draft(message(), "one", desk.clock.now())

    async def work(tx: Transaction) -> None:
        await Acceptance(desk.keys, desk.routing).write(tx, [draft])
        others = await asyncpg.connect(desk.url)
        await others.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wasl'")
        await others.close()

    with pytest.raises(LedgerUnavailable):
        await desk.store.writer.run(work)

    assert desk.rows("SELECT count(*) FROM messages") == [(0,)]
    assert not (await desk.accept(message(), "one")).replayed
