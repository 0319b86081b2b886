"""The verbs of the suppression list, on both engines."""

import base64
import csv
import io
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.databases import changed, rows
from tests.gateway.scripted import EMAIL, NOON, Carrier, FakeClock, Script, message, outcome
from wasl.api import Gateway
from wasl.clock import micros
from wasl.errors import Conflict, NotFound, Refused
from wasl.ledger.callbacks import Arrival
from wasl.ledger.reports import Report, Whose
from wasl.suppression import TRY_AGAIN, Listed, Named, Origin, tried_lately
from wasl_contracts import Address, Reason, Rejected, State

Opened = Callable[..., Awaitable[Gateway]]
MAIL = {"mail": Carrier("email"), "text": Carrier("sms"), "device": Carrier("push"), "slack": Carrier("chat")}
ANN = "ann@example.com"
TOPICS = {"offers": {"category": "promotional", "consent": "implied", "quiet_hours": False, "caps": False}}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def gateway(opened: Opened, clock: FakeClock) -> Gateway:
    return await opened(MAIL, worker=False, clock=clock, topics=TOPICS)


async def test_an_address_is_put_on_the_list_and_shown_with_its_history(gateway: Gateway) -> None:
    message_id = "msg_0198c7a1b2c3"
    note = "اتصلت بنا، ولا تريد رسائل"

    told = await gateway.suppress(ANN, Reason.SUPPRESSED_COMPLAINT, note=note, message_id=message_id, actor="support", source="console")
    shown = await gateway.suppression(told.id)

    (row,), (change,) = shown.data, shown.history
    assert (shown.channel, shown.address, row.reason, row.scope, row.since) == (
        "email",
        "a•••@e•••.com",
        "suppressed_complaint",
        None,
        NOON,
    )
    assert (change.change, change.source, change.actor, change.message_id, change.note) == ("added", "console", "support", message_id, note)
    assert told == shown == await gateway.suppression(EMAIL) == await gateway.suppression(Named(address=ANN))


def add_key(folder: Path) -> None:
    for file in folder.glob("*.keys"):
        ring = json.loads(file.read_text())
        file.write_text(json.dumps({"current": 2, "keys": {**ring["keys"], "2": base64.b64encode(b"n" * 32).decode()}}))


async def test_an_address_stays_on_the_list_when_a_new_key_takes_over(opened: Opened, folder: Path) -> None:
    before = await opened(MAIL, worker=False, topics=TOPICS)
    await before.suppress(ANN, Reason.SUPPRESSED_COMPLAINT)
    add_key(folder)

    after = await opened(MAIL, topics=TOPICS)

    withheld = await outcome(after, message({"email": ANN}))
    assert withheld.reason is not None
    assert withheld.reason.code is Reason.SUPPRESSED_COMPLAINT
    assert (await outcome(after, message({"email": "bob@example.com"}))).state is State.SENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ANN@Example.COM", ANN),
        ("ann@bücher.example.com", "ann@xn--bcher-kva.example.com"),
        ("مثال@مثال.السعودية", "مثال@xn--mgbh0fb.xn--mgberp4a5d4ar"),
        ("+966 50 123 4567", "+966501234567"),
    ],
)
async def test_every_spelling_of_an_address_is_the_same(gateway: Gateway, one: str, other: str) -> None:
    await gateway.suppress(one)

    assert (await gateway.suppress(other)).data == (await gateway.suppression(one)).data
    assert len((await gateway.suppressions()).data) == 1


async def test_nothing_of_an_address_or_a_note_is_stored_in_clear(gateway: Gateway, database: str) -> None:
    await gateway.suppress("abdullah@example.com", note="abdullah called")
    await gateway.unsuppress("abdullah@example.com", "abdullah called again")

    stored = rows(database, "SELECT * FROM suppressions") + rows(database, "SELECT * FROM suppression_changes")

    assert len(stored) == 2
    assert "abdullah" not in str(stored)
    assert all(b"abdullah" not in value for row in stored for value in row if isinstance(value, bytes))


