"""Messages with files, from acceptance to what the provider gets, on each engine."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.databases import changed, rows
from tests.gateway.brands.faces import written
from tests.gateway.outbound.sites import ok, site
from tests.gateway.scripted import ANN, Carrier, FakeClock, Script, calls, message, outcome
from wasl.api import Gateway, Submission
from wasl.errors import IdempotencyMismatch, Refused
from wasl.files import carrying
from wasl_contracts import Capabilities, Delivery, Message, Reason, Receipt, State, Unavailable

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"invoice " * 100
BOB = {"id": "u_2", "email": "bob@example.com"}
LOCAL = {"allow": ["127.0.0.2"], "http": True}
Opened = Callable[..., Awaitable[Gateway]]


def mail(*lines: Any) -> Carrier:
    return Carrier("email", Script(*lines), Capabilities(attachments=True))


def text() -> Carrier:
    return Carrier("sms")


def inline(content: bytes = PDF, name: str = "invoice.pdf", **more: str) -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode(), **more}


def refused(raised: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in raised.value.errors]


def stored(gateway: Gateway, database: str) -> list[tuple[Any, ...]]:
    return rows(database, "SELECT id, media_type, size FROM files ORDER BY id")


async def test_a_stored_file_goes_along_under_the_name_that_the_message_gives_it(opened: Opened, database: str) -> None:
    provider = mail()
    gateway = await opened({"mail": provider})

    file = await gateway.files.put(PDF, "application/pdf")
    seen = await outcome(gateway, message(attachments=[{"file": file.id, "name": "فاتورة.pdf"}]))

    assert (file.size, file.media_type, file.sha256) == (len(PDF), "application/pdf", hashlib.sha256(PDF).hexdigest())
    assert seen.deliveries[0].state is State.SENT
    (attachment,) = provider.script.calls[0].attachments
    assert (attachment.name, attachment.media_type, attachment.content) == ("فاتورة.pdf", "application/pdf", PDF)


async def test_a_file_in_the_message_is_on_disk_with_it_encrypted(opened: Opened, database: str) -> None:
    provider = mail()
    gateway = await opened({"mail": provider}, worker=False)

    await gateway.accept(message(attachments=[inline(), inline(b"a,b\n1,2\n", "table.csv")]))

    assert [(kind, size) for _, kind, size in sorted(stored(gateway, database), key=lambda row: row[2])] == [
        ("text/plain", 8), ("application/pdf", len(PDF)),
    ]  # fmt: skip
    for (sealed,) in rows(database, "SELECT sealed FROM file_contents"):
        assert b"invoice" not in bytes(sealed)
    ((body,),) = rows(database, "SELECT body FROM messages")
    assert "text/csv" in body
    assert base64.b64encode(PDF).decode()[:40] not in body


async def test_the_same_bytes_are_one_file_of_a_brand_whoever_has_them(opened: Opened, database: str) -> None:
    gateway = await opened({"mail": mail()}, worker=False)
    file = await gateway.files.put(PDF)

    await gateway.accept_many([Submission(message(to, attachments=[inline()])) for to in (ANN, BOB, ANN)])
    await gateway.accept(message(BOB, attachments=[inline(), {"file": file.id, "name": "again.pdf"}]))

    assert [row[0] for row in stored(gateway, database)] == [file.id]
    assert len(rows(database, "SELECT 1 FROM message_files")) == 4


async def test_a_batch_with_files_stays_in_order_and_one_that_is_refused_stops_no_other(opened: Opened) -> None:
    gateway = await opened({"mail": mail()}, worker=False)
    program = inline(b"MZ\x90\0" + b"\0" * 60, "a.pdf")
    unknown = {"file": "file_" + "0" * 34, "name": "a.pdf"}

    found = await gateway.accept_many(
        [Submission(message(attachments=files)) for files in ([inline()], [], [inline(), program], [unknown], [inline(b"hello", "a.txt")])]
    )

    codes = [getattr(one, "code", "accepted") for one in found]
    assert codes == ["accepted", "accepted", "attachment_rejected", "unknown_file", "accepted"]


@pytest.mark.parametrize(
    ("files", "problems"),
    [
        ([inline(b"MZ\x90\0" + b"\0" * 60)], [("/attachments/0/content", "attachment_rejected")]),
        ([inline(), inline(name="a.exe")], [("/attachments/1/content", "attachment_rejected")]),
        ([inline(name="a.png"), inline(media_type="image/png")], [(f"/attachments/{n}/content", "attachment_rejected") for n in (0, 1)]),
        ([{"file": "file_" + "0" * 34, "name": "a"}], [("/attachments/0/file", "unknown_file")]),
        ([{"url": "http://acme.example/a", "name": "a"}], [("/attachments/0/url", "bad_url")]),
        ([{"url": "https://169.254.169.254/a", "name": "a"}], [("/attachments/0/url", "blocked_address")]),
        ([{"url": "https://acme.example/a", "name": "a.exe"}], [("/attachments/0/url", "attachment_rejected")]),
    ],
)
async def test_a_file_that_cannot_be_sent_is_refused_with_its_place(
    sqlite: Opened, files: list[dict[str, str]], problems: list[tuple[str, str]]
) -> None:
    gateway = await sqlite({"mail": mail()}, worker=False)

    for ask in (gateway.accept(message(attachments=files)), gateway.explain(to=ANN, content={"body": "a"}, attachments=files)):
        with pytest.raises(Refused) as raised:
            await ask

        assert refused(raised) == problems


async def test_a_file_by_url_is_fetched_once_and_pinned(sqlite: Opened) -> None:
    provider = mail(Unavailable())
    async with site(ok(PDF)) as there:
        gateway = await sqlite({"mail": provider}, outbound={**LOCAL, "ports": [there.port]})

        seen = await outcome(gateway, message(attachments=[{"url": f"http://127.0.0.2:{there.port}/a", "name": "invoice.pdf"}]))

    assert seen.deliveries[0].state is State.SENT
    assert [[one.content for one in call.attachments] for call in provider.script.calls] == [[PDF], [PDF]]
    assert len(there.heads) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "attachment_unavailable"),
        (b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", "attachment_unavailable"),
        (b"", "attachment_unavailable"),
        (ok(b"MZ\x90\0" + b"\0" * 60), "attachment_rejected"),
        (ok(b"<html></html>"), "attachment_rejected"),
        (ok(b""), "attachment_rejected"),
    ],
)
async def test_a_url_that_does_not_give_the_file_keeps_nothing(sqlite: Opened, answer: bytes, code: str) -> None:
    async with site(answer) as there:
        gateway = await sqlite({"mail": mail()}, worker=False, outbound={**LOCAL, "ports": [there.port]})
        with pytest.raises(Refused) as raised:
            await gateway.accept(message(attachments=[{"url": f"http://127.0.0.2:{there.port}/a", "name": "invoice.pdf"}]))

    assert refused(raised) == [("/attachments/0/url", code)]
    assert str(there.port) not in raised.value.message


async def test_all_urls_of_a_message_share_one_time_and_one_brand_holds_up_no_other(
    sqlite: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("wasl.files.enclosing._SECONDS", 0.25)
    brands = written(tmp_path / "brands", {"acme": 'title = "Acme"', "beta": 'title = "Beta"'})

    async def slow(head: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0 if b"/quick" in head else 0.15)
        writer.write(ok(PDF))
        await writer.drain()

    async with site(slow) as there:
        gateway = await sqlite({"mail": mail()}, worker=False, brands=brands, outbound={**LOCAL, "ports": [there.port]})

        def asked(brand: str, *ways: str) -> Message:
            files = [{"url": f"http://127.0.0.2:{there.port}/{way}", "name": "invoice.pdf"} for way in ways]
            return message(brand=brand, attachments=files)

        held = [asyncio.create_task(gateway.accept(asked("acme", "a", "b"))) for _ in range(4)]
        await asyncio.sleep(0.02)
        await gateway.of("beta").accept(asked("beta", "quick"))
        others_waited = sum(task.done() for task in held)
        told = await asyncio.gather(*held, return_exceptions=True)

    assert others_waited == 0
    assert [[one.code for one in error.errors] for error in told if isinstance(error, Refused)] == [["attachment_unavailable"]] * 4


async def test_files_that_are_too_large_together_are_refused(sqlite: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.files.enclosing.LARGEST", 1000)
    gateway = await sqlite({"mail": mail()}, worker=False)

    with pytest.raises(Refused) as together:
        await gateway.accept(message(attachments=[inline(), inline(PDF + b"2")]))
    with pytest.raises(Refused) as alone:
        await gateway.files.put(PDF * 2)

    assert refused(together) == [("/attachments", "attachment_rejected")]
    assert refused(alone) == [("", "attachment_rejected")]


async def test_a_repetition_gets_the_first_answer_though_its_url_is_gone(sqlite: Opened) -> None:
    async with site(ok(PDF)) as there:
        gateway = await sqlite({"mail": mail()}, worker=False, outbound={**LOCAL, "ports": [there.port]})
        given = message(attachments=[{"url": f"http://127.0.0.2:{there.port}/a", "name": "invoice.pdf"}])
        first = await gateway.accept(given, "key")

    again = await gateway.accept(given, "key")
    with pytest.raises(IdempotencyMismatch):
        await gateway.accept(message(attachments=[inline()]), "key")

    assert (again.id, again.replayed) == (first.id, True)


async def test_a_channel_that_carries_no_files_is_passed_over_with_its_reason(sqlite: Opened) -> None:
    sms, email = text(), mail()
    gateway = await sqlite({"text": sms, "mail": email}, routes={"default": {"channels": ["sms", "email"]}})

    seen = await outcome(gateway, message(attachments=[inline()]))

    assert calls(sms, email) == [0, 1]
    missed = {way.channel: way.reason for way in seen.decisions[0].candidates if way.reason is not None}
    assert missed["sms"] is Reason.ATTACHMENTS_UNSUPPORTED


async def test_without_a_channel_that_carries_files_it_fails_and_says_so(sqlite: Opened) -> None:
    sms = text()
    gateway = await sqlite({"text": sms})
    given = message(attachments=[inline()])

    seen = await outcome(gateway, given)
    foreseen = await gateway.explain(to=ANN, content={"body": "a"}, attachments=[inline()])

    assert (seen.state, seen.reason and seen.reason.code) == (State.FAILED, Reason.ATTACHMENTS_UNSUPPORTED)
    assert foreseen.reason is not None
    assert foreseen.reason.code is Reason.ATTACHMENTS_UNSUPPORTED
    assert calls(sms) == [0]


async def test_optional_files_are_left_out_where_nobody_carries_them(sqlite: Opened) -> None:
    sms = text()
    gateway = await sqlite({"text": sms})

    seen = await outcome(gateway, message(attachments=[inline()], attachments_optional=True))

    assert seen.deliveries[0].state is State.SENT
    assert sms.script.calls[0].attachments == ()


async def test_of_the_providers_of_a_channel_the_one_that_carries_files_sends(sqlite: Opened) -> None:
    plain, able = Carrier("email"), mail()
    gateway = await sqlite({"plain": plain, "able": able}, channels={"email": ["plain", "able"]})

    await outcome(gateway, message(attachments=[inline()]))
    await outcome(gateway, message())

    assert calls(plain, able) == [1, 1]


async def test_a_message_whose_file_is_gone_fails_and_says_so(sqlite: Opened, folder: Path) -> None:
    provider, clock = mail(), FakeClock()
    gateway = await sqlite({"mail": provider}, clock=clock, files={"keep": "1h"})
    accepted = await gateway.accept(message(attachments=[inline()], send_at=clock.now().replace(day=2)))

    await changed(f"sqlite:///{folder}/wasl.db", "DELETE FROM file_contents")
    clock.advance(days=1)
    seen = await gateway.wait(accepted.id)

    assert (seen.state, seen.reason and seen.reason.code) == (State.FAILED, Reason.ATTACHMENT_UNAVAILABLE)
    assert calls(provider) == [0]


async def test_what_is_under_way_bounds_what_is_read(sqlite: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying.Carrying.__init__, "__defaults__", (2 * len(PDF),))
    out, most, release = 0, 0, asyncio.Event()

    async def slow(_: Delivery) -> Receipt:
        nonlocal out, most
        out, most = out + 1, max(most, out + 1)
        await release.wait()
        out -= 1
        return Receipt()

    provider = mail(*[slow] * 5)
    gateway = await sqlite({"mail": provider})
    accepted = await gateway.accept_many([Submission(message({"email": f"p{n}@example.com"}, attachments=[inline()])) for n in range(5)])
    while out < 2:  # noqa: ASYNC110 - what is awaited happens in the ledger
        await asyncio.sleep(0.005)
    release.set()
    seen = [await gateway.wait(one.id) for one in accepted if not isinstance(one, Exception)]

    assert [one.state for one in seen] == [State.SENT] * 5
    assert most == 2


async def test_old_files_are_removed_when_nobody_needs_them(sqlite: Opened, folder: Path) -> None:
    clock = FakeClock()
    gateway = await sqlite({"mail": mail()}, worker=False, clock=clock, files={"keep": "10d"})
    lone = await gateway.files.put(b"a file that nobody sends")
    needed = await gateway.files.put(PDF)
    clock.advance(days=9)
    await gateway.accept(message(attachments=[{"file": needed.id, "name": "a.pdf"}], expires_in="2d"))
    ledger = gateway._open.ledger

    clock.advance(days=2)
    first = await ledger.files.clear()
    left = [row[0] for row in stored(gateway, f"sqlite:///{folder}/wasl.db")]
    clock.advance(days=11)
    second = await ledger.files.clear()

    assert (first, left, second) == (1, [needed.id], 1)
    assert lone.keep_until < needed.keep_until or lone.id != needed.id
    for table in ("message_files", "file_contents"):
        assert rows(f"sqlite:///{folder}/wasl.db", f"SELECT 1 FROM {table}") == []


async def test_erasing_a_person_removes_the_files_that_only_they_had(opened: Opened, database: str) -> None:
    gateway = await opened({"mail": mail()})
    await outcome(gateway, message(attachments=[inline(), inline(b"for Ann alone", "letter.txt")]))
    await outcome(gateway, message(BOB, attachments=[inline()]))

    await gateway.erase_recipient("u_1")

    assert [size for _, _, size in stored(gateway, database)] == [len(PDF)]
    assert len(rows(database, "SELECT 1 FROM message_files")) == 1
    await gateway.erase_recipient("u_2")
    assert stored(gateway, database) == []
    assert rows(database, "SELECT id FROM file_contents") == []


async def test_a_copy_of_a_persons_data_names_their_files(sqlite: Opened) -> None:
    gateway = await sqlite({"mail": mail()}, worker=False)
    await gateway.accept(message(attachments=[inline()]))

    exported = b"".join([part async for part in await gateway.export_recipient("u_1")])

    assert b'"name":"invoice.pdf"' in exported
