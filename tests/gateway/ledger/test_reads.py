import base64
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import StaticPool, create_engine
from sqlalchemy.dialects import sqlite

from tests.gateway.scripted import ANN, Desk, message
from wasl.decisions import Record
from wasl.errors import NotFound, Refused
from wasl.ledger.reads import Filters, _filtered
from wasl.ledger.settle import Ended
from wasl.ledger.tables import schema
from wasl_contracts import Reason, State

ALL = Filters()


async def ids(desk: Desk, filters: Filters = ALL, limit: int = 50) -> list[str]:
    """Every page, one after the other."""
    found, cursor = [], None
    while True:
        page = await desk.ledger.page("default", filters, limit=limit, cursor=cursor)
        assert page.has_more == (page.next_cursor is not None)
        found += [one.id for one in page.data]
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_pages_are_newest_first_and_hold_each_message_once(desk: Desk) -> None:
    stored = [(await desk.accept(message())).id for _ in range(11)]

    assert await ids(desk, limit=3) == sorted(stored, reverse=True)
    assert await ids(desk, limit=11) == sorted(stored, reverse=True)


async def test_what_is_accepted_while_paging_neither_repeats_nor_hides_anything(desk: Desk) -> None:
    stored = [(await desk.accept(message())).id for _ in range(6)]
    first = await desk.ledger.page("default", ALL, limit=3, cursor=None)
    await desk.accept(message())

    second = await desk.ledger.page("default", ALL, limit=3, cursor=first.next_cursor)

    assert sorted(one.id for page in (first, second) for one in page.data) == sorted(stored)
    assert not second.has_more


async def test_every_filter_holds(desk: Desk) -> None:
    await desk.accept(message())
    desk.clock.advance(hours=1)
    claimed = (await desk.claim())[0]
    await desk.ledger.commit_intents([await desk.plan(claimed)])
    bob = await desk.accept(message({"id": "u_2", "email": "bob@example.com"}))

    for filters, found in (
        ({"recipient": "u_2"}, [bob.id]),
        ({"since": desk.clock.now()}, [bob.id]),
        ({"since": desk.clock.now() + timedelta(seconds=1)}, []),
        ({"state": "sending"}, [claimed.message_id]),
        ({"state": "accepted"}, [bob.id]),
        ({"channel": "email"}, [claimed.message_id]),
        ({"channel": "sms"}, []),
        ({"topic": "default", "state": "accepted"}, [bob.id]),
        ({"topic": "other"}, []),
        ({"template": "none"}, []),
        ({"state": "sending", "recipient": "u_2"}, []),
    ):
        assert await ids(desk, Filters.model_validate(filters)) == found, filters


async def test_the_state_filter_means_the_fold(desk: Desk) -> None:
    stored = await desk.accept(message(mode="all"))
    first = (await desk.claim("email"))[0]
    await desk.ledger.commit_intents([await desk.plan(first)])
    await desk.ledger.settle(desk.settlement(first, State.SENT))

    assert await ids(desk, Filters(state=State.SENT)) == [stored.id]
    assert await ids(desk, Filters(state=State.ACCEPTED)) == []


async def test_a_state_filter_pages_over_more_than_it_looks_at_in_one_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.ledger.reads._SCAN", 3)
    stored = [(await desk.accept(message(mode="all"))).id for _ in range(8)]
    for claimed in await desk.claim("email", room=4):
        await desk.ledger.settle(desk.settlement(claimed, State.FAILED))

    assert await ids(desk, Filters(state=State.ACCEPTED), limit=2) == sorted(stored, reverse=True)


@pytest.mark.parametrize("forge", ["garbage", "ä", "====", "other id", "flipped", "cut", "empty mac"])
async def test_a_cursor_that_was_not_given_out_here_is_refused(desk: Desk, forge: str) -> None:
    for _ in range(3):
        await desk.accept(message())
    real = (await desk.ledger.page("default", ALL, limit=1, cursor=None)).next_cursor
    assert real is not None
    raw = bytearray(base64.urlsafe_b64decode(real))
    flipped = bytes([raw[0] ^ 1, *raw[1:]])
    forged = {
        "other id": base64.urlsafe_b64encode(bytes(raw[:16]) + b"msg_" + b"f" * 32).decode(),
        "flipped": base64.urlsafe_b64encode(flipped).decode(),
        "cut": real[:-4],
        "empty mac": base64.urlsafe_b64encode(bytes(16) + bytes(raw[16:])).decode(),
    }.get(forge, forge)

    with pytest.raises(Refused) as refused:
        await desk.ledger.page("default", ALL, limit=1, cursor=forged)

    assert refused.value.code == "bad_cursor"


