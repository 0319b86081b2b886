import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.scripted import Desk, message, person, specs
from wasl.errors import IdempotencyMismatch, Refused
from wasl.ledger.accept import Stored
from wasl.ledger.people import Person
from wasl.ledger.tables import schema


@pytest.fixture
def config(templates: Any) -> dict[str, Any]:
    return {
        "routes": {"default": {"channels": ["sms", "email"]}},
        "topics": {"orders": {"category": "otp"}},
        "templates": templates,
    }


def code_of(error: Refused) -> tuple[str, str]:
    return error.errors[0].code, error.errors[0].pointer


async def test_the_same_key_and_body_make_one_message(desk: Desk) -> None:
    first = await desk.accept(message(), "k")

    second = await desk.accept(message(), "k")

    assert (second.id, second.created_at, second.replayed) == (first.id, first.created_at, True)
    assert desk.rows("SELECT count(*) FROM messages") == [(1,)]
    assert desk.rows("SELECT count(*) FROM deliveries") == [(1,)]


async def test_a_repetition_is_the_same_after_time_has_passed(desk: Desk) -> None:
    first = await desk.accept(message(expires_in="1h"), "k")
    desk.clock.advance(minutes=10)

    second = await desk.accept(message(expires_in="1h"), "k")

    assert (second.due_at, second.expires_at) == (first.due_at, first.expires_at)


async def test_the_same_key_with_another_body_is_refused_and_the_first_stays(desk: Desk) -> None:
    first = await desk.accept(message(), "k")

    with pytest.raises(IdempotencyMismatch) as refused:
        await desk.accept(message({"id": "u_2", "email": "bob@example.com"}), "k")

    assert refused.value.code == "idempotency_mismatch"
    assert desk.rows("SELECT id FROM messages") == [(first.id,)]
    assert desk.rows("SELECT id FROM recipients") == [("u_1",)]


async def test_within_one_commit_the_key_holds_too(desk: Desk) -> None:
    same, other = message(), message(about="something else")

    results = await asyncio.gather(*(desk.accept(m, "k") for m in (same, other, same)), return_exceptions=True)

    assert isinstance(results[1], IdempotencyMismatch)
    assert isinstance(results[0], Stored)
    assert isinstance(results[2], Stored)
    assert (results[0].id, results[2].replayed) == (results[2].id, True)


async def test_another_process_sees_the_key(desk: Desk, folder: Any, carriers: Any, config: Any, clock: Any) -> None:
    other = await Desk.open(specs(folder, carriers, database=desk.url, **config), clock)

    stored = await asyncio.gather(*(d.accept(message(), f"k{n}") for n in range(20) for d in (desk, other)))

    await other.close()
    assert len({one.id for one in stored}) == 20
    assert desk.rows("SELECT count(*) FROM messages") == [(20,)]


async def test_after_three_days_a_key_is_free_again(desk: Desk) -> None:
    first = await desk.accept(message(), "k")
    desk.clock.advance(hours=71, minutes=59)
    within = await desk.accept(message(), "k")
    desk.clock.advance(minutes=1)

    after = await desk.accept(message(about="other"), "k")

    assert within.id == first.id
    assert after.id != first.id
    assert (await desk.accept(message(about="other"), "k")).id == after.id
    assert desk.rows("SELECT idempotency_key FROM messages ORDER BY created_at") == [(None,), ("k",)]


async def test_one_that_is_refused_never_fails_its_group(desk: Desk) -> None:
    stranger = message({"id": "nobody_knows"})

    results = await asyncio.gather(*(desk.accept(m) for m in (message(), stranger, message())), return_exceptions=True)

    assert [type(result) for result in results] == [Stored, Refused, Stored]
    assert code_of(results[1]) == ("unknown_recipient", "/to")  # type: ignore[arg-type]
    assert desk.rows("SELECT count(*) FROM messages") == [(2,)]


async def test_a_key_of_a_refused_message_is_still_free(desk: Desk) -> None:
    with pytest.raises(Refused):
        await desk.accept(message({"id": "u_9"}), "k")

    stored = await desk.accept(message({"id": "u_9", "email": "zed@example.com"}), "k")

    assert not stored.replayed


async def known(desk: Desk, recipient: str = "u_1") -> Person:
    """The recipient as a worker would see it."""
    await desk.accept(message({"id": recipient}))
    envelope = (await desk.claim())[-1].envelope
    return Person(envelope.audience, envelope.locale, envelope.timezone, envelope.addresses, envelope.attributes)


def values(person: Person, kind: str) -> list[str]:
    return [address.value for address in person.addresses if address.kind == kind]


async def test_a_given_address_replaces_the_one_of_its_kind_and_keeps_the_others(desk: Desk) -> None:
    await desk.accept(message())
    await desk.accept(message({"id": "u_1", "email": "ann@new.example"}))

    ann = await known(desk)

    assert (values(ann, "email"), values(ann, "phone")) == (["ann@new.example"], ["+966501234567"])


async def test_a_device_is_added_to_the_others_once(desk: Desk) -> None:
    for token in ("one", "two", "one"):
        await desk.accept(message({"id": "u_1", "addresses": [{"channel": "push", "kind": "fcm_token", "value": token}]}))

    ann = await known(desk)

    assert sorted(values(ann, "fcm_token")) == ["one", "two"]


async def test_an_older_to_replaces_again(desk: Desk) -> None:
    for mail in ("a@example.com", "b@example.com", "a@example.com"):
        await desk.accept(message({"id": "u_1", "email": mail}))

    ann = await known(desk)

    assert values(ann, "email") == ["a@example.com"]


