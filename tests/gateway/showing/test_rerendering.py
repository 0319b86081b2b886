"""What was handed over is made again of what is kept: equal to the byte, or what is gone or has changed is named."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.scripted import Carrier, Script
from tests.gateway.showing.providers import CHANNELS, EVERYWHERE, rewrite_texts
from wasl.api import Gateway
from wasl.errors import NotFound
from wasl.showing.seen import Rerendered
from wasl_contracts import Message, Recipient, State, Unavailable

Everywhere = Callable[..., Awaitable[Gateway]]
Opened = Callable[..., Awaitable[Gateway]]
_WORDS = (
    "Ann’s",
    "order",
    "طلبك",
    "**1042**",
    "– see",
    "you",
    "👋🏽",
    "שלום",
    "[here](https://shop.example/a?b=1&c=2)",
    "<b>",
    "{{ x }}",
    "…",
)


def messages(chance: random.Random, count: int) -> list[Message]:
    """Messages of every kind: templates and inline content, languages, brands, topics, attachments, all on every channel."""
    made = []
    for number in range(count):
        to = {**EVERYWHERE, "id": f"u_{number}", "locale": chance.choice(("en", "ar", "ar-SA")), "timezone": chance.choice(_ZONES)}
        told: dict[str, Any] = {"to": to, "channels": CHANNELS, "mode": "all", "topic": chance.choice(("default", "news"))}
        told["brand"] = chance.choice(("acme", "shop", "default"))
        if chance.random() < 0.5:
            data = {"number": chance.choice(_WORDS), **({"when": "2026-03-01T12:00:00+03:00"} if chance.random() < 0.5 else {})}
            told |= {"template": "order_shipped", "data": data}
        else:
            told["content"] = {"title": chance.choice(_WORDS), "body": " ".join(chance.choices(_WORDS, k=12))}
        if chance.random() < 0.3:
            told |= {"attachments": [{"name": "فاتورة.txt", "content": "aGVsbG8="}], "attachments_optional": True}
        made.append(Message.model_validate(told))
    return made


_ZONES = ("Asia/Riyadh", "Europe/London")


async def sent(gateway: Gateway, wanted: Sequence[Message]) -> list[str]:
    ids = [(await gateway.accept(message)).id for message in wanted]
    for message_id, message in zip(ids, wanted, strict=True):
        seen = await gateway.of(message.brand or gateway.brand).wait(message_id, timeout=20)
        assert {one.state for one in seen.deliveries} <= {State.SENT, State.DELIVERED}, [
            (o.channel, o.state, o.reason) for o in seen.deliveries
        ]
    return ids


async def again(gateway: Gateway, ids: Sequence[str], wanted: Sequence[Message]) -> list[Rerendered]:
    return [await gateway.of(m.brand or gateway.brand).rerender(one) for one, m in zip(ids, wanted, strict=True)]


def causes(found: Rerendered) -> set[str]:
    return {difference.cause for attempt in found.attempts for difference in attempt.why}


async def test_whatever_was_sent_comes_out_equal_and_does_so_when_files_have_changed(
    everywhere: Everywhere, database: str, folder: Path
) -> None:
    wanted = messages(random.Random(5), 12)
    gateway = await everywhere(database)

    ids = await sent(gateway, wanted)
    found = await again(gateway, ids, wanted)

    assert [(one.id, attempt.id, attempt.why) for one in found for attempt in one.attempts if attempt.verdict != "equal"] == []
    assert all(one.equal and len(one.attempts) == len(CHANNELS) for one in found)
    assert {name for one in found for attempt in one.model_dump(mode="json")["attempts"] for name in attempt} == {
        "id", "provider", "verdict", "why", "size",
    }  # fmt: skip
    rewrite_texts(folder)
    other = await everywhere(database, worker=False)
    assert all(one.equal for one in await again(other, ids, wanted))


async def test_the_digest_stands_with_each_call_and_of_another_text_it_is_another_one(everywhere: Everywhere, sqlite_url: str) -> None:
    gateway = await everywhere(sqlite_url)
    wanted = [Message.model_validate({"to": EVERYWHERE, "content": {"body": body}, "channels": ["log"]}) for body in ("a", "b")]

    ids = await sent(gateway, wanted)

    digests = [(await gateway.get(one)).deliveries[0].attempts[0].digest for one in ids]
    assert all(digest is not None and len(digest) == 34 for digest in digests)
    assert digests[0] != digests[1]


async def test_of_an_erased_person_nothing_can_be_made_again(everywhere: Everywhere, database: str) -> None:
    gateway = await everywhere(database)
    (one,) = await sent(gateway, [Message.model_validate({"to": EVERYWHERE, "content": {"body": "a"}, "channels": ["email"]})])

    await gateway.erase_recipient("u_1")
    found = await gateway.rerender(one)

    assert (found.equal, found.attempts[0].verdict, causes(found)) == (False, "gone", {"erased"})
    assert (await gateway.get(one)).deliveries[0].attempts[0].digest is None


@pytest.mark.parametrize(
    ("changed", "cause", "told"),
    [
        ({"hello@acme.example": "hi@acme.example"}, "settings_changed", "[providers.mail]"),
        ({"https://messages.acme.example": "https://m.acme.example"}, "settings_changed", "[server] public_url"),
        ({"[providers.mail]": "[providers.post]", "[[providers.mail.": "[[providers.post."}, "provider_gone", "not configured"),
    ],
)
async def test_what_has_changed_in_the_configuration_is_named(
    everywhere: Everywhere, sqlite_url: str, changed: dict[str, str], cause: str, told: str
) -> None:
    gateway = await everywhere(sqlite_url)
    news = {"to": EVERYWHERE, "content": {"body": "a"}, "channels": ["email"], "topic": "news"}
    (one,) = await sent(gateway, [Message.model_validate(news)])
    assert (await gateway.rerender(one)).equal

    found = await (await everywhere(sqlite_url, worker=False, **changed)).rerender(one)

    assert (found.equal, causes(found)) == (False, {cause})
    assert told in found.attempts[0].why[0].sentence


async def test_an_address_that_they_no_longer_have_and_a_new_time_zone_are_named(everywhere: Everywhere, sqlite_url: str) -> None:
    gateway = await everywhere(sqlite_url)
    told = {"template": "order_shipped", "data": {"number": "1", "when": "2026-03-01T12:00:00+03:00"}, "channels": ["email"]}
    (one,) = await sent(gateway, [Message.model_validate({"to": EVERYWHERE, **told})])

    await gateway.put_recipient(Recipient.model_validate({**EVERYWHERE, "timezone": "Asia/Tokyo"}))
    moved = await gateway.rerender(one)
    await gateway.put_recipient(Recipient.model_validate({**EVERYWHERE, "email": "new@example.com"}))
    gone = await gateway.rerender(one)

    assert (moved.attempts[0].verdict, causes(moved)) == ("different", {"person_changed"})
    assert (gone.attempts[0].verdict, causes(gone)) == ("gone", {"address_gone"})


async def test_another_version_of_the_software_is_named(everywhere: Everywhere, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from wasl import imprint

    gateway = await everywhere(sqlite_url)
    (one,) = await sent(gateway, [Message.model_validate({"to": EVERYWHERE, "content": {"body": "a"}, "channels": ["sms"]})])
    monkeypatch.setattr(imprint, "version", lambda name: "99.0")
    monkeypatch.setattr("wasl_twilio.Twilio.wire", lambda self, delivery: b"otherwise")

    found = await gateway.rerender(one)

    assert (found.attempts[0].verdict, causes(found)) == ("different", {"software_changed"})
    assert "wasl 0.1.0, now 99.0" in found.attempts[0].why[0].sentence


async def test_a_plugin_that_shows_nothing_and_a_call_that_handed_nothing_over_are_told_as_such(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email", Script(Unavailable()))})
    accepted = await gateway.send(to={"email": "ann@example.com"}, content={"body": "a"}, channels=["email"])
    await gateway.wait(accepted.id)

    found = await gateway.rerender(accepted.id)

    assert [(attempt.verdict, attempt.why[0].cause) for attempt in found.attempts] == [("gone", "not_kept")] * 2
    assert "a digest" not in found.model_dump_json()
    with pytest.raises(NotFound):
        await gateway.rerender("msg_nothing")


async def test_each_call_of_a_delivery_is_made_again_as_it_was_then(everywhere: Everywhere, sqlite_url: str, brisk: None) -> None:
    gateway = await everywhere(sqlite_url, more="[retry]\nbase = '10ms'\n")
    calls = 0

    async def refuse_once(self: Any, transaction: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise Unavailable()
        return await carry(self, transaction)

    from wasl_smtp.pool import Pool

    carry = Pool.carry
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Pool, "carry", refuse_once)
        (one,) = await sent(gateway, [Message.model_validate({"to": EVERYWHERE, "content": {"body": "a"}, "channels": ["email"]})])

    found = await gateway.rerender(one)

    assert [attempt.verdict for attempt in found.attempts] == ["equal", "equal"]


@pytest.mark.parametrize(
    ("done", "cause"),
    [
        ("UPDATE messages SET body = '{}'", "content_gone"),
        ("DELETE FROM sources WHERE kind = 'template'", "text_gone"),
        ("DELETE FROM sources WHERE kind = 'brand' AND name = 'acme'", "text_gone"),
        ("DELETE FROM file_contents", "files_gone"),
        ("UPDATE attempts SET digest = 'ff' || substr(digest, 3)", "key_gone"),
        ("UPDATE attempts SET digest = NULL", "not_kept"),
    ],
)
async def test_what_is_not_kept_any_more_is_named(everywhere: Everywhere, sqlite_url: str, folder: Path, done: str, cause: str) -> None:
    files = [{"name": "a.txt", "content": "aGVsbG8="}]
    told = {"to": EVERYWHERE, "template": "order_shipped", "data": {"number": "1"}, "brand": "acme", "attachments": files}
    wanted = [Message.model_validate({**told, "channels": ["email"]})]
    gateway = await everywhere(sqlite_url)
    ids = await sent(gateway, wanted)
    rewrite_texts(folder)
    (folder / "brands" / "acme" / "brand.toml").write_text('title = "Other"')

    await asyncio.to_thread(rows, sqlite_url, done)  # the gateway may be writing just now
    (found,) = await again(await everywhere(sqlite_url, worker=False), ids, wanted)

    assert [(attempt.verdict, attempt.why[0].cause) for attempt in found.attempts] == [("gone", cause)]


@pytest.mark.parametrize(
    ("done", "cause"),
    [
        ("UPDATE messages SET due_at = due_at + 60000000, expires_at = expires_at + 60000000", "replayed"),
        ("UPDATE deliveries SET attempts = 2", "decided_again"),
        ("UPDATE attempts SET made_by = NULL", "unexplained"),
    ],
)
async def test_what_has_happened_since_is_named_where_it_comes_out_otherwise(
    everywhere: Everywhere, sqlite_url: str, done: str, cause: str
) -> None:
    gateway = await everywhere(sqlite_url)
    (one,) = await sent(gateway, [Message.model_validate({"to": EVERYWHERE, "content": {"body": "a"}, "channels": ["push"]})])

    await asyncio.to_thread(rows, sqlite_url, f"UPDATE attempts SET digest = '01{'0' * 32}'")
    await asyncio.to_thread(rows, sqlite_url, done)

    assert causes(await gateway.rerender(one)) == {cause}
