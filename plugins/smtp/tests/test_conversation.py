"""What the provider says to a server, word by word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from wasl_contracts import Receipt, Rejected, Unavailable, Unknown
from wasl_contracts import Sender as Face
from wasl_smtp.transaction import Transaction
from wasl_smtp.wire import Wire

if TYPE_CHECKING:
    from plugins.smtp.tests.conftest import Scripted, Sender

Make = Callable[..., "Sender"]
HANG, RESET = "hang", "reset"


async def test_a_mail_names_its_delivery_and_its_attempt(server: Scripted, smtp: Make) -> None:
    sender = smtp(server.port)

    await sender.send(attempt=1)
    await sender.send(attempt=2)

    first, second = server.mails
    assert b"\r\nMessage-ID: <dlv_1@acme.example>\r\n" in first
    assert b"\r\nDate: Sun, 01 Mar 2026 12:00:00 +0000\r\n" in first
    assert first.replace(b"X-Wasl-Attempt: att_1", b"X-Wasl-Attempt: att_2") == second


async def test_pipelined_commands_are_written_before_any_is_answered(server: Scripted, smtp: Make) -> None:
    server.script = {"MAIL": ["250 ok", HANG]}
    sender = smtp(server.port, timeout_seconds=0.05)
    await sender.send()

    error = await sender.send()

    assert isinstance(error, Unavailable)
    assert server.unanswered == b"RCPT TO:<ann@example.com>\r\nDATA\r\n"


async def test_without_pipelining_each_command_waits_for_its_answer(server: Scripted, smtp: Make) -> None:
    server.extensions = []
    server.script = {"RCPT": ["550 5.1.1 no such user"]}

    sender = smtp(server.port)
    error = await sender.send()
    await sender.send()

    assert isinstance(error, Rejected)
    assert [verb for _, verb in server.heard] == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"]


async def test_a_refused_mail_that_was_let_in_is_closed_by_a_lone_dot(server: Scripted, smtp: Make) -> None:
    server.script = {"RCPT": ["550 5.1.1 no such user"], "DOT": ["554 5.5.1 no valid recipients"]}
    sender = smtp(server.port)

    error = await sender.send()
    await sender.send(text="the next one")

    assert isinstance(error, Rejected)
    assert error.scope == "address"
    assert server.mails[0] == b""
    assert b"the next one" in server.mails[1]
    assert server.opened == 1


async def test_the_refusal_counts_though_the_server_then_falls_silent(server: Scripted, smtp: Make) -> None:
    server.script = {"RCPT": ["550 5.1.1 no such user"] * 2, "DOT": [HANG, RESET]}
    sender = smtp(server.port, timeout_seconds=0.1)

    errors = [await sender.send(), await sender.send()]

    assert [getattr(error, "scope", None) for error in errors] == ["address", "address"]


async def test_a_reply_without_end_is_read_no_further_than_64_kib(server: Scripted, smtp: Make) -> None:
    server.script = {"DOT": ["\r\n".join(["250-and another thing"] * 4000)]}
    sender = smtp(server.port, timeout_seconds=0.5)

    error = await sender.send()

    assert isinstance(error, Unknown)
    assert error.code == "too_long"


async def test_a_mail_larger_than_the_server_takes_never_leaves(server: Scripted, smtp: Make) -> None:
    server.extensions = ["PIPELINING", "SIZE 500"]
    sender = smtp(server.port)

    error = await sender.send(text="long\n" * 200)

    assert isinstance(error, Rejected)
    assert (error.reason, error.scope) == ("too_long", "content")
    assert server.said("MAIL") == 0


async def test_the_dot_is_kept_back_until_a_large_mail_has_left(server: Scripted, smtp: Make) -> None:
    server.extensions = ["PIPELINING"]
    reading = asyncio.Event()

    async def stuck(reader: asyncio.StreamReader) -> bytes:
        await reading.wait()
        return b""

    server.content = stuck  # type: ignore[method-assign]  # a server that stops reading
    sender = smtp(server.port, timeout_seconds=0.2)

    error = await sender.send(text="line of a large mail\n" * 250_000)
    await sender.close()
    reading.set()

    assert isinstance(error, Unavailable)


async def test_an_international_mailbox_needs_a_server_that_takes_it(server: Scripted, smtp: Make) -> None:
    sender = smtp(server.port)

    refused = await sender.send(to="بريد@مثال.example")
    server.extensions.append("SMTPUTF8")
    await sender.close()
    taken = await smtp(server.port).send(to="بريد@مثال.example")

    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.scope, refused.code) == ("unreachable", "content", "smtputf8")
    assert server.said("MAIL") == 1
    assert isinstance(taken, Receipt)
    assert "To: بريد@xn--mgbh0fb.example".encode() in server.mails[0]


@pytest.mark.parametrize("changed", [{"address": "مرحبا@acme.example"}, {"reply_to": "مرحبا@acme.example"}])
async def test_an_international_sender_needs_one_too_though_its_return_path_is_ascii(
    server: Scripted, smtp: Make, changed: dict[str, str]
) -> None:
    sender = smtp(server.port, return_path="bounces@acme.example")

    refused = await sender.send(sender=Face(**changed))

    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.scope, refused.code) == ("provider_misconfigured", "content", "smtputf8")
    assert server.said("MAIL") == 0


@pytest.mark.parametrize(
    ("verb", "reply", "scope"),
    [
        ("MAIL", "553 5.1.8 sender not allowed", "content"),
        ("MAIL", "550 no", "content"),
        ("DOT", "554 5.1.7 bad sender", "content"),
        ("MAIL", "530 5.7.0 sign in first", "provider"),
    ],
)
async def test_a_refused_sender_of_one_brand_stops_no_other(server: Scripted, smtp: Make, verb: str, reply: str, scope: str) -> None:
    server.script = {verb: [reply, reply]}
    sender = smtp(server.port)

    own = await sender.send(sender=Face(address="news@shop.example"))
    usual = await sender.send()

    assert isinstance(own, Rejected)
    assert isinstance(usual, Rejected)
    assert (own.reason, own.scope, usual.scope) == ("provider_misconfigured", scope, "provider")


@pytest.mark.parametrize("to", ["a@b.example, evil@x.example", "nobody", "a b@c.example"])
async def test_what_is_not_one_address_is_refused_before_connecting(server: Scripted, smtp: Make, to: str) -> None:
    sender = smtp(server.port)

    error = await sender.send(to=to)

    assert isinstance(error, Rejected)
    assert error.scope == "address"
    assert server.opened == 0


async def test_a_large_mail_goes_in_pieces_so_that_other_mails_have_their_turn() -> None:
    line = Line([b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n", b"250 queued\r\n"])
    message = b".begins with a dot\r\n" + b"..\r\na line\r\n.\r\n" * 60_000
    wire = Wire(line, {})
    line.wire = wire

    await Transaction("a@acme.example", "ann@example.com", message).run(wire)

    content = line.written[3:]
    assert len(content) > 10
    assert max(map(len, content)) < 2 * 65_536
    assert b"".join(content) == b"".join(b"." * one.startswith(b".") + one for one in message.splitlines(keepends=True)) + b".\r\n"


class Line(asyncio.Transport):
    """A connection that is always ready, and a server that answers commands and the end of the content."""

    def __init__(self, replies: list[bytes]) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.wire: Wire | None = None
        self._replies = replies

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))
        if self.wire is not None and (len(self._replies) > 1 or data == b".\r\n"):
            self.wire.data_received(self._replies.pop(0))
