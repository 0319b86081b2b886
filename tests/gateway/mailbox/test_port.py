"""The SMTP port: it takes mail to addresses of our own making, keeps it before it says so, and nothing else gets in."""

import asyncio
import re
import socket
from collections.abc import Callable
from urllib.parse import unquote

import aiohttp
import pytest
from aiosmtplib import SMTP, SMTPDataError, SMTPRecipientRefused
from structlog.testing import capture_logs

from plugins.smtp.tests.returning import complaint, exchange, exim, gmail, postfix, reply
from tests.gateway.mailbox.conftest import Postroom
from wasl.answers import MessageSeen
from wasl.errors import LedgerUnavailable
from wasl.server.app import listening
from wasl_contracts import Mark, Reason, State

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ARABIC = "شكراً لكم، وصلت الرسالة."


def why(seen: MessageSeen) -> Reason | None:
    return seen.reason.code if seen.reason is not None else None


async def test_a_bounce_that_comes_back_ends_the_delivery_and_suppresses_the_address(postroom: Postroom) -> None:
    message, bounces = await postroom.sent()

    code, _ = await postroom.bring(bounces, postfix(bounces))
    seen = await postroom.gateway.get(message.id)
    again, _ = await postroom.sent()

    assert code == 250
    assert (seen.state, why(seen)) == (State.BOUNCED, Reason.INVALID_ADDRESS)
    assert (again.state, why(again)) == (State.WITHHELD, Reason.SUPPRESSED_BOUNCE)
    assert postroom.rows("SELECT state, kind FROM callbacks") == [("settled", "bounced")]


@ON_SQLITE
@pytest.mark.parametrize("sample", [postfix, exim, exchange, gmail])
async def test_the_reports_of_real_servers_are_understood(postroom: Postroom, sample: Callable[[str], bytes]) -> None:
    message, bounces = await postroom.sent()

    await postroom.bring(bounces.upper(), sample(bounces))
    seen = await postroom.gateway.get(message.id)

    assert (seen.state, why(seen)) == (State.BOUNCED, Reason.UNREACHABLE if sample is gmail else Reason.INVALID_ADDRESS)


@ON_SQLITE
async def test_an_answer_in_arabic_is_a_reply_and_is_kept_encrypted(postroom: Postroom) -> None:
    message, _ = await postroom.sent()
    answers = postroom.header("Reply-To")

    body = reply(answers, f"{ARABIC}\n\nفي 1 مارس كتب Acme:\n> Hello", head="Content-Type: text/plain; charset=utf-8\n")
    await postroom.bring(answers, body)
    seen = await postroom.gateway.get(message.id)

    assert Mark.REPLIED in seen.marks
    assert ARABIC.encode() not in b"".join(bytes(row[0]) for row in postroom.rows("SELECT event FROM callbacks"))


@ON_SQLITE
async def test_stop_counts_for_whom_the_mail_went_to_and_not_for_whom_the_sender_claims_to_be(postroom: Postroom) -> None:
    await postroom.sent()
    answers = postroom.header("Reply-To")

    forged = reply(answers, "STOP").replace(b"ann@example.com", b"victim@example.com")
    await postroom.bring(answers, forged)
    listed = postroom.rows("SELECT address, reason FROM suppressions")

    assert [(address[0], reason) for address, reason in listed] == [("a", "suppressed_unsubscribe")]


@ON_SQLITE
async def test_a_mail_to_the_address_of_list_unsubscribe_opts_out(postroom: Postroom) -> None:
    message, _ = await postroom.sent()
    found = re.search(r"<mailto:([^?>]+)\?", postroom.header("List-Unsubscribe"))
    assert found is not None

    await postroom.bring(unquote(found[1]), reply("leave@in.acme.example", "", head="Auto-Submitted: auto-generated\n"))
    seen = await postroom.gateway.get(message.id)
    again, _ = await postroom.sent()

    assert Mark.UNSUBSCRIBED in seen.marks
    assert why(again) is Reason.OPTED_OUT


@ON_SQLITE
async def test_a_complaint_suppresses(postroom: Postroom) -> None:
    message, bounces = await postroom.sent()

    await postroom.bring(bounces, complaint(bounces))

    assert Mark.COMPLAINED in (await postroom.gateway.get(message.id)).marks
    assert postroom.rows("SELECT reason FROM suppressions") == [("suppressed_complaint",)]


@ON_SQLITE
async def test_only_addresses_of_our_making_are_taken(postroom: Postroom) -> None:
    _, bounces = await postroom.sent()
    token = bounces.partition("@")[0].partition("+")[2]
    guessed = [
        "victim@example.com", "bounces@in.acme.example", "bounces+@in.acme.example", f"answers+{token}@in.acme.example",
        f"bounces+{token[:-1]}{'a' if token[-1] != 'a' else 'b'}@in.acme.example", f"bounces+{token[1:]}@in.acme.example",
        f"bounces+{'a' * 44}@in.acme.example", f"bounces+{token}@evil.example", f"{bounces}.evil.example",
    ]  # fmt: skip

    refused = []
    async with SMTP(hostname="127.0.0.1", port=postroom.port, start_tls=False) as smtp:
        for address in guessed:
            await smtp.mail("a@b.example")
            with pytest.raises(SMTPRecipientRefused) as error:
                await smtp.rcpt(address)
            refused.append(error.value.code)
            await smtp.rset()

    assert set(refused) <= {550, 553}
    assert postroom.rows("SELECT count(*) FROM callbacks") == [(0,)]


