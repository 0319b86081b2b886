"""What providers tell that contradicts itself, comes at the same moment, or comes too late."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.receipts.conftest import Hooked
from tests.gateway.receipts.teller import event, signed, specs
from tests.gateway.scripted import EMAIL
from wasl.ledger.callbacks import Arrival
from wasl.ledger.port import Transaction
from wasl.ledger.reports import Report, attempted
from wasl.registry import Specs
from wasl_contracts import Reason, State, Unavailable

Starting = Callable[[Specs], Any]
MAIL = {"channel": "email", "kind": "email", "value": EMAIL.value}
DEVICES = [{"channel": "push", "kind": "fcm_token", "value": value} for value in ("phone", "tablet")]


async def test_what_took_over_is_ended_where_the_one_before_did_arrive(hooking: Starting, tmp_path: Path, database: str) -> None:
    given = specs(tmp_path, {"mail": "email", "text": "sms"}, database=database)
    given.settings["text"].script.then = Unavailable()  # type: ignore[attr-defined]
    hooked = await hooking(given)
    seen = await hooked.sent(channels=["email", "sms"])
    await hooked.tell(seen, "failed", event_id="1")
    await hooked.until(seen, lambda seen: [one.reason for one in seen.deliveries[1:]] == [Reason.RETRYING])

    await hooked.tell(seen, "delivered", event_id="2")

    now = await hooked.get(seen)
    assert [(one.state, one.reason) for one in now.deliveries] == [(State.DELIVERED, None), (State.CANCELLED, Reason.PROOF_CAME)]


@pytest.mark.parametrize(("until", "kinds", "next_states"), [
    ("delivered", ["delivered", "bounced"], ["cancelled", "sent"]),
    ("delivered", ["bounced", "delivered"], ["sent"]),
    ("read", ["read", "bounced"], ["cancelled"]),
    (None, ["delivered", "bounced"], []),
])  # fmt: skip
async def test_what_bounces_after_its_proof_goes_on_by_the_next_channel(
    hooking: Starting, tmp_path: Path, database: str, until: str | None, kinds: list[str], next_states: list[str]
) -> None:
    hooked = await hooking(specs(tmp_path, {"mail": "email", "text": "sms"}, database=database))
    seen = await hooked.sent(channels=["email", "sms"], escalate={"until": until, "after": "1h"} if until else None)

    await hooked.tell(seen, *kinds)

    now = await hooked.until(seen, lambda seen: [one.state for one in seen.deliveries[1:]] == next_states)
    assert now.deliveries[0].state is State.BOUNCED


@pytest.mark.parametrize("fields", [{"code": "5\0.7"}, {"code": "\ud800", "event_id": "1"}, {"facts": {"\0": "\0"}}])
async def test_what_no_database_keeps_in_a_text_is_left_out(hooked: Hooked, fields: Any) -> None:
    seen = await hooked.sent()

    outcomes = await hooked.tell(seen, "failed", **fields)

    assert (outcomes, (await hooked.get(seen)).state) == (["settled"], State.FAILED)


async def test_a_callback_may_come_with_the_whole_url_in_its_first_line(lite: Hooked) -> None:
    host, told = lite.url.removeprefix("http://"), b"[]"
    head = "".join(f"{name}: {value}\r\n" for name, value in signed(told).items())
    reader, writer = await asyncio.open_connection(*host.split(":"))

    writer.write(f"POST http://{host}/hooks/mail?a=b HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n{head}\r\n[]".encode())
    answered = await reader.readline()
    writer.close()
    await writer.wait_closed()

    assert answered == b"HTTP/1.1 200 OK\r\n"


async def test_an_id_that_no_database_keeps_matches_nothing(hooked: Hooked) -> None:
    answer = await hooked.call([event("failed", provider_ref="a\0b")])

    assert (answer.status, answer.headers["Wasl-Outcome"]) == (202, "orphan")


async def test_what_comes_of_somebody_erased_is_done_and_not_kept(hooked: Hooked) -> None:
    seen = await hooked.sent()
    await hooked.gateway.erase_recipient("u_1")

    outcomes = await hooked.tell(seen, "delivered", "replied", address=MAIL, text="My number is 4711.", facts={"from": "4711"})

    kept = hooked.rows("SELECT raw IS NULL, event IS NULL, address_hash IS NULL, look_at IS NULL FROM callbacks")
    assert outcomes == ["settled", "settled"]
    assert [all(row) for row in kept] == [True, True]
    assert hooked.rows("SELECT count(*) FROM events WHERE facts LIKE '%4711%'") == [(0,)]
    assert (await hooked.get(seen)).state is State.DELIVERED


@pytest.mark.parametrize("escalate", [None, {"until": "delivered", "after": "1h"}])
async def test_of_two_devices_that_fail_at_once_one_lets_the_next_channel_go(
    hooking: Starting, tmp_path: Path, postgres_url: str, escalate: Any
) -> None:
    hooked = await hooking(specs(tmp_path, {"device": "push", "text": "sms"}, database=postgres_url))
    to = {"id": "ben", "phone": "+966501234567", "addresses": DEVICES}
    sent = await hooked.gateway.send(to=to, content={"body": "Hello"}, channels=["push", "sms"], escalate=escalate)
    seen = await hooked.until(sent, lambda seen: [one.state for one in seen.deliveries[:3] if one.channel] == [State.SENT] * 2)
    devices = [one.attempts[0].id for one in seen.deliveries if one.channel]
    told, store = asyncio.Event(), hooked.gateway._open.ledger._store

    async def first(tx: Transaction) -> None:
        await _fails(hooked, tx, devices[0])
        told.set()
        await asyncio.sleep(0.1)  # the other one has done what it can by then

    async def second(tx: Transaction) -> None:
        await told.wait()
        await _fails(hooked, tx, devices[1])

    await asyncio.gather(store.writer.run(first), store.working.run(second))

    await hooked.until(seen, lambda seen: [one.state for one in seen.deliveries if one.channel == "sms"] == [State.SENT])


async def _fails(hooked: Hooked, tx: Transaction, attempt: str) -> None:
    at = int(hooked.gateway.received_at().timestamp() * 1_000_000)
    report = Report(provider="device", key=attempt.encode().hex(), kind="failed", at=at, attempted=attempted(attempt))
    (fate,) = await hooked.gateway._open.receipts.callbacks.receive(tx, [Arrival(attempt, "device", at, b"", report.key, (report,))])
    assert fate == "settled"
