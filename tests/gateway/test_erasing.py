"""Erasing people, on both engines: nothing that tells of them is left, and what is suppressed stays so."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.anns_life import ANN, BOB, TELLING, Opened, lived, shop, telling, to_ann
from tests.gateway.scripted import Carrier, Script, message, outcome
from wasl.errors import NotFound, Refused
from wasl.ledger.ordering import under_way
from wasl.person_seen import PersonExport, Sought
from wasl.rehearsal import rehearse
from wasl.verifying import verify
from wasl_contracts import Delivery, Reason, Receipt, Recipient, Rejected, State, Unknown


async def test_nothing_that_tells_of_an_erased_person_is_left(opened: Opened, database: str) -> None:
    gateway = await shop(opened)
    ids = await lived(gateway)
    await outcome(gateway, message(BOB))
    await gateway.find_recipients(Sought(email="ann.smith@example.com"))

    erased = await gateway.erase_recipient("ann-4711", because="request")
    report = await verify(gateway._specs)

    assert (erased.messages, erased.cancelled, erased.under_way) == (4, 1, 0)
    assert telling(database) == []
    assert report.findings == []
    seen = [await gateway.get(one) for one in ids]
    assert [one.to.addresses for one in seen] == [()] * 4
    assert [one.state for one in seen] == [State.SENT, State.SENT, State.CANCELLED, State.WITHHELD]
    assert (await gateway.find_recipients(Sought(email="ann.smith@example.com"))).data == ()
    assert [one.id for one in (await gateway.find_recipients(Sought(email="bob@example.org"))).data] == ["bob"]


async def test_the_file_of_the_database_keeps_nothing_in_its_free_space(opened: Opened, database: str) -> None:
    gateway = await shop(opened)
    await lived(gateway)

    await gateway.erase_recipient("ann-4711")

    if database.startswith("sqlite"):
        path = Path(database.removeprefix("sqlite:///"))
        for file in path.parent.glob("wasl.db*"):
            assert [word for word in TELLING if word.encode() in file.read_bytes()] == []


async def test_what_is_left_is_a_stub_with_the_facts_of_consent(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)
    erased = await gateway.erase_recipient("ann-4711", because="retention")

    by_old_id, by_stub = await gateway.recipient("ann-4711"), await gateway.recipient(erased.recipient)
    told = await gateway.recipient_timeline("ann-4711", limit=1000)
    copy = PersonExport.model_validate_json(b"".join([part async for part in await gateway.export_recipient("ann-4711")]))

    assert by_old_id == by_stub
    assert (by_stub.id, by_stub.erased_at, by_stub.erased_because) == (erased.recipient, erased.erased_at, "retention")
    assert (by_stub.addresses, by_stub.locale, by_stub.timezone, by_stub.consent) == ((), None, None, None)
    (consent,) = [entry for entry in told.data if entry.type == "consent.granted"]
    assert (consent.facts["topic"], consent.facts["actor"]) == ("news", "•••")
    assert not [word for word in TELLING if word in told.model_dump_json() + copy.model_dump_json()]


async def test_a_suppressed_address_stays_so_when_it_comes_again(opened: Opened, database: str) -> None:
    gateway = await shop(opened)
    await lived(gateway)
    await gateway.erase_recipient("ann-4711")

    again = await outcome(gateway, to_ann(channels=["sms"]))
    imported = await gateway.put_recipient(Recipient(id="somebody", phone="+966501234567"))
    other = await outcome(gateway, message({"id": imported.id}, channels=["sms"]))
    fresh = await outcome(gateway, to_ann(channels=["email"]))

    assert [(one.state, one.reason.code if one.reason else None) for one in (again, other, fresh)] == [
        (State.WITHHELD, Reason.SUPPRESSED_COMPLAINT), (State.WITHHELD, Reason.SUPPRESSED_COMPLAINT), (State.SENT, Reason.NO_RECEIPTS),
    ]  # fmt: skip
    assert (await gateway.recipient("ann-4711")).messages == 2
    listed = rows(database, "SELECT address, actor, sealed FROM suppressions")
    assert listed == [("•••", None, None)]


async def test_an_erased_id_alone_is_unknown_and_nobody_is_registered_as_a_stub(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)
    erased = await gateway.erase_recipient("ann-4711")

    for to, code in (({"id": "ann-4711"}, "unknown_recipient"), ({"id": erased.recipient, "email": "x@example.com"}, "erased_recipient")):
        with pytest.raises(Refused) as caught:
            await gateway.accept(message(to))
        assert caught.value.errors[0].code == code
    with pytest.raises(Refused):
        await gateway.put_recipient(Recipient(id=erased.recipient, email="x@example.com"))


async def test_erasing_again_is_as_good_as_once_and_nobody_is_not_found(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)
    first = await gateway.erase_recipient("ann-4711")

    second, third = await gateway.erase_recipient("ann-4711"), await gateway.erase_recipient(first.recipient)

    assert second == third == first.model_copy(update={"messages": 0, "cancelled": 0})
    with pytest.raises(NotFound):
        await gateway.erase_recipient("nobody")


async def test_a_person_who_came_again_is_erased_again(opened: Opened, database: str) -> None:
    gateway = await shop(opened)
    await lived(gateway)
    first = await gateway.erase_recipient("ann-4711")
    await outcome(gateway, to_ann(channels=["email"]))

    second = await gateway.erase_recipient("ann-4711")

    assert (second.recipient, second.messages) == (first.recipient, 1)
    assert (await gateway.recipient(second.recipient)).messages == 5
    assert telling(database) == []
    assert (await verify(gateway._specs)).findings == []


@pytest.mark.parametrize("steps", range(1, 9))
async def test_a_crash_at_any_step_is_made_good_by_the_same_call(
    opened: Opened, database: str, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr("wasl.ledger.erasing._BATCH", 1)
    gateway = await shop(opened)
    await lived(gateway)
    writer = gateway._open.ledger.erasing._store.writer
    run, left = writer.run, steps

    async def dies(work: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise RuntimeError("killed")
        return await run(work)

    monkeypatch.setattr(writer, "run", dies)
    try:
        await gateway.erase_recipient("ann-4711")
    except RuntimeError:
        pass
    monkeypatch.setattr(writer, "run", run)
    between = await verify(gateway._specs)
    await gateway.erase_recipient("ann-4711")

    assert between.findings == []
    assert telling(database) == []
    assert (await verify(gateway._specs)).findings == []


async def test_a_call_that_is_out_ends_first_and_nothing_follows_it(opened: Opened, database: str) -> None:
    goes, out = asyncio.Event(), asyncio.Event()

    async def slow(delivery: Delivery) -> Receipt:
        out.set()
        await goes.wait()
        raise Rejected(Reason.INVALID_ADDRESS, "no such user ann.smith", "550")

    mail = Carrier("email", Script(then=slow))
    gateway = await shop(opened, mail=mail)
    await gateway.accept(to_ann(channels=["email"]))
    await out.wait()

    first = await gateway.erase_recipient("ann-4711", patience=timedelta(0))
    waiting = asyncio.create_task(gateway.erase_recipient("ann-4711"))
    goes.set()
    second = await waiting

    assert (first.under_way, first.messages, second.under_way, second.messages) == (1, 0, 0, 1)
    assert len(mail.script.calls) == 1
    assert telling(database) == []
    assert (await verify(gateway._specs)).findings == []


async def test_what_may_have_been_sent_is_not_sent_again_to_somebody_erased(opened: Opened) -> None:
    mail = Carrier("email", Script(then=Unknown("reset")))
    gateway = await shop(opened, mail=mail, retry={"reconcile_after": "1h"})
    await outcome(gateway, to_ann(topic="codes", channels=["email"]), lambda seen: seen.state is State.UNKNOWN)

    erased = await gateway.erase_recipient("ann-4711")
    (listed,) = (await gateway.list()).data
    seen = await gateway.get(listed.id)

    assert (erased.messages, erased.under_way) == (1, 0)
    assert (seen.state, seen.deliveries[0].due_at, seen.timeline[-1].type) == (State.UNKNOWN, None, "left_unknown")
    assert (await verify(gateway._specs)).findings == []


async def test_the_next_message_of_an_ordering_key_goes_when_its_predecessor_was_erased(opened: Opened) -> None:
    gateway = await shop(opened)
    await gateway.accept(to_ann(ordering_key="desk", send_at=datetime.now(UTC) + timedelta(days=1)))
    following = await gateway.accept(message(BOB, ordering_key="desk"))

    await gateway.erase_recipient("ann-4711")

    assert (await gateway.wait(following.id)).state is State.SENT


async def test_a_rehearsal_says_nothing_of_people_who_were_erased(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)
    since = datetime.now(UTC) - timedelta(days=1)
    before = await rehearse(gateway._specs, gateway._specs, since)

    await gateway.erase_recipient("ann-4711")
    after = await rehearse(gateway._specs, gateway._specs, since)

    assert (before.same > 0, before.not_told) == (True, 0)
    assert (after.same, after.changed, after.not_told, after.erased) == (0, 0, 0, before.same)


@pytest.mark.parametrize("merged", [{}, {"phone": "+966501234599"}])
async def test_what_another_process_is_just_accepting_for_a_person_is_erased_with_them(
    opened: Opened, database: str, monkeypatch: pytest.MonkeyPatch, merged: dict[str, str]
) -> None:
    gateway, another = await shop(opened, worker=False), await shop(opened, worker=False)
    await gateway.accept(to_ann())
    has_read, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any) -> Any:
        has_read.set()
        await goes_on.wait()
        return await under_way(*given)

    monkeypatch.setattr("wasl.ledger.accept.under_way", slowly)  # the step after the recipients were read
    accepting = asyncio.create_task(another.accept(message({**ANN, **merged})))
    await has_read.wait()
    erasing = asyncio.create_task(gateway.erase_recipient("ann-4711"))
    await asyncio.sleep(0.2)
    goes_on.set()
    await accepting
    erased = await erasing

    assert erased.messages == 2
    assert telling(database) == []
    assert (await verify(gateway._specs)).findings == []


async def test_who_is_erased_by_one_process_while_another_accepts_is_erased_or_new(opened: Opened, database: str) -> None:
    mail = Carrier("email")
    gateway, another = await shop(opened, mail=mail), await shop(opened, worker=False)
    draft = message({"id": "ann-4711", "email": "ann.smith@example.com"}, channels=["email"])

    async def accept() -> None:
        for _ in range(15):
            await another.accept(draft)

    async def erase() -> None:
        for _ in range(5):
            await gateway.erase_recipient("ann-4711")

    await gateway.accept(draft)
    await asyncio.gather(accept(), accept(), accept(), erase())
    await gateway.erase_recipient("ann-4711")
    report = await verify(gateway._specs)

    assert (report.findings, report.messages) == ([], 46)
    assert telling(database) == []
