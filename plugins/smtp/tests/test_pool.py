"""Which connection a mail takes, and when connections end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from wasl_contracts import Receipt, Unavailable, Unknown
from wasl_smtp.pool import Pool
from wasl_smtp.transaction import Transaction

if TYPE_CHECKING:
    from plugins.smtp.tests.conftest import Scripted, Sender

Make = Callable[..., "Sender"]
HANG, RESET = "hang", "reset"
MakePool = Callable[..., Pool]
USUAL = {"RCPT": "250 ok", "DATA": "354 go on", "DOT": "250 queued as A1"}


def mail() -> Transaction:
    return Transaction("hello@acme.example", "ann@example.com", b"Subject: hello\r\n\r\nhello\r\n")


async def until(true: Callable[[], object]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.002)
    pytest.fail("it did not become true within a second")


async def test_a_warm_connection_is_used_again(server: Scripted, smtp: Make) -> None:
    sender = smtp(server.port)

    for _ in range(5):
        await sender.send()

    assert server.opened == 1
    assert server.said("RSET") == 0


@pytest.mark.parametrize("bye", ["421 4.4.2 idle for too long", RESET])
async def test_a_connection_that_died_while_idle_is_replaced_quietly(server: Scripted, smtp: Make, bye: str) -> None:
    server.script = {"MAIL": ["250 ok", bye]}
    sender = smtp(server.port)

    first, second = await sender.send(), await sender.send()

    assert first == second == Receipt(provider_ref="A1")
    assert server.opened == 2
    assert len(server.mails) == 2


async def test_a_new_connection_that_dies_is_not_replaced(server: Scripted, smtp: Make) -> None:
    server.script = {"MAIL": [RESET]}
    sender = smtp(server.port)

    error = await sender.send()

    assert isinstance(error, Unavailable)
    assert server.opened == 1


@pytest.mark.parametrize(("step", "expected"), [("RCPT", Unavailable), ("DATA", Unavailable), ("DOT", Unknown)])
async def test_a_connection_that_dies_later_is_not_replaced(server: Scripted, smtp: Make, step: str, expected: type) -> None:
    server.script = {step: [USUAL[step], RESET]}
    sender = smtp(server.port)
    await sender.send()

    error = await sender.send()

    assert isinstance(error, expected)
    assert server.opened == 1


async def test_a_connection_is_replaced_after_a_timeout(server: Scripted, smtp: Make) -> None:
    server.script = {"DOT": [HANG]}
    sender = smtp(server.port, timeout_seconds=0.1)

    error = await sender.send()
    await sender.send()

    assert isinstance(error, Unknown)
    assert error.code == "timeout"
    assert server.opened == 2
    assert server.open == 1


async def test_a_cancelled_mail_closes_its_connection(server: Scripted, smtp: Make) -> None:
    server.script = {"DOT": [HANG]}
    sender = smtp(server.port)
    sending = asyncio.create_task(sender.send())
    await until(lambda: server.mails)

    sending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await sending
    await until(lambda: server.open == 0)


async def test_waiting_for_a_free_connection_is_unavailable_in_the_end(server: Scripted, smtp: Make) -> None:
    server.script = {"DOT": [HANG]}
    patient, hurried = smtp(server.port, connections=1, timeout_seconds=30), smtp(server.port, timeout_seconds=0.05)
    hurried._provider._pool = patient._provider._pool
    sending = asyncio.create_task(patient.send())
    await until(lambda: server.mails)

    outcome = await hurried.send()

    assert isinstance(outcome, Unavailable)
    assert len(server.mails) == 1
    assert not sending.done()
    sending.cancel()


async def test_no_more_connections_are_open_than_allowed(server: Scripted, pool: MakePool) -> None:
    connections = pool(size=3)

    await asyncio.gather(*(connections.carry(mail()) for _ in range(30)))

    assert server.most == 3
    assert len(server.mails) == 30


async def test_a_connection_ends_after_its_share_of_mails(server: Scripted, pool: MakePool) -> None:
    connections = pool(mails=2)

    for _ in range(5):
        await connections.carry(mail())

    assert [number for number, verb in server.heard if verb == "MAIL"] == [1, 1, 2, 2, 3]
    await until(lambda: server.said("QUIT") == 2)


async def test_an_idle_connection_says_goodbye(server: Scripted, pool: MakePool) -> None:
    connections = pool(idle_seconds=0.03)

    await connections.carry(mail())

    await until(lambda: server.said("QUIT") == 1 and server.open == 0)


async def test_the_connection_used_last_is_used_next(server: Scripted, pool: MakePool) -> None:
    connections = pool()
    await asyncio.gather(connections.carry(mail()), connections.carry(mail()))
    server.heard.clear()

    await connections.carry(mail())
    await connections.carry(mail())

    assert len({number for number, _ in server.heard}) == 1


async def test_close_says_goodbye_and_leaves_no_connection(server: Scripted, smtp: Make) -> None:
    sender = smtp(server.port)
    await asyncio.gather(*(sender.send() for _ in range(4)))

    await sender.close()

    assert server.said("QUIT") == server.opened
    await until(lambda: server.open == 0)


async def test_a_server_that_does_not_answer_goodbye_is_left_anyway(server: Scripted, pool: MakePool) -> None:
    server.script = {"QUIT": [HANG]}
    connections = pool(goodbye_seconds=0.02)
    await connections.carry(mail())

    await connections.close()

    await until(lambda: server.open == 0)


async def test_a_busy_connection_ends_after_its_mail(server: Scripted, pool: MakePool) -> None:
    server.may_answer.clear()
    connections = pool()
    sending = asyncio.create_task(connections.carry(mail()))
    await until(lambda: server.mails)

    await connections.close()
    server.may_answer.set()

    assert (await sending).good
    await until(lambda: server.said("QUIT") == 1 and server.open == 0)


async def test_what_a_server_says_unasked_is_no_answer_to_the_next_mail(server: Scripted, smtp: Make) -> None:
    server.script = {"DOT": ["250 queued as A1\r\n250 and again"]}
    sender = smtp(server.port)

    first, second = await sender.send(), await sender.send()

    assert first == second == Receipt(provider_ref="A1")
    assert server.opened == 2