async def test_only_what_is_meant_is_taken_off_and_the_history_says_why(gateway: Gateway, clock: FakeClock) -> None:
    await gateway.suppress(ANN, Reason.SUPPRESSED_BOUNCE)
    await gateway.suppress(ANN, Reason.SUPPRESSED_UNSUBSCRIBE, scope="promotional")
    clock.advance(seconds=1)

    left = await gateway.unsuppress(ANN, "The mailbox is back.", listed_for=Reason.SUPPRESSED_BOUNCE, actor="support")
    gone = await gateway.unsuppress(ANN, "She asked for it.", scope="promotional")

    assert [(row.reason, row.scope) for row in left.data] == [("suppressed_unsubscribe", "promotional")]
    assert (gone.data, gone.address) == ((), "a•••@e•••.com")
    assert [(change.change, change.note) for change in gone.history[2:]] == [
        ("removed", "The mailbox is back."), ("removed", "She asked for it."),
    ]  # fmt: skip


async def test_what_is_not_on_the_list_is_not_found(gateway: Gateway) -> None:
    with pytest.raises(NotFound):
        await gateway.suppression(ANN)
    with pytest.raises(NotFound):
        await gateway.unsuppress(ANN, "why not")
    await gateway.suppress(ANN, scope="service")
    with pytest.raises(NotFound, match="not on the list like that"):
        await gateway.unsuppress(ANN, "why not", scope="promotional")
    await gateway.unsuppress(ANN, "why not")
    with pytest.raises(NotFound, match="not on the suppression list"):
        await gateway.unsuppress(ANN, "why not")


