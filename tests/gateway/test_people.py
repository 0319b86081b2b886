"""People: found, shown, told of and copied, on both engines."""

import json
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.anns_life import ANN, BOB, Opened, lived, shop
from tests.gateway.scripted import message
from wasl.catching_up import CatchingUp
from wasl.errors import NotFound, Refused
from wasl.person_seen import PersonExport, Sought
from wasl_contracts import Reason, Recipient, State


async def test_a_person_is_shown_with_their_consent_suppressions_counts_and_last_contact(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)

    seen = await gateway.recipient("ann-4711")

    assert seen.addresses == ("email a•••@e•••.com", "phone +9665•••••67")
    assert (seen.locale, seen.timezone, seen.messages) == ("ar", "Asia/Riyadh", 4)
    assert seen.deliveries == {State.SENT: 2, State.SCHEDULED: 1, State.WITHHELD: 1}
    assert [listed.reason for listed in seen.suppressions] == [Reason.SUPPRESSED_COMPLAINT]
    assert seen.consent is not None
    assert [row.state for row in seen.consent.rows] == ["granted"]
    assert seen.last_contact_at is not None
    assert "@example.com" not in seen.model_dump_json()


async def test_a_timeline_is_read_in_pages_and_misses_nothing(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)

    whole = (await gateway.recipient_timeline("ann-4711", limit=1000)).data
    paged, cursor = [], None
    while True:
        page = await gateway.recipient_timeline("ann-4711", limit=3, cursor=cursor)
        paged += page.data
        if (cursor := page.next_cursor) is None:
            break

    assert tuple(paged) == whole
    assert [entry.at for entry in whole] == sorted((entry.at for entry in whole), reverse=True)
    kinds = {"accepted", "sending", "answer.receipt", "withheld", "decided", "consent.granted", "suppression.added"}
    assert kinds <= {entry.type for entry in whole}
    decided = next(e for e in whole if e.type == "decided" and "suppressed_complaint" in json.dumps(e.facts))
    assert decided.message is not None


async def test_things_that_happened_in_one_moment_are_told_once_each(opened: Opened, clock: Any) -> None:
    gateway = await shop(opened, worker=False, clock=clock)
    ids = [(await gateway.accept(message(ANN))).id for _ in range(7)]

    paged, cursor = [], None
    while True:
        page = await gateway.recipient_timeline("ann-4711", limit=2, cursor=cursor)
        paged += [entry.message for entry in page.data]
        if (cursor := page.next_cursor) is None:
            break

    assert paged == sorted(ids, reverse=True)


async def test_a_cursor_of_somebody_else_is_refused(opened: Opened) -> None:
    gateway = await shop(opened, worker=False)
    for _ in range(3):
        await gateway.accept(message(ANN))
        await gateway.accept(message(BOB))
    page = await gateway.recipient_timeline("bob", limit=1)

    with pytest.raises(Refused) as caught:
        await gateway.recipient_timeline("ann-4711", cursor=page.next_cursor)

    assert caught.value.errors[0].code == "bad_cursor"


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ({"email": "Ann.Smith@EXAMPLE.com"}, ["ann-4711"]),
        ({"phone": "+966 50 123 4567"}, ["ann-4711"]),
        ({"address": "ann.smith@example.com", "channel": "email", "kind": "email"}, ["ann-4711"]),
        ({"id": "ann-4711"}, ["ann-4711"]),
        ({"email": "bob@example.org"}, ["bob"]),
        ({"email": "put@example.org"}, ["put"]),
        ({"email": "nobody@example.org"}, []),
        ({"id": "nobody"}, []),
    ],
)
async def test_people_are_found_by_id_and_by_exact_address(opened: Opened, sought: dict[str, str], found: list[str]) -> None:
    gateway = await shop(opened, worker=False)
    for to in (ANN, BOB):
        await gateway.accept(message(to))
    await gateway.put_recipient(Recipient(id="put", email="put@example.org"))

    people = await gateway.find_recipients(Sought.model_validate(sought))

    assert [one.id for one in people.data] == found


async def test_who_has_no_id_of_yours_is_found_by_address_and_who_came_since_the_last_look_too(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.ledger.owners._LATE", -1)  # so that nothing is read twice
    monkeypatch.setattr("wasl.ledger.owners._BATCH", 2)
    gateway = await shop(opened, worker=False)
    await gateway.accept(message({"email": "no.id@example.org"}))
    sought = [Sought(email=f"p{number}@example.org") for number in range(6)]

    (anonymous,) = (await gateway.find_recipients(Sought(email="no.id@example.org"))).data
    found = []
    for number, one in enumerate(sought):
        await gateway.accept(message({"id": f"p{number}", "email": f"p{number}@example.org"}))
        found += [person.id for person in (await gateway.find_recipients(one)).data]

    assert anonymous.id.startswith("anon_")
    assert found == [f"p{number}" for number in range(6)]


async def test_addresses_are_noted_before_anybody_looks_for_one(opened: Opened, monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    noted = "SELECT recipient_id FROM address_owners ORDER BY recipient_id"
    gateway = await shop(opened, worker=False)
    for number in range(5):
        await gateway.accept(message({"id": f"p{number}", "email": f"p{number}@example.org"}))
    monkeypatch.setattr("wasl.ledger.owners._BATCH", 2)
    ledger = gateway._open.ledger
    task = CatchingUp(ledger.tallying, ledger.owners, gateway.brands)

    await task.look()
    new = rows(database, noted)
    monkeypatch.setattr("wasl.ledger.owners._LATE", -1)
    await task.look()

    assert new == []  # they might have to be read again
    assert [row[0] for row in rows(database, noted)] == [f"p{number}" for number in range(5)]


async def test_a_search_for_what_is_no_address_says_so(opened: Opened) -> None:
    gateway = await shop(opened, worker=False)

    with pytest.raises(Refused) as caught:
        await gateway.find_recipients(Sought(email="no address"))

    assert (caught.value.errors[0].pointer, caught.value.errors[0].code) == ("/email", "invalid_address")


async def test_a_copy_holds_everything_in_clear_but_no_one_time_code(opened: Opened) -> None:
    gateway = await shop(opened)
    ids = await lived(gateway)

    document = b"".join([part async for part in await gateway.export_recipient("ann-4711")])

    copy = PersonExport.model_validate_json(document)
    assert [address.value for address in copy.recipient.addresses] == ["ann.smith@example.com", "+966501234567"]
    assert copy.recipient.attributes == {"name": "Annabella"}
    assert [row.ip for row in copy.consents] == ["203.0.113.7"]
    assert [change.note for story in copy.suppressions for change in story.history] == ["Annabella called"]
    assert [one.id for one in copy.messages] == sorted(ids)
    by_topic = {one.topic: one for one in copy.messages}
    assert by_topic["codes"].content is None
    assert "secret words for Annabella" in json.dumps(by_topic["default"].content)
    assert {one.idempotency_key for one in copy.messages} == {None, "ticket-9"}


async def test_a_copy_of_nobody_is_refused_before_its_first_part(opened: Opened) -> None:
    gateway = await shop(opened, worker=False)

    with pytest.raises(NotFound):
        await gateway.export_recipient("nobody")
