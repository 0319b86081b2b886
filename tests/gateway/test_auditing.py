"""The audit, on both engines: what is done has its entry in the same transaction, and nobody changes one afterwards."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from tests.databases import changed, rows
from tests.gateway.scripted import Carrier, FakeClock
from wasl.api import Gateway
from wasl.audited import Action, Actor, Audited, AuditFilters, Entry
from wasl.cli.audit import _follow
from wasl.errors import Conflict, NotFound, Refused, Unusable
from wasl.person_seen import Sought
from wasl.suppression import Origin
from wasl.witnessing import Witnessing
from wasl_contracts import Recipient

Opened = Callable[..., Awaitable[Gateway]]
MAIL = {"mail": Carrier("email")}
ANN = Actor("user", "usr_1", "Ann", "support")
TO = {"id": "u_42", "email": "sara@example.com"}
BRANDS = {"acme": {"name": "Acme"}, "zeta": {"name": "Zeta"}}


@pytest.fixture
async def gateway(opened: Opened, clock: FakeClock) -> Gateway:
    return (await opened(MAIL, worker=False, clock=clock)).by(ANN, "a ticket")


async def entries(gateway: Gateway, **wanted: object) -> list[Audited]:
    return list(reversed((await gateway.audited(AuditFilters.model_validate(wanted))).data))


async def altered(database: str, sql: str) -> None:
    """Change the tables as somebody would who has the database in hand, triggers and all."""
    if database.startswith("sqlite"):
        for name in ("audit_UPDATE", "audit_DELETE", "audit_details_UPDATE"):
            await changed(database, f"DROP TRIGGER IF EXISTS {name}")
        await changed(database, sql)
        return
    db = await asyncpg.connect(database)
    for table in ("audit", "audit_details"):
        await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    await db.execute(sql)
    await db.close()


async def test_what_is_done_is_told_with_who_and_why(gateway: Gateway) -> None:
    message = await gateway.send(to=TO, content={"body": "Hello"})
    await gateway.cancel(message.id)
    story = await gateway.suppress("sara@example.com")
    await gateway.unsuppress("sara@example.com", "she asked for it")
    key = await gateway.create_api_key("shop", ["send", "read"])
    await gateway.revoke_api_key(key.split("_")[2])

    told = await entries(gateway)

    assert [(one.action, one.object) for one in told] == [
        (Action.MESSAGE_CANCELLED, message.id),
        (Action.SUPPRESSION_ADDED, story.id),
        (Action.SUPPRESSION_REMOVED, story.id),
        (Action.API_KEY_CREATED, key.split("_")[2]),
        (Action.API_KEY_REVOKED, key.split("_")[2]),
    ]
    assert {(one.actor, one.brand, one.reason) for one in told} == {(ANN, "default", "a ticket")}
    assert [one.number for one in told] == [1, 2, 3, 4, 5]
    assert (await gateway.verify_audit()).whole


async def test_what_did_nothing_is_not_told(gateway: Gateway) -> None:
    message = await gateway.send(to=TO, content={"body": "Hello"})
    await gateway.cancel(message.id)
    await gateway.cancel(message.id)
    await gateway.suppress("sara@example.com")
    await gateway.suppress("sara@example.com")

    with pytest.raises(NotFound):
        await gateway.unsuppress("bob@example.com", "x")
    with pytest.raises(Conflict):
        await gateway.retry(message.id)

    assert [one.action for one in await entries(gateway)] == [Action.MESSAGE_CANCELLED, Action.SUPPRESSION_ADDED]


async def test_an_action_whose_entry_cannot_be_written_is_not_done(gateway: Gateway, database: str) -> None:
    message = await gateway.send(to=TO, content={"body": "Hello"})
    await altered(database, "ALTER TABLE audit_details RENAME TO elsewhere")

    for done in (gateway.cancel(message.id), gateway.suppress("sara@example.com"), gateway.create_api_key("shop", ["send"])):
        with pytest.raises(Unusable):
            await done

    assert rows(database, "SELECT count(*) FROM suppressions") == rows(database, "SELECT count(*) FROM api_keys") == [(0,)]
    assert rows(database, "SELECT state FROM deliveries") == [("accepted",)]


async def test_nothing_that_looks_like_an_address_is_kept(gateway: Gateway, database: str) -> None:
    await gateway.by(ANN, "sara@example.com called from +966 50 123 4567").audit(Action.MESSAGE_REVEALED, "msg_1", told="sara@example.com")

    (told,) = await entries(gateway)

    assert told.reason == "s•••@e•••.com called from +966 •••••67"
    assert told.facts == {"told": "s•••@e•••.com"}
    assert "sara@" not in str(rows(database, "SELECT reason, facts FROM audit_details"))


async def test_entries_are_found_by_who_what_and_when_page_by_page(gateway: Gateway, clock: FakeClock) -> None:
    bob = gateway.by(Actor("key", "k_1", "shop"))
    for number in range(5):
        await gateway.audit(Action.MESSAGE_REVEALED, f"msg_{number}")
    clock.advance(minutes=1)
    later = clock.now()
    await bob.audit(Action.PERSON_REVEALED, "u_42", brand="acme")

    assert [one.object for one in await entries(gateway, action="person.revealed")] == ["u_42"]
    assert [one.number for one in await entries(gateway, actor="k_1")] == [6]
    assert [one.number for one in await entries(gateway, object="msg_3")] == [4]
    assert [one.number for one in await entries(gateway, since=later)] == [6]
    assert [one.number for one in await entries(gateway, until=later, after=3)] == [4, 5]
    assert [one.number for one in await entries(gateway, brands=("acme",))] == [6]
    first = await gateway.audited(limit=4)
    second = await gateway.audited(limit=4, cursor=first.next_cursor)
    assert [one.number for one in (*first.data, *second.data)] == [6, 5, 4, 3, 2, 1]
    assert not second.has_more
    with pytest.raises(Refused):
        await gateway.audited(AuditFilters(actor="k_1"), cursor=first.next_cursor)


async def test_the_database_refuses_to_change_an_entry(gateway: Gateway, database: str) -> None:
    await gateway.audit(Action.MESSAGE_REVEALED, "msg_1")

    for sql in ("UPDATE audit SET actor_id = 'x'", "DELETE FROM audit", "UPDATE audit_details SET reason = 'x'"):
        with pytest.raises((sqlite3.IntegrityError, asyncpg.RaiseError), match="append-only"):
            await changed(database, sql)


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE audit SET actor_id = 'usr_2' WHERE number = 2", "changed"),
        ("UPDATE audit_details SET reason = 'because' WHERE number = 2", "changed"),
        ("DELETE FROM audit WHERE number = 2", "deleted"),
        ("DELETE FROM audit_details WHERE number = 3", "lost_details"),
        ("DELETE FROM audit WHERE number > 2", "truncated"),
    ],
)
async def test_what_was_tampered_with_is_found(gateway: Gateway, database: str, sql: str, fault: str) -> None:
    for number in range(4):
        await gateway.audit(Action.MESSAGE_REVEALED, f"msg_{number}")
    witness = await gateway.witness()
    log = json.dumps({"event": "audit.witness", "number": 4, "head": witness.head, "by": witness.key, "seal": witness.signature})
    assert (await gateway.verify_audit([log])).whole

    await altered(database, sql)
    found = await gateway.verify_audit([log])

    assert fault in {one.fault for one in found.findings}
    assert found.witnesses == 1


async def test_a_witness_that_was_not_signed_here_is_told(gateway: Gateway) -> None:
    await gateway.audit(Action.MESSAGE_REVEALED, "msg_1")
    witness = await gateway.witness()
    log = json.dumps({"event": "audit.witness", "number": 9, "head": witness.head, "by": witness.key, "seal": witness.signature})

    found = await gateway.verify_audit([log])

    assert [one.fault for one in found.findings] == ["forged_witness"]
    assert found.witnesses == 0


async def test_the_head_is_said_to_the_log_when_there_is_a_new_one(gateway: Gateway) -> None:
    task = Witnessing(gateway._open.ledger.audit, gateway._open.ring, every=0.01)
    await gateway.audit(Action.MESSAGE_REVEALED, "msg_1")

    with capture_logs() as logs:
        task.start()
        await asyncio.sleep(0.05)
        await gateway.audit(Action.MESSAGE_REVEALED, "msg_2")
        await task.close()

    said = [line for line in logs if line["event"] == "audit.witness"]
    assert [line["number"] for line in said] == [1, 2]
    assert (await gateway.verify_audit(json.dumps(line) for line in said)).witnesses == 2


async def test_many_writers_make_one_chain(opened: Opened) -> None:
    gateways = [await opened(MAIL, worker=False) for _ in range(3)]

    await asyncio.gather(*(one.audit(Action.MESSAGE_REVEALED, f"msg_{n}") for n in range(10) for one in gateways))

    found = await gateways[0].verify_audit()
    assert (found.entries, found.findings) == (30, ())


async def test_erasing_a_person_takes_what_tells_of_them_and_leaves_the_chain_whole(gateway: Gateway, database: str) -> None:
    await gateway.put_recipient(Recipient.model_validate(TO))
    message = await gateway.send(to={"id": "u_42"}, content={"body": "Hello"})
    await gateway.by(ANN, "Sara from Riyadh called").audit(Action.PERSON_REVEALED, "u_42")
    await gateway.by(ANN, "Sara called again").audit(Action.MESSAGE_REVEALED, message.id)
    await gateway.by(ANN, "Bob called").audit(Action.PERSON_REVEALED, "u_43")

    erased = await gateway.by(ANN, "by law").erase_recipient("u_42")

    told = await entries(gateway)
    assert [(one.action, one.cleared) for one in told[:3]] == [
        (Action.PERSON_REVEALED, True),
        (Action.MESSAGE_REVEALED, True),
        (Action.PERSON_REVEALED, False),
    ]
    (act,) = [one for one in told if one.action is Action.PERSON_ERASED]
    assert (act.object, act.reason, act.facts) == (erased.recipient, "by law", {"because": "request", "entries": [1]})
    kept = str(rows(database, "SELECT object, reason, facts FROM audit_details"))
    assert ("Sara" in kept, "u_42" in kept, "Bob called" in kept) == (False, False, True)
    assert (await gateway.verify_audit()).whole


async def test_a_copy_of_a_person_and_an_import_are_told_before_they_are_made(gateway: Gateway) -> None:
    await gateway.put_recipient(Recipient.model_validate(TO))
    async for _ in await gateway.export_recipient("u_42"):
        pass
    await gateway.import_suppressions(b"address\nsara@example.com\n", origin=Origin("import"))
    await gateway.import_suppressions(b"address\nbob@example.com\n", dry_run=True)
    await gateway.find_recipients(Sought(email="sara@example.com"))

    assert [one.action for one in await entries(gateway)] == [Action.PERSON_EXPORTED, Action.SUPPRESSIONS_IMPORTED]


async def test_seen_as_a_brand_only_its_entries_are_told(gateway: Gateway) -> None:
    await gateway.record(Entry(Action.PERSON_REVEALED, ANN, "u_1", "default"), Entry(Action.PERSON_REVEALED, ANN, "u_2", "zeta"))

    assert [one.object for one in await entries(gateway.of("default"))] == ["u_1"]
    assert [one.object for one in await entries(gateway)] == ["u_1", "u_2"]


async def test_a_key_that_signs_is_derived_and_never_kept(gateway: Gateway, folder: Path) -> None:
    first, second = await gateway.witness(), await gateway.witness()

    assert first == second
    assert first.key not in (folder / "wasl.db.keys").read_text()


async def test_new_entries_are_followed(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("wasl.cli.audit._LOOKS", 0.01)
    await gateway.audit(Action.PERSON_REVEALED, "u_1")
    await gateway.audit(Action.PERSON_REVEALED, "u_2")

    following, told = asyncio.create_task(_follow(gateway, AuditFilters(), 1, json=False)), ""
    async with asyncio.timeout(5):
        while "u_2" not in told:
            await asyncio.sleep(0.01)
            told += capsys.readouterr().out
        await gateway.audit(Action.MESSAGE_REVEALED, "msg_3")
        while "msg_3" not in told:
            await asyncio.sleep(0.01)
            told += capsys.readouterr().out
    following.cancel()

    assert [line.split("  ")[-2:] for line in told.splitlines()] == [
        ["person.revealed", "u_2: a ticket"],
        ["message.revealed", "msg_3: a ticket"],
    ]
