"""Exports, on both engines: written behind the requests, whole or not at all, for one user, for a day."""

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest

from tests.databases import rows
from tests.gateway.exports.conftest import Office, Opened
from tests.gateway.scripted import ANN, NOON, Carrier, message
from wasl.audited import Action, AuditFilters
from wasl.consent import ConsentChange
from wasl.errors import Conflict, Gone, NotFound
from wasl.export_seen import ExportSeen
from wasl.exports.writing import _part
from wasl.ledger.exports import Held
from wasl.searching.tokens import Misread
from wasl.users import Role, User
from wasl_contracts import Address

BOB = {"id": "u_2", "email": "bob@example.com"}
MB = 1024 * 1024


def told(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file, as a spreadsheet opens it."""
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def accept(office: Office, count: int = 3) -> list[str]:
    """Messages to Ann; their ids, newest first."""
    return [(await office.gateway.accept(message(ANN))).id for _ in range(count)][::-1]


async def one_piece(office: Office, export: ExportSeen) -> Held | None:
    """Write one piece as a process does that dies after it."""
    exports, writing = office.gateway._open.ledger.exports, office.gateway._open.exports
    held = await exports.claim(export.id)
    assert held is not None
    return await writing._piece(held, 1)


async def test_a_hundred_thousand_rows_are_written_whole_in_bounded_memory(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.exports.writing._SHARE", 0)
    await office.many(100_000)
    begun = await office.ask()
    before = resident()

    await office.look()
    grown = resident() - before
    export = await office.seen(begun)
    count = size = 0
    async for part in await office.gateway.take_export(export):
        count, size, last = count + part.count(b"\n"), size + len(part), part

    assert (begun.state, 0 < begun.expected <= 20_000, begun.at_least) == ("writing", True, True)  # it counts for 50 ms at most
    assert (export.state, export.rows, export.bytes, count) == ("ready", 100_001, size, 100_002)
    assert last.decode().splitlines()[-1].split(",")[3:6] == ["آن", "a•••@e•••.com", "email"]
    assert grown < 32 * MB
    assert rows(office.url, "SELECT sum(length(sealed)) FROM export_parts")[0][0] < size / 5


async def test_a_small_export_is_ready_at_once_masked_and_safe_in_a_spreadsheet(office: Office) -> None:
    await office.gateway.accept(message({**ANN, "id": "آن"}, metadata={"ref": "=1042"}))
    await office.gateway.accept(message(BOB))

    export = await office.ask("person:آن")
    text = await office.text(export)

    assert (export.state, export.rows, export.expected, export.query) == ("ready", 1, 1, "person:آن")
    assert [(row["recipient"], row["ref"], row["address"]) for row in told(text)] == [("آن", "'=1042", "a•••@e•••.com")]
    assert export.bytes == len(text.encode())
    assert "ann@example.com" not in text


async def test_as_lines_of_json_it_tells_the_same_and_more(office: Office) -> None:
    await office.gateway.accept(message({**ANN, "attributes": {"name": "Ann"}}, metadata={"ref": "=1042", "store": 7}))

    text = await office.text(await office.ask(how="ndjson"))

    (line,) = map(json.loads, text.splitlines())
    assert (line["ref"], line["metadata"], line["channels"], line["marks"]) == ("=1042", {"ref": "=1042", "store": 7}, ["email", "sms"], [])
    assert "name" not in line


async def test_nothing_of_it_is_stored_in_clear(office: Office) -> None:
    await accept(office, 1)

    await office.ask("to:ann@example.com")

    stored = repr(rows(office.url, "SELECT * FROM exports")) + repr(rows(office.url, "SELECT * FROM export_parts"))
    assert "ann@" not in stored
    assert "u_1" not in stored
    assert "msg_" not in stored


async def test_a_file_without_rows_has_its_first_line(office: Office) -> None:
    empty, lines = await office.ask("person:nobody"), await office.ask("person:nobody", how="ndjson")

    assert told(await office.text(empty)) == []
    assert (empty.state, lines.state, await office.text(lines)) == ("ready", "ready", "")


async def test_what_comes_later_is_not_in_it_and_days_are_those_of_the_asking(office: Office, by_hand: None) -> None:
    ids = await accept(office)
    export = await office.ask("after:24h")
    await one_piece(office, export)

    await accept(office, 2)
    office.clock.advance(hours=20)
    await office.look()

    assert [row["id"] for row in told(await office.text(export))] == ids


async def test_after_a_crash_another_process_goes_on_and_the_late_one_changes_nothing(office: Office, by_hand: None) -> None:
    ids = await accept(office)
    export = await office.ask()
    late = await one_piece(office, export)
    assert late is not None

    await office.look()
    waited = await office.seen(export)
    office.clock.advance(seconds=16)
    await office.look()
    changed = await office.gateway._open.exports._piece(late, 1)

    assert (waited.state, waited.rows) == ("writing", 1)
    assert changed is None
    assert [row["id"] for row in told(await office.text(await office.seen(export)))] == ids


async def test_one_that_is_stopped_is_deleted_and_whoever_writes_it_loses_it(office: Office, by_hand: None) -> None:
    await accept(office)
    export = await office.ask()
    held = await one_piece(office, export)
    assert held is not None

    stopped = await office.gateway.stop_export(office.ann, export.id)
    again = await office.gateway.stop_export(office.ann, export.id)

    assert (stopped, again, (await office.seen(export)).state) == (True, False, "stopped")
    assert await office.gateway._open.exports._piece(held, 1) is None
    assert rows(office.url, "SELECT count(*) FROM export_parts") == [(0,)]
    assert rows(office.url, "SELECT length(sealed) FROM exports") == [(0,)]


@pytest.mark.parametrize(("limit", "fault"), [("MOST_ROWS", "too_many"), ("MOST_BYTES", "too_large")])
async def test_one_that_is_too_large_fails_as_a_whole_and_says_so(
    office: Office, by_hand: None, monkeypatch: pytest.MonkeyPatch, limit: str, fault: str
) -> None:
    monkeypatch.setattr(f"wasl.exports.writing.{limit}", 2)
    await accept(office)

    export = await office.ask()
    await office.look()

    seen = await office.seen(export)
    assert (seen.state, seen.fault) == ("failed", fault)
    assert rows(office.url, "SELECT count(*) FROM export_parts") == [(0,)]
    with pytest.raises(Gone):
        await office.text(export)


async def test_what_cannot_be_written_fails_and_holds_up_no_other(office: Office, by_hand: None, monkeypatch: pytest.MonkeyPatch) -> None:
    await accept(office)
    broken, whole = await office.ask(), await office.ask(how="ndjson")

    def raising(how: str, *_: object) -> bytes:
        if how == "csv":
            raise ZeroDivisionError
        return b"{}\n"

    monkeypatch.setattr("wasl.exports.writing.lines", raising)
    await office.look()

    assert [((one := await office.seen(export)).state, one.fault) for export in (broken, whole)] == [("failed", "broken"), ("ready", None)]


async def test_the_one_with_the_fewest_rows_has_its_turn_first(office: Office, by_hand: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.exports.writing._TURN", 0)
    await accept(office)
    large = await office.ask()
    await one_piece(office, large)
    small = await office.ask("person:nobody")

    first = await office.gateway._open.ledger.exports.claim()

    assert first is not None
    assert first.seen.id == small.id


async def test_while_the_disk_is_nearly_full_exports_wait(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await accept(office, 1)
    monkeypatch.setattr(office.gateway._open.exports, "_low", lambda: True)

    export = await office.ask()
    await office.look()

    assert (await office.seen(export)).state == "waiting"


async def test_a_link_is_for_nobody_else_and_cannot_be_changed(office: Office) -> None:
    await accept(office, 1)
    bob = await office.known(User(id="usr_bob", name="bob", role=Role.ADMIN, created_at=NOON))
    token = office.gateway.export_token(await office.ask())

    changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    for user, link in ((bob, token), (office.ann, changed), (office.ann, "x"), (office.ann, "")):
        with pytest.raises(NotFound):
            await office.gateway.opened_export(user, link)
    with pytest.raises(NotFound):
        await office.gateway.export_of(bob, (await office.gateway.exports_of(office.ann))[0].id)


async def test_a_link_lives_for_a_day_and_an_hour_later_nothing_is_left(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.exports.writing._CLEARS", 0)
    await accept(office, 1)
    export = await office.ask()
    office.clock.advance(hours=23, minutes=59)
    there = await office.text(export)

    office.clock.advance(minutes=1)
    with pytest.raises(Gone) as gone:
        await office.text(export)
    await office.look()
    kept = await office.gateway.exports_of(office.ann)
    office.clock.advance(hours=1, seconds=1)
    await office.look()

    assert there
    assert gone.value.code == "export_expired"
    assert [one.id for one in kept] == [export.id]
    assert rows(office.url, "SELECT count(*) FROM export_parts") == [(0,)] == rows(office.url, "SELECT count(*) FROM exports")
    with pytest.raises(Gone):
        await office.text(export)


async def test_one_that_nobody_writes_in_a_day_is_not_begun_any_more(office: Office, by_hand: None) -> None:
    await accept(office, 1)
    export = await office.ask()

    office.clock.advance(hours=24)
    await office.look()

    assert ((seen := await office.seen(export)).under_way, seen.rows) == (True, 0)


async def test_the_exports_of_a_user_who_is_removed_go_with_them(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.exports.writing._CLEARS", 0)
    await accept(office, 1)
    await office.ask()

    await office.gateway.remove_user("ann")
    await office.look()

    assert rows(office.url, "SELECT count(*) FROM export_parts") == [(0,)] == rows(office.url, "SELECT count(*) FROM exports")


async def test_an_export_that_tells_of_an_erased_person_goes_and_others_stay(office: Office) -> None:
    await accept(office, 1)
    await office.gateway.accept(message(BOB))
    await office.gateway.suppress(Address(channel="email", kind="email", value="ann@example.com"))
    theirs = [await office.ask(), await office.ask("person:u_1"), await office.suppressions()]
    others = [await office.ask("person:u_2"), await office.consents()]

    await office.gateway.erase_recipient("u_1")

    assert [(await office.seen(one)).state for one in theirs] == ["discarded"] * 3
    assert [(await office.seen(one)).state for one in others] == ["ready"] * 2
    with pytest.raises(Gone) as gone:
        await office.text(theirs[0])
    assert gone.value.code == "export_discarded"


async def test_what_is_written_while_a_person_is_erased_is_read_again(office: Office, by_hand: None) -> None:
    await office.gateway.accept(message(ANN))
    await office.gateway.accept(message(BOB))
    export = await office.ask()
    held = await one_piece(office, export)  # Bob, who came later
    writing = office.gateway._open.exports
    assert isinstance(held, Held)
    found = await writing.sources.of("messages", office.gateway.brands, held.asked).stretch(held.place, 1)
    before = _part(held, found)

    await office.gateway.erase_recipient("u_1")
    late = await office.gateway._open.ledger.exports.write(held, before)
    await office.look()

    assert b"u_1" in before.lines
    assert late is None
    assert [row["recipient"][:7] for row in told(await office.text(await office.seen(export)))] == ["u_2", "erased_"]


async def test_the_other_lists_are_exported_in_the_same_way(office: Office) -> None:
    gateway = office.gateway
    await gateway.accept(message(ANN))
    await gateway.suppress(Address(channel="email", kind="email", value="=x@example.com"), source="=1+1", all_brands=True)
    for granted in (True, False):
        change = ConsentChange(
            topic="*", channel="email", state="granted" if granted else "withdrawn", wording="نعم، أوافق", ip="192.0.2.7"
        )
        await gateway.record_consent("u_1", [change])

    listed = told(await office.text(await office.suppressions()))
    consents = told(await office.text(await office.consents(state="granted")))
    person = told(await office.text(await office.consents(recipient="u_1")))
    audit = told(await office.text(await office.audit(Action.SUPPRESSION_ADDED)))

    assert [(row["address"], row["source"], row["brand"]) for row in listed] == [("'=•••@e•••.com", "'=1+1", "*")]
    assert [(row["recipient"], row["state"], row["wording"], row["ip"]) for row in consents] == [
        ("u_1", "granted", "نعم، أوافق", "192.0.•••")
    ]
    assert [row["state"] for row in person] == ["granted", "withdrawn"]
    assert [(row["action"], row["kind"], json.loads(row["facts"])["listed_for"]) for row in audit] == [
        ("suppression.added", "app", "suppressed_manual")
    ]


async def test_every_list_goes_on_over_pieces_and_has_each_row_once(office: Office, by_hand: None) -> None:
    gateway = office.gateway
    await gateway.accept(message(ANN))
    for number in range(3):
        await gateway.suppress(f"p{number}@example.com", all_brands=number == 2)
        await gateway.record_consent("u_1", [ConsentChange(channel=("*", "email", "sms")[number], state="granted")])
    asked = [
        await office.suppressions(),
        await office.consents(),
        await office.audit(Action.SUPPRESSION_ADDED),
    ]

    await office.look()

    assert [len({tuple(row.values()) for row in told(await office.text(await office.seen(one)))}) for one in asked] == [3, 3, 3]
    assert [(await office.seen(one)).rows for one in asked] == [3, 3, 3]


async def test_a_user_has_a_few_at_a_time(office: Office, by_hand: None) -> None:
    for _ in range(5):
        await office.ask()

    with pytest.raises(Conflict):
        await office.ask()
    with pytest.raises(Misread):
        await office.ask("statsu:failed")
    assert len(await office.gateway.exports_of(office.ann)) == 5


async def test_asking_taking_and_stopping_are_told_to_the_audit_and_the_query_is_not(office: Office) -> None:
    export = await office.ask("to:ann@example.com")
    await office.text(export)
    await office.gateway.stop_export(office.ann, export.id)

    entries = (await office.gateway.audited(AuditFilters(object=export.id))).data

    assert [entry.action for entry in entries] == [Action.EXPORT_STOPPED, Action.EXPORT_TAKEN, Action.MESSAGES_EXPORTED]
    assert (entries[2].facts["format"], entries[2].facts["query_length"]) == ("csv", len("to:ann@example.com"))
    assert "ann@" not in repr(entries)


async def test_the_worker_writes_what_was_asked_elsewhere(
    office: Office, by_hand: None, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.exports.writing._EVERY", 0.01)
    await accept(office)
    export = await office.ask()

    await opened({"mail": Carrier("email"), "text": Carrier("sms")}, clock=office.clock)
    async with asyncio.timeout(5):
        while (await office.seen(export)).under_way:  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.01)

    assert (await office.seen(export)).rows == 3