async def test_another_brand_sees_nothing_and_cannot_use_the_cursor(desk: Desk) -> None:
    stored = await desk.accept(message())
    await desk.accept(message())
    page = await desk.ledger.page("default", ALL, limit=1, cursor=None)

    assert (await desk.ledger.page("other", ALL, limit=5, cursor=None)).data == ()
    with pytest.raises(NotFound):
        await desk.ledger.message("other", stored.id)
    with pytest.raises(Refused):
        await desk.ledger.page("other", ALL, limit=1, cursor=page.next_cursor)


async def test_a_message_tells_its_whole_story_in_order(desk: Desk) -> None:
    stored = await desk.accept(message())
    (claimed,) = await desk.claim()
    desk.clock.advance(seconds=1)
    await desk.ledger.commit_intents([await desk.plan(claimed)])
    desk.clock.advance(seconds=1)
    busy = desk.settlement(
        claimed, State.SCHEDULED, reason=Reason.RETRYING, code="421", due_at=desk.now + 5_000_000,
        ended=Ended(1, desk.now, "unavailable", Reason.PROVIDER_UNAVAILABLE, "421"),
    )  # fmt: skip
    await desk.ledger.settle(busy)

    seen = await desk.ledger.message("default", stored.id)

    assert [entry.type for entry in seen.timeline] == ["accepted", "sending", "answer.unavailable", "scheduled"]
    assert seen.state is State.SCHEDULED
    assert seen.reason is not None
    assert (seen.reason.code, seen.reason.provider_code, bool(seen.reason.sentence)) == (Reason.RETRYING, "421", True)
    (delivery,) = seen.deliveries
    assert (delivery.channel, delivery.provider, delivery.address) == ("email", "mail", "a•••@e•••.com")
    assert [(call.number, call.outcome, call.code) for call in delivery.attempts] == [(1, "unavailable", "421")]
    assert delivery.due_at == desk.clock.now() + timedelta(seconds=5)


async def test_nothing_of_content_or_addresses_is_told(desk: Desk) -> None:
    secret = {"title": "Your PIN", "body": "The PIN is 4711", "actions": [{"label": "Open", "url": "https://shop.example/t/4711"}]}
    to = {**ANN, "attributes": {"name": "Annabel"}, "addresses": [{"channel": "push", "kind": "fcm_token", "value": "tokentokentoken"}]}
    stored = await desk.accept(message(to, content=secret, channels=["push", "email", "sms"]))
    (claimed,) = await desk.claim("push")
    candidates = desk.deciding.candidates(claimed)
    inputs = await desk.ledger.inputs(candidates)
    decision = desk.deciding.decide(claimed, candidates, inputs, desk.clock.now())
    await desk.ledger.settle(
        desk.settlement(
            claimed,
            State.FAILED,
            reason=Reason.PROVIDER_REJECTED,
            decision=Record("v1", decision.at, decision.judged).stored(),
            due_at=None,
        )
    )

    told = (await desk.ledger.message("default", stored.id)).model_dump_json()
    told += (await desk.ledger.page("default", ALL, limit=5, cursor=None)).model_dump_json()

    for private in ("4711", "PIN", "Annabel", "ann@", "501234567", "tokentoken", "shop.example"):
        assert private not in told
    assert "a•••@e•••.com" in told
    assert "to•••en" in told


@pytest.mark.parametrize("before", [None, "msg_7"])
def test_on_sqlite_a_persons_messages_are_found_by_their_index_however_many_others_there_are(before: str | None) -> None:
    page = _filtered("default", Filters(recipient="u_1"), before).limit(51)
    asked = page.compile(dialect=sqlite.dialect(paramstyle="qmark"), compile_kwargs={"literal_binds": True})
    with closing(sqlite3.connect(":memory:")) as database:
        schema.create_all(engine := create_engine("sqlite://", creator=lambda: database, poolclass=StaticPool))

        plan = database.execute(f"EXPLAIN QUERY PLAN {asked}").fetchall()

        assert [row[3] for row in plan][:1] == ["SEARCH messages USING INDEX messages_by_recipient (brand=? AND recipient_id=? AND id<?)"]
        engine.dispose()