@ON_SQLITE
@pytest.mark.parametrize("end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r"])
async def test_nothing_but_a_dot_between_two_line_ends_ends_a_mail(postroom: Postroom, end: bytes) -> None:
    _, bounces = await postroom.sent()
    smuggled = b"MAIL FROM:<>\r\nRCPT TO:<" + bounces.encode() + b">\r\nDATA\r\n" + postfix(bounces, name="second@mx")
    hidden = reply(bounces, "Hello").rstrip() + end + smuggled

    reader, writer = await asyncio.open_connection("127.0.0.1", postroom.port)
    writer.write(b"EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<" + bounces.encode() + b">\r\nDATA\r\n")
    await reader.readuntil(b"354 ")
    await reader.readline()
    writer.write(hidden + b"\r\n.\r\nQUIT\r\n")
    said = await reader.read()
    writer.close()

    assert [line[:3] for line in said.split(b"\r\n") if line] == [b"250", b"221"]
    assert postroom.rows("SELECT kind FROM callbacks") == [("replied",)]


@ON_SQLITE
async def test_a_store_that_is_down_makes_the_other_server_keep_the_mail(postroom: Postroom, monkeypatch: pytest.MonkeyPatch) -> None:
    _, bounces = await postroom.sent()
    callbacks = postroom.gateway._open.receipts.callbacks

    async def away(_arrivals: object) -> None:
        raise LedgerUnavailable("The database is away.")

    with monkeypatch.context() as context:
        context.setattr(callbacks, "put_all", away)
        with pytest.raises(SMTPDataError) as later:
            await postroom.bring(bounces, postfix(bounces))
    code, _ = await postroom.bring(bounces, postfix(bounces))
    await postroom.bring(bounces, postfix(bounces))

    assert (later.value.code, code) == (451, 250)
    assert postroom.rows("SELECT count(*) FROM callbacks") == [(1,)]


@ON_SQLITE
@pytest.mark.parametrize("mailbox", ["per_minute = 2\nsize_limit = 16384\nconnections = 4"])
async def test_what_is_too_much_is_refused_for_now(postroom: Postroom) -> None:
    _, bounces = await postroom.sent()

    with pytest.raises(SMTPDataError) as large:
        await postroom.bring(bounces, postfix(bounces) + b"x\r\n" * 8000)
    async with SMTP(hostname="127.0.0.1", port=postroom.port, start_tls=False) as smtp:
        await smtp.mail("")
        await smtp.rcpt(bounces)
        with pytest.raises(SMTPRecipientRefused) as second:
            await smtp.rcpt(bounces)
        with socket.create_connection(("127.0.0.1", postroom.port)) as other:
            too_many = await asyncio.to_thread(other.recv, 100)
    with pytest.raises(SMTPRecipientRefused) as often:
        await postroom.bring(bounces, postfix(bounces))

    assert (large.value.code, second.value.code, too_many[:3], often.value.code) == (552, 452, b"421", 451)


@ON_SQLITE
@pytest.mark.parametrize("mailbox", ['certificate = "{folder}/tls.pem"\nkey = "{folder}/tls.pem"'])
async def test_starttls_is_offered_with_a_certificate(postroom: Postroom) -> None:
    _, bounces = await postroom.sent()

    async with SMTP(hostname="127.0.0.1", port=postroom.port, start_tls=True, validate_certs=False) as smtp:
        await smtp.mail("")
        await smtp.rcpt(bounces)
        code, _ = await smtp.data(postfix(bounces))

    assert code == 250


@ON_SQLITE
async def test_nonsense_is_answered_and_never_ends_the_port(postroom: Postroom) -> None:
    _, bounces = await postroom.sent()
    nonsense = [
        b"",
        b"\0" * 100,
        b"\xff\xfe\r\n",
        b"EHLO\r\n" * 30,
        b"MAIL FROM:<" + b"a" * 5000 + b">\r\n",
        b"RCPT TO:<>\r\n",
        b"x" * 100_000,
    ]

    with capture_logs() as logs:
        for junk in nonsense:
            _, writer = await asyncio.open_connection("127.0.0.1", postroom.port)
            writer.write(junk)
            await writer.drain()
            writer.close()
        junk_mails = [await postroom.bring(bounces, body) for body in (b"\r\n", b"\xff" * 1000, b"Content-Type: multipart/report\r\n\r\n")]

    assert {code for code, _ in junk_mails} == {250}
    assert {state for (state,) in postroom.rows("SELECT state FROM callbacks")} == {"unparsed"}
    assert bounces not in str(logs)


async def test_a_mail_may_come_by_http_too(postroom: Postroom) -> None:
    message, bounces = await postroom.sent()
    told = {"Content-Type": "message/rfc822"}

    async with listening(postroom.gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession(f"{url}/") as http:
        forged = await http.post("hooks/mail", data=postfix("bounces+guess@in.acme.example"), headers=told)
        original = f"Message-ID: {postroom.header('Message-ID')}\nX-Wasl-Attempt: {postroom.header('X-Wasl-Attempt')}"
        taken = await http.post("hooks/mail", data=postfix("someone@acme.example", returned=original), headers=told)

    assert (forged.status, taken.status) == (401, 200)
    assert (await postroom.gateway.get(message.id)).state is State.BOUNCED
    assert bounces