@pytest.mark.parametrize(
    ("told", "pointer", "code"),
    [
        ({"address": "nobody"}, "/channel", "channel_missing"),
        ({"address": "a@b@c"}, "/address", "invalid_address"),
        ({"address": "a@b.c, d@e.f"}, "/address", "one_address_expected"),
        ({"address": "+1"}, "/address", "bad_recipient"),
        ({"address": "ann@example.com\r\nBcc: x"}, "/address", "header_injection"),
        ({"address": "x\0"}, "/address", "header_injection"),
        ({"address": Address(channel="sms", kind="email", value=ANN)}, "/channel", "wrong_channel"),
        ({"address": Address(channel="fax", kind="fax", value="1")}, "/kind", "unknown_kind"),
        ({"address": ANN, "reason": Reason.EXPIRED}, "/reason", "bad_value"),
        ({"address": ANN, "scope": "news"}, "/scope", "bad_value"),
        ({"address": ANN, "expires_at": NOON}, "/expires_at", "out_of_range"),
        ({"address": ANN, "note": "x\0"}, "/note", "nul_character"),
        ({"address": ANN, "note": "x" * 1001}, "/note", "too_long"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_kept(gateway: Gateway, told: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await gateway.suppress(**told)

    assert [(problem.pointer, problem.code) for problem in refused.value.errors] == [(pointer, code)]
    assert str(told["address"]) not in str(refused.value).replace("like ann@example.com", "")
    assert (await gateway.suppressions()).data == ()


@pytest.mark.parametrize("reason", ["", "x" * 1001, "x\0"])
async def test_taking_off_needs_a_reason(gateway: Gateway, reason: str) -> None:
    await gateway.suppress(ANN)

    with pytest.raises(Refused) as refused:
        await gateway.unsuppress(ANN, reason)

    assert refused.value.errors[0].pointer == "/reason"


async def test_the_list_of_all_brands_is_seen_by_each_and_changed_only_when_said(
    gateway: Gateway, opened: Opened, clock: FakeClock
) -> None:
    other = await opened(MAIL, worker=False, clock=clock, brand="other")
    await gateway.suppress(ANN, all_brands=True)
    await gateway.suppress("bo@example.com")

    assert [(row.brand, row.address) for row in (await other.suppressions()).data] == [("*", "a•••@e•••.com")]
    assert len((await gateway.suppressions()).data) == 2
    with pytest.raises(Conflict) as conflict:
        await other.unsuppress(ANN, "mistake")
    with pytest.raises(NotFound):
        await other.suppression("bo@example.com")
    await other.unsuppress(ANN, "mistake", all_brands=True)

    assert conflict.value.code == "all_brands"
    assert (await other.suppressions()).data == ()


async def test_the_list_is_read_newest_first_page_by_page_without_gaps(gateway: Gateway, clock: FakeClock) -> None:
    for n in range(7):
        clock.advance(seconds=n % 2)  # some at the same moment
        await gateway.suppress(f"p{n}@example.com", all_brands=n % 3 == 0)
        await gateway.suppress(f"p{n}@example.com", scope="service")
    seen, cursor = [], None

    while True:
        page = await gateway.suppressions(limit=3, cursor=cursor)
        seen += page.data
        cursor = page.next_cursor
        if cursor is None:
            break

    assert len(seen) == len({(row.id, row.scope, row.brand) for row in seen}) == 14
    assert [row.since for row in seen] == sorted((row.since for row in seen), reverse=True)
    assert tuple(seen) == (await gateway.suppressions(limit=100)).data


async def test_the_list_is_narrowed_to_a_channel_a_reason_or_an_address_and_what_has_run_out_is_not_on_it(
    gateway: Gateway, clock: FakeClock
) -> None:
    await gateway.suppress(ANN)
    phone = await gateway.suppress("+966501234567", Reason.SUPPRESSED_INVALID)
    await gateway.suppress("bo@example.com", expires_at=NOON + timedelta(seconds=1))
    clock.advance(seconds=1)

    async def listed(**how: Any) -> list[str]:
        return [row.address for row in (await gateway.suppressions(Listed(**how))).data]

    assert await listed(channel="sms") == await listed(reason="suppressed_invalid") == await listed(address=phone.id) == ["+9665•••••67"]
    assert await listed(address="ANN@example.com") == await listed(channel="email") == ["a•••@e•••.com"]
    assert await listed(address="bo@example.com") == await listed(address=ANN, channel="email", reason="suppressed_bounce") == []
    assert (await gateway.suppression("bo@example.com")).data == ()


async def test_the_rows_of_one_address_are_paged_too(gateway: Gateway, clock: FakeClock) -> None:
    for reason in (Reason.SUPPRESSED_BOUNCE, Reason.SUPPRESSED_COMPLAINT, Reason.SUPPRESSED_MANUAL):
        clock.advance(seconds=1)
        await gateway.suppress(ANN, reason)

    first = await gateway.suppressions(Listed(address=ANN), limit=2)
    second = await gateway.suppressions(Listed(address=ANN), limit=2, cursor=first.next_cursor)

    assert [row.reason for row in (*first.data, *second.data)] == [
        "suppressed_manual", "suppressed_complaint", "suppressed_bounce",
    ]  # fmt: skip
    assert (first.has_more, second.has_more) == (True, False)


@pytest.mark.parametrize("cursor", ["x", "", "AAAA", "é"])
async def test_a_foreign_cursor_is_refused(gateway: Gateway, opened: Opened, clock: FakeClock, cursor: str) -> None:
    other = await opened(MAIL, worker=False, clock=clock, brand="other")
    for n in range(2):
        await other.suppress(f"p{n}@example.com")
    given = (await other.suppressions(limit=1)).next_cursor

    for wrong in (cursor, given):
        with pytest.raises(Refused) as refused:
            await gateway.suppressions(cursor=wrong)
        assert refused.value.errors[0].code == "bad_cursor"


# What comes of it


async def test_scope_and_expiry_decide_what_is_sent(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email")}, topics=TOPICS, clock=clock)
    await gateway.suppress(ANN, Reason.SUPPRESSED_UNSUBSCRIBE, scope="promotional", all_brands=True)
    await gateway.suppress("bo@example.com", expires_at=NOON + timedelta(seconds=1))

    offer, order = [await outcome(gateway, message(topic=topic, channels=["email"])) for topic in ("offers", "default")]
    held = await outcome(gateway, message({"id": "u_2", "email": "bo@example.com"}, channels=["email"]))
    clock.advance(seconds=1)
    later = await outcome(gateway, message({"id": "u_2", "email": "bo@example.com"}, channels=["email"]))

    assert (offer.state, order.state, held.state, later.state) == (State.WITHHELD, State.SENT, State.WITHHELD, State.SENT)
    (verdict,) = [one for one in offer.decisions[0].candidates[0].verdicts if one.policy == "suppression"]
    assert (verdict.source, verdict.reason) == ("api", "suppressed_unsubscribe")
    assert verdict.inputs["row"] == (await gateway.suppression(ANN)).id


async def test_an_address_that_the_provider_called_dead_is_on_the_list_and_can_be_taken_off(opened: Opened) -> None:
    mail = Carrier("email", Script(Rejected(Reason.INVALID_ADDRESS, "address", "5.1.1")))
    gateway = await opened({"mail": mail})

    failed = await outcome(gateway, message(channels=["email"]))
    withheld = await outcome(gateway, message(channels=["email"]))
    story = await gateway.unsuppress(ANN, "The mailbox is back.")
    sent = await outcome(gateway, message(channels=["email"]))

    assert (failed.state, withheld.state, sent.state) == (State.FAILED, State.WITHHELD, State.SENT)
    assert withheld.reason is not None
    assert withheld.reason.code is Reason.SUPPRESSED_INVALID
    assert [(change.change, change.source, change.message_id) for change in story.history] == [
        ("added", "mail 5.1.1", failed.id), ("removed", "api", None),
    ]  # fmt: skip


# Files


JUNK = "\n".join(
    [
        "channel,address,reason,scope,expires_at,note",
        "email,ann@example.com,bounce,,,first",
        "sms,+966501234567,Complaint,promotional,2027-01-01T00:00:00Z,اتصلت بنا",
        ",bo@bücher.example.com,,,,",
        ",bo@xn--bcher-kva.example.com,,,,the same",
        "email,not an address,,,,",
        "email,secret@example.com,because,,,",
        "email,late@example.com,,,2020-01-01T00:00:00Z,",
        "email,when@example.com,,,tomorrow,",
        'email,"quote@example.com,,,,',
        "email,nul@example.com,,,,x\0y",
        "push,token-1,,,,",
        "chat,U123,,,,",
        "fax,123,,,,",
        "",
        "email,last@example.com,suppressed_manual,otp,,",
    ]
)


async def imported(gateway: Gateway, text: str | bytes, **how: Any) -> Any:
    return await gateway.import_suppressions(text.encode() if isinstance(text, str) else text, **how)


async def test_a_file_is_imported_line_by_line_and_the_dry_run_tells_the_same_numbers(gateway: Gateway) -> None:
    foretold = await imported(gateway, JUNK, dry_run=True)
    assert (await gateway.suppressions()).data == ()
    done = await imported(gateway, JUNK, origin=Origin("import list.csv", "ann"))

    assert foretold == done.model_copy(update={"dry_run": True})
    assert (done.lines, done.new, done.already_there, done.repeated, done.invalid) == (14, 5, 0, 1, 8)
    assert [(problem.line, problem.column, problem.code) for problem in done.problems] == [
        (6, "address", "invalid_address"), (7, "reason", "bad_value"), (8, "expires_at", "out_of_range"), (9, "expires_at", "bad_time"),
        (10, None, "bad_quotes"), (11, "note", "nul_character"), (13, "kind", "kind_missing"), (14, "channel", "unknown_channel"),
    ]  # fmt: skip
    assert not any(name in done.model_dump_json() for name in ("secret", "late@", "quote@", "nul@", "U123"))
    seen = {row.address: (row.reason, row.scope) for row in (await gateway.suppressions()).data}
    assert seen["+9665•••••67"] == ("suppressed_complaint", "promotional")
    assert seen["b•••@b•••.com"] == ("suppressed_import", None)
    assert (await gateway.suppression("+966501234567")).history[0].note == "اتصلت بنا"


async def test_the_same_file_again_changes_nothing(gateway: Gateway) -> None:
    await imported(gateway, JUNK)
    before = (await gateway.suppressions()).data

    foretold, again = await imported(gateway, JUNK, dry_run=True), await imported(gateway, JUNK)

    assert (again.new, again.already_there, again.repeated, again.invalid) == (0, 5, 1, 8)
    assert foretold == again.model_copy(update={"dry_run": True})
    assert (await gateway.suppressions()).data == before
    assert len((await gateway.suppression(ANN)).history) == 1


async def test_repeated_lines_count_once_and_the_longest_holds_in_any_batch(
    gateway: Gateway, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.suppression_import._BATCH", 2)
    lines = [
        f"ann@example.com,{end}" for end in ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z", "2026-04-01T00:00:00Z")
    ]
    text = "\n".join(["address,expires_at", *lines, "bo@example.com,"])

    foretold, done = await imported(gateway, text, dry_run=True), await imported(gateway, text)
    longer = await imported(gateway, "address,expires_at\nann@example.com,")

    assert foretold == done.model_copy(update={"dry_run": True})
    assert (done.new, done.repeated, longer.extended) == (2, 3, 1)
    assert rows(database, "SELECT expires_at FROM suppressions") == [(None,), (None,)]


async def test_a_file_that_is_wrong_as_a_whole_is_refused_and_nothing_is_kept(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.suppression_import.MOST_LINES", 3)

    for text, code in (
        ("ann@example.com\n", "unknown_column"),
        ("", "missing_column"),
        ("address\n" + "ann@example.com\n" * 3, "too_many"),
    ):
        with pytest.raises(Refused) as refused:
            await imported(gateway, text)
        assert (refused.value.code, "ann@" in str(refused.value)) == (code, False)

    assert (await gateway.suppressions()).data == ()


async def test_only_the_first_thousand_problems_are_told_and_all_are_counted(gateway: Gateway) -> None:
    done = await imported(gateway, "address\n" + "nobody\n" * 1500)

    assert (done.invalid, len(done.problems)) == (1500, 1000)


async def test_an_export_has_hashes_and_masked_forms_and_nothing_that_a_spreadsheet_computes(gateway: Gateway) -> None:
    await gateway.suppress("=cmd|x@example.com", note="private", source="=1+1")
    await gateway.suppress("+966501234567", all_brands=True, scope="otp", expires_at=NOON + timedelta(days=1))

    text = "".join([part async for part in gateway.export_suppressions()])

    listed = list(csv.DictReader(io.StringIO(text)))
    assert [(row["channel"], row["address"], row["scope"], row["brand"], row["source"]) for row in listed] == [
        ("email", "'=•••@e•••.com", "", "default", "'=1+1"), ("sms", "'+9665•••••67", "otp", "*", "api"),
    ]  # fmt: skip
    assert "cmd" not in text
    assert "private" not in text
    ids = {f"sup_{row['channel']}_{row['address_hash']}" for row in listed}
    assert ids == {row.id for row in (await gateway.suppressions()).data}


async def test_an_export_is_taken_back_as_after_a_restore_but_not_what_was_changed_in_it(gateway: Gateway) -> None:
    await gateway.suppress(ANN, Reason.SUPPRESSED_COMPLAINT, scope="promotional")
    await gateway.suppress("+966501234567")
    text = "".join([part async for part in gateway.export_suppressions()])
    for address in (ANN, "+966501234567"):
        await gateway.unsuppress(address, "as if restored from before")

    back = await imported(gateway, text)
    changed = await imported(gateway, text.replace("a•••@e•••.com", "ann@example.com"))
    foreign = await imported(gateway, "channel,address,address_hash\nemail,a•••@e•••.com,01" + "0" * 32)

    assert (back.new, back.invalid, changed.invalid, foreign.invalid) == (2, 0, 1, 1)
    assert {problem.code for problem in (*changed.problems, *foreign.problems)} == {"foreign_hash"}
    assert [(row.reason, row.scope, row.address) for row in (await gateway.suppression(ANN)).data] == [
        ("suppressed_complaint", "promotional", "a•••@e•••.com")
    ]


async def test_a_long_list_is_exported_whole(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.ledger.suppression_list._EXPORTED", 3)
    await imported(gateway, "address\n" + "".join(f"p{n}@example.com\n" for n in range(10)))
    await imported(gateway, "address\n" + "".join(f"p{n}@example.com\n" for n in range(4)), all_brands=True)

    text = "".join([part async for part in gateway.export_suppressions()])

    assert len(set(text.splitlines())) == 15


FAR = "9999-12-31T23:59:59-14:00"


async def test_an_end_that_no_calendar_reaches_is_refused(gateway: Gateway, database: str) -> None:
    for end in (FAR, "2200-01-01T00:00:00Z"):
        with pytest.raises(Refused) as refused:
            await gateway.suppress(ANN, expires_at=end)  # type: ignore[arg-type]  # as JSON has it
        imported = await gateway.import_suppressions(f"address,expires_at\n{ANN},{end}\n".encode())

        assert [(one.pointer, one.code) for one in refused.value.errors] == [("/expires_at", "out_of_range")]
        assert (imported.new, imported.problems[0].code) == (0, "out_of_range")
    assert rows(database, "SELECT count(*) FROM suppressions") == [(0,)]


async def test_a_stored_end_that_no_calendar_reaches_breaks_no_reading(gateway: Gateway, database: str) -> None:
    told = await gateway.suppress(ANN)
    await changed(database, "UPDATE suppressions SET expires_at = 253402390799000000")
    await changed(database, "UPDATE suppression_changes SET expires_at = 253402390799000000")

    (row,) = (await gateway.suppression(told.id)).data
    explained = await gateway.explain(to={"email": ANN, "timezone": "Asia/Riyadh"}, content={"body": "Hello"})

    assert (row.expires_at is not None and row.expires_at.year, explained.verdict) == (9999, "withhold")
    assert len((await gateway.suppressions()).data) == 1
    assert "9999-01-02" in "".join([part async for part in gateway.export_suppressions()])
    assert not (await gateway.unsuppress(ANN, "by mistake")).data


async def test_a_file_of_an_old_mac_is_imported(gateway: Gateway) -> None:
    imported = await gateway.import_suppressions(b"address,reason\rann@example.com,bounce\rbob@example.com,\r")

    assert (imported.lines, imported.new, imported.invalid) == (2, 2, 0)


async def test_a_bad_reason_in_a_file_is_told_with_the_six_that_there_are(gateway: Gateway) -> None:
    imported = await gateway.import_suppressions(f"address,reason\n{ANN},nonsense\n".encode())

    (problem,) = imported.problems
    assert (problem.column, problem.message.count("suppressed_"), "paused" in problem.message) == ("reason", 6, False)


async def test_what_bounces_again_is_back_at_once_and_remembered_as_tried(opened: Opened, clock: FakeClock) -> None:
    refused = Rejected(Reason.SUPPRESSED_BOUNCE, "address", "550")
    gateway = await opened({"mail": Carrier("email", Script(then=refused))}, clock=clock)
    await outcome(gateway, message())
    taken = await gateway.unsuppress(ANN, "they say that it works")
    clock.advance(hours=1)

    await outcome(gateway, message())

    story = await gateway.suppression(ANN)
    assert ([row.reason for row in taken.data], len(story.data)) == ([], 1)
    assert [change.change for change in story.history] == ["added", "removed", "added"]
    tried = tried_lately(story, clock.now())
    assert tried is not None
    assert tried - NOON < timedelta(seconds=1)
    assert tried_lately(story, tried + TRY_AGAIN) is None
    assert await gateway.wrote_since(story) is None

    clock.advance(hours=1)
    at = micros(clock.now())
    whose = Whose("email", story.id.rpartition("_")[2], "a•••@e•••.com")
    report = Report(provider="mail", key="k", kind="replied", at=at, whose=whose)
    await gateway._open.receipts.callbacks.put(Arrival("cbk_1", "mail", at, b"", "k", (report,)))

    assert await gateway.wrote_since(story) == clock.now()


async def test_taking_off_what_somebody_asked_for_is_no_try(gateway: Gateway, clock: FakeClock) -> None:
    await gateway.suppress(ANN, Reason.SUPPRESSED_UNSUBSCRIBE)

    story = await gateway.unsuppress(ANN, "they agreed again")

    assert tried_lately(story, clock.now()) is None
