"""What follows from what providers tell."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.receipts.conftest import Hooked
from tests.gateway.receipts.teller import event, specs
from tests.gateway.scripted import ANN, EMAIL, PHONE, types
from wasl.registry import Specs
from wasl_contracts import Delivery, Mark, Reason, Receipt, State, Unknown

Starting = Callable[[Specs], Any]
MAIL = {"channel": "email", "kind": "email", "value": EMAIL.value}
SMS = {"channel": "sms", "kind": "phone", "value": PHONE.value}
BOTH = {"mail": "email", "text": "sms"}


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("bounced", {"dead": True}, "suppressed_bounce"),
        ("failed", {"dead": True, "reason": "invalid_address"}, "suppressed_invalid"),
        ("complained", {}, "suppressed_complaint"),
        ("bounced", {}, None),
    ],
)
async def test_addresses_that_must_not_be_used_again_are_suppressed(hooked: Hooked, kind: str, fields: Any, reason: str | None) -> None:
    seen = await hooked.sent()

    await hooked.tell(seen, kind, **fields)

    listed = hooked.rows("SELECT reason, message_id FROM suppressions")
    assert listed == ([(reason, seen.id)] if reason else [])
    again = await hooked.sent()
    assert again.state is (State.WITHHELD if reason else State.SENT)


@pytest.mark.parametrize("required", [False, True])
async def test_whoever_unsubscribes_withdraws_the_consent_or_is_suppressed(
    hooking: Starting, tmp_path: Path, database: str, required: bool
) -> None:
    topics = {"news": {"category": "service", "consent": "implied"}, "bills": {"category": "transactional", "consent": "required"}}
    hooked = await hooking(specs(tmp_path, database=database, topics=topics))
    seen = await hooked.sent(topic="bills" if required else "news")

    await hooked.tell(seen, "unsubscribed")

    suppressed, consents = hooked.rows("SELECT reason FROM suppressions"), hooked.rows("SELECT topic, channel, state, source FROM consents")
    assert suppressed == ([("suppressed_unsubscribe",)] if required else [])
    assert consents == ([] if required else [("news", "email", "withdrawn", "provider")])
    assert Mark.UNSUBSCRIBED in (await hooked.get(seen)).marks


async def test_a_failed_delivery_goes_on_by_the_next_channel(hooking: Starting, tmp_path: Path, database: str) -> None:
    hooked = await hooking(specs(tmp_path, BOTH, database=database))
    seen = await hooked.sent(channels=["email", "sms"])

    await hooked.tell(seen, "failed", reason="content_rejected", code="5.7.1")

    now = await hooked.until(seen, lambda seen: len(seen.deliveries) == 2 and seen.deliveries[1].state is State.SENT)
    assert (now.deliveries[0].state, now.deliveries[0].reason) == (State.FAILED, Reason.CONTENT_REJECTED)
    assert now.deliveries[1].channel == "sms"


async def test_an_unknown_outcome_is_settled_by_what_is_told(hooking: Starting, tmp_path: Path, database: str) -> None:
    given = specs(tmp_path, database=database)
    given.settings["mail"].script.then = Unknown("timeout")  # type: ignore[attr-defined]
    hooked = await hooking(given)
    seen = await _unknown(hooked)

    await hooked.tell(seen, "delivered")

    now = await hooked.get(seen)
    assert (now.state, now.reason, now.deliveries[0].due_at) == (State.DELIVERED, None, None)
    assert types(now)[-1] == "delivered"


async def test_what_comes_before_our_own_account_waits_for_it(hooking: Starting, tmp_path: Path, database: str) -> None:
    given, go = specs(tmp_path, database=database), asyncio.Event()
    script = given.settings["mail"].script  # type: ignore[attr-defined]

    async def slowly(_: Delivery) -> Receipt:
        await go.wait()
        return Receipt(provider_ref="ref")

    script.then = slowly
    hooked = await hooking(given)
    accepted = await hooked.gateway.send(to=ANN, content={"body": "Hello"}, channels=["email"])
    seen = await hooked.until(accepted, lambda seen: seen.state is State.SENDING)

    outcomes = await hooked.tell(seen, "delivered")
    go.set()

    now = await hooked.until(seen, lambda seen: seen.state is State.DELIVERED)
    assert outcomes == ["waiting"]
    assert types(now)[-1] == "delivered"
    assert hooked.rows("SELECT state, event, look_at FROM callbacks") == [("settled", None, None)]


async def test_a_provider_may_tell_by_its_own_id(hooking: Starting, tmp_path: Path, database: str) -> None:
    hooked = await hooking(specs(tmp_path, database=database, capabilities={"found_by_ref": True}))
    seen = await hooked.sent()

    answer = await hooked.call([event("delivered", provider_ref="ref")])

    assert (answer.status, (await hooked.get(seen)).state) == (200, State.DELIVERED)


async def test_without_an_index_of_them_its_ids_match_nothing(hooked: Hooked) -> None:
    seen = await hooked.sent()

    answer = await hooked.call([event("delivered", provider_ref="ref")])

    assert (answer.status, (await hooked.get(seen)).state) == (202, State.SENT)
    assert hooked.rows("SELECT count(*) FROM provider_refs") == [(0,)]


async def test_another_provider_may_not_tell_of_it(
    hooking: Starting, tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hooked = await hooking(specs(tmp_path, BOTH, database=database))
    seen = await hooked.sent()

    answer = await hooked.call([event("delivered", seen.deliveries[0].attempts[0].id)], provider="text")

    assert (answer.status, answer.headers["Wasl-Outcome"]) == (202, "foreign")
    assert (await hooked.get(seen)).state is State.SENT
    assert hooked.rows("SELECT state, brand FROM callbacks") == [("orphan", None)]


async def test_an_answer_is_on_the_message_that_they_got_last(hooked: Hooked) -> None:
    earlier, last = await hooked.sent(), await hooked.sent(content={"body": "Later."})

    answer = await hooked.call([event("replied", address=MAIL, text="Thank you!", thread="t_1")])

    assert answer.headers["Wasl-Outcome"] == "settled"
    assert (await hooked.get(last)).marks == (Mark.REPLIED,)
    assert (await hooked.get(earlier)).marks == ()
    assert "Thank you!" not in str((await hooked.get(last)).model_dump_json())
    ((event_kept,),) = hooked.rows("SELECT event FROM callbacks")
    assert b"Thank" not in event_kept


async def test_an_answer_of_somebody_unknown_is_listed(hooked: Hooked) -> None:
    answer = await hooked.call([event("replied", address=MAIL, text="Who is this?")])

    assert (answer.status, answer.headers["Wasl-Outcome"]) == (202, "orphan")
    assert [(one.state, one.kind) for one in (await hooked.gateway.callbacks()).data] == [("orphan", "replied")]


@pytest.mark.parametrize("known", [True, False])
async def test_a_stop_is_obeyed_and_a_start_takes_it_back(hooking: Starting, tmp_path: Path, database: str, known: bool) -> None:
    hooked = await hooking(specs(tmp_path, {"text": "sms"}, database=database))
    if known:
        await hooked.sent(channels=["sms"])

    await hooked.call([event("replied", address=SMS, text=" إيقاف ", event_id="1")], provider="text")
    stopped = await hooked.sent(channels=["sms"])
    await hooked.call([event("replied", address=SMS, text="START", event_id="2")], provider="text")
    begun = await hooked.sent(channels=["sms"])

    assert (stopped.state, stopped.reason and stopped.reason.code) == (State.WITHHELD, Reason.SUPPRESSED_UNSUBSCRIBE)
    assert begun.state is State.SENT


async def test_an_erased_person_is_in_no_callback(hooked: Hooked) -> None:
    seen = await hooked.sent()
    await hooked.tell(seen, "delivered")
    await hooked.call([event("replied", address=MAIL, text="My number is 4711.")])
    await hooked.call([event("replied", address={**MAIL, "value": "other@example.com"}, text="Not theirs.")])

    await hooked.gateway.erase_recipient("u_1")

    kept = hooked.rows("SELECT kind, raw IS NULL, event IS NULL, address_hash IS NULL FROM callbacks ORDER BY id")
    assert [tuple(map(bool, row[1:])) for row in kept] == [(True, True, True), (True, True, True), (False, False, False)]
    assert await hooked.tell(seen, "delivered") == ["duplicate"]


async def test_an_updated_plugin_reads_what_was_not_understood(hooked: Hooked) -> None:
    seen = await hooked.sent()
    plugin = hooked.gateway._specs.plugins["mail"]
    plugin.broken = KeyError("new field")  # type: ignore[attr-defined]
    unread = await hooked.tell(seen, "delivered")
    plugin.broken = None  # type: ignore[attr-defined]

    read = await hooked.gateway.reread_callbacks()

    assert (unread, read.understood, read.left) == (["unparsed"], 1, 0)
    assert (await hooked.get(seen)).state is State.DELIVERED
    assert hooked.rows("SELECT state, kind FROM callbacks") == [("settled", "delivered")]


async def _unknown(hooked: Hooked) -> Any:
    accepted = await hooked.gateway.send(to=ANN, content={"body": "Hello"}, channels=["email"])
    return await hooked.until(accepted, lambda seen: seen.state is State.UNKNOWN)