async def test_attributes_are_merged_and_what_is_not_told_is_kept(desk: Desk) -> None:
    await desk.accept(message({"id": "u_1", "email": "a@b.example", "timezone": "Asia/Riyadh", "attributes": {"name": "Ann", "vip": True}}))
    await desk.accept(message({"id": "u_1", "attributes": {"name": "Anna"}}))

    ann = await known(desk)

    assert ann.attributes == {"name": "Anna", "vip": True}
    assert ann.timezone == "Asia/Riyadh"


async def test_recipients_in_one_commit_build_on_each_other(desk: Desk) -> None:
    phone = {"id": "u_1", "phone": "+966501234567"}
    await asyncio.gather(desk.accept(message({"id": "u_1", "email": "a@b.example"})), desk.accept(message(phone)))

    ann = await known(desk)

    assert len(ann.addresses) == 2


async def test_an_unchanged_recipient_is_not_written_again(desk: Desk) -> None:
    await desk.accept(message())
    desk.clock.advance(hours=1)
    await desk.accept(message())

    assert desk.rows("SELECT DISTINCT updated_at FROM recipients") == [(desk.now - 3_600_000_000,)]


async def test_the_language_of_a_known_recipient_is_used(desk: Desk) -> None:
    await desk.accept(message({"id": "u_1", "email": "a@b.example", "locale": "ar"}))

    await desk.accept(message({"id": "u_1"}, template="order_shipped", data={"number": "7"}))

    ((locale, version),) = desk.rows("SELECT locale, template_version FROM messages WHERE template IS NOT NULL")
    assert locale == "ar"
    assert desk.rows("SELECT locale FROM sources WHERE version = ?", version) == [("ar",)]


async def test_a_message_refused_for_its_language_leaves_the_recipient_as_it_was(desk: Desk, templates: Any) -> None:
    (templates / "order_shipped" / "en.md").unlink()
    desk.drafting._templates = type(desk.drafting._templates).load(templates, "ar")
    await desk.accept(message({"id": "u_1", "email": "a@b.example", "locale": "fr"}))
    desk.drafting._templates.default_locale = "xx"
    desk.drafting._config = desk.drafting._config.model_copy(update={"locale": "ar"})

    with pytest.raises(Refused) as refused:
        await desk.accept(message({"id": "u_1", "email": "new@b.example"}, template="order_shipped", data={"number": "7"}))

    assert code_of(refused.value) == ("locale_missing", "/to/locale")
    assert values(await known(desk), "email") == ["a@b.example"]


async def test_a_template_is_kept_although_its_first_commit_failed(desk: Desk) -> None:
    shipped = message(template="order_shipped", data={"number": "7"})
    twin = desk.drafting.draft(shipped, None, desk.clock.now())
    await desk.ledger.accept(twin)
    await desk.change("DELETE FROM sources")

    with pytest.raises(Exception, match=r"(?i)unique"):  # the same id again: the whole commit is undone
        await desk.ledger.accept(twin)
    await desk.accept(shipped)

    assert desk.rows("SELECT name, locale FROM sources") == [("order_shipped", "en")]


async def test_first_makes_one_open_delivery_and_all_one_for_each_channel(desk: Desk) -> None:
    await desk.accept(message(mode="first"))
    await desk.accept(message(mode="all"))

    found = desk.rows("SELECT mode, number, lane, channel FROM deliveries JOIN messages ON id = message_id ORDER BY mode, number")
    assert found == [("all", 1, "sms", "sms"), ("all", 2, "email", "email"), ("first", 1, "sms", None)]


async def test_what_is_for_later_is_scheduled_and_not_due(desk: Desk) -> None:
    at = desk.clock.now().replace(hour=18)

    stored = await desk.accept(message(send_at=at.isoformat(), expires_in="1h"))

    assert desk.rows("SELECT state, reason, due_at FROM deliveries") == [("scheduled", "send_at", stored.due_at)]
    assert stored.expires_at - stored.due_at == 3_600_000_000
    assert await desk.claim() == []
    desk.clock.advance(hours=6)
    assert len(await desk.claim()) == 1


async def test_the_category_gives_the_priority_and_the_life(desk: Desk) -> None:
    stored = await desk.accept(message(topic="orders"))

    assert desk.rows("SELECT flow FROM deliveries") == [("0/default/orders",)]
    assert stored.expires_at - stored.created_at == 300_000_000


async def test_somebody_without_an_id_is_found_again_by_the_address(desk: Desk) -> None:
    for mail in ("ann@example.com", "ann@EXAMPLE.com"):
        await desk.accept(message({"email": mail}))

    ((recipient,),) = desk.rows("SELECT id FROM recipients")
    assert recipient.startswith("anon_")


async def test_nothing_readable_of_an_address_is_in_the_database(desk: Desk, folder: Path) -> None:
    await desk.accept(message())
    stored = b"".join(repr(desk.rows(f"SELECT * FROM {table}")).encode() for table in schema.tables)
    await desk.close()

    stored += b"".join(path.read_bytes() for path in folder.glob("wasl.db*"))  # noqa: ASYNC240 - a small file

    assert b"ann@example.com" not in stored
    assert b"966501234567" not in stored


def test_the_model_of_a_person_shows_masked_addresses_only() -> None:
    given = person(id="u_1", email="ann@example.com")

    assert "ann@example.com" not in repr(Person.nobody().merged(given, given.every_address()).seen("u_1"))
