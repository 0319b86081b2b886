"""A preview is what providers would get, tells nothing that the caller may not see, and leaves nothing behind."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.scripted import Carrier
from tests.gateway.showing.providers import CHANNELS, EVERYWHERE
from wasl.api import Gateway
from wasl.errors import Refused
from wasl.showing.pages import safe_page, write, written
from wasl.showing.seen import ChannelPreview, Preview
from wasl_contracts import Card, Mail, Recipient
from wasl_contracts.content import Sms, Telegram

Everywhere = Callable[..., Awaitable[Gateway]]
Opened = Callable[..., Awaitable[Gateway]]


def on(preview: Preview, channel: str) -> ChannelPreview:
    return next(one for one in preview.channels if one.channel == channel)


async def test_without_anybody_each_channel_shows_the_templates_examples_to_an_invented_person(
    everywhere: Everywhere, sqlite_url: str
) -> None:
    gateway = await everywhere(sqlite_url, worker=False)

    found = await gateway.preview("order_shipped", channels=CHANNELS, locale="ar-SA", brand="acme")

    assert [(one.channel, one.failed, one.invented) for one in found.channels] == [(channel, None, True) for channel in CHANNELS]
    assert (found.locale, found.direction, found.brand, found.voice, found.verdict) == ("ar", "rtl", "acme", "Warm.", None)
    mail, text, chat = on(found, "email"), on(found, "sms"), on(found, "chat")
    assert isinstance(mail.content, Mail)
    assert isinstance(text.content, Sms)
    assert isinstance(chat.content, Telegram)
    assert "1042" in text.content.text
    parsed = message_from_bytes(mail.wire or b"", policy=policy.default)
    assert (str(parsed["From"]), str(parsed["To"]), parsed["DKIM-Signature"]) == ("أكمي <hello@acme.example>", "ann@example.com", None)
    assert mail.size == len(mail.wire or b"")
    assert text.sms is not None
    assert (text.sms.encoding, text.sms.segments, text.sms.forced_by[0].character) == ("ucs2", 1, "غ")


async def test_it_leaves_nothing_behind_and_asks_nobody(everywhere: Everywhere, database: str) -> None:
    from tests.proof.tables import everything

    gateway = await everywhere(database, worker=False)
    before = everything(database)

    await gateway.preview("order_shipped", channels=CHANNELS, to=EVERYWHERE)

    assert everything(database) == before


async def test_it_shows_the_very_bytes_that_are_sent(everywhere: Everywhere, sqlite_url: str) -> None:
    gateway = await everywhere(sqlite_url)
    told: dict[str, Any] = {"to": EVERYWHERE, "data": {"number": "7"}, "channels": ["chat", "social"], "mode": "all"}

    shown = await gateway.preview("order_shipped", **told)
    accepted = await gateway.send("order_shipped", **told)
    await gateway.wait(accepted.id)

    sent = {one.provider: one.wire for one in (await gateway.rerender(accepted.id)).attempts}
    assert {one.provider: one.wire for one in shown.channels} == sent


async def test_what_explain_says_of_it_stands_with_it(everywhere: Everywhere, sqlite_url: str) -> None:
    gateway = await everywhere(sqlite_url, worker=False, more="[topics.offers]\ncategory = 'promotional'\npromotional_rules = false\n")

    found = await gateway.preview("order_shipped", to=EVERYWHERE, topic="offers", channels=["email"])

    assert found.verdict == "withhold"
    assert found.sentences["en"].startswith("It is not sent")


async def test_of_a_known_person_no_address_is_told_and_no_link_that_could_choose_for_them(everywhere: Everywhere, sqlite_url: str) -> None:
    gateway = await everywhere(sqlite_url, worker=False)
    known = {**EVERYWHERE, "email": "known.ann@private.example", "phone": "+966507654321", "locale": "ar"}
    await gateway.put_recipient(Recipient.model_validate(known))

    found = await gateway.preview("order_shipped", to={"id": "u_1"}, topic="news", channels=CHANNELS)

    everything = found.model_dump_json().encode() + b"".join(one.wire or b"" for one in found.channels)
    assert found.locale == "ar"
    assert all(one.failed is None and one.invented for one in found.channels)
    for secret in (b"known.ann", b"507654321", b"ann.example/hook", b"4711"):
        assert secret not in everything
    mail = on(found, "email").content
    assert isinstance(mail, Mail)
    tokens = set(re.findall(r"https://messages\.acme\.example/u/([\w-]+)", mail.html + everything.decode(errors="replace")))
    assert [await gateway.preferences(token) for token in tokens] == [None] * len(tokens) != []


async def test_an_address_that_the_caller_gives_is_used_and_shown_masked(everywhere: Everywhere, sqlite_url: str) -> None:
    gateway = await everywhere(sqlite_url, worker=False)

    found = await gateway.preview(to={"email": "bob@shop.example"}, content={"body": "Hello"}, channels=["email", "sms"])

    mail, text = found.channels
    assert (mail.address, mail.invented) == ("b•••@s•••.example", False)
    assert b"bob@shop.example" in (mail.wire or b"")
    assert (text.content, text.failed) == (None, "No address for this channel is on file for this person.")


async def test_what_cannot_be_shown_says_why(opened: Opened, everywhere: Everywhere, sqlite_url: str) -> None:
    silent = await (await opened({"mail": Carrier("email")}, worker=False)).preview(content={"body": "Hello"})
    long = await (await everywhere(sqlite_url, worker=False)).preview(content={"body": "x" * 5000}, channels=["sms"])

    assert (silent.channels[0].content is not None, silent.channels[0].wire) == (True, None)
    assert silent.channels[0].failed == "The plugin does not show what it hands over."
    assert str(long.channels[0].failed).startswith("It would be refused before sending")


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"template": "gone"}, "/template"),
        ({"template": "order_shipped", "data": {"nummer": 1}}, "/data/number"),
        ({"template": "order_shipped", "channels": ["fax"]}, "/channels/0"),
        ({"template": "order_shipped", "locale": "arabic!"}, "/locale"),
        ({"template": "order_shipped", "brand": "gone"}, "/brand"),
        ({"content": {"body": "a"}, "to": {"id": "nobody"}}, "/to"),
        ({}, ""),
    ],
)
async def test_what_would_be_refused_is_refused(everywhere: Everywhere, sqlite_url: str, asked: dict[str, Any], pointer: str) -> None:
    gateway = await everywhere(sqlite_url, worker=False)

    with pytest.raises(Refused) as refused:
        await gateway.preview(**asked)

    assert refused.value.errors[0].pointer == pointer


async def test_what_an_author_should_look_at_is_told(everywhere: Everywhere, sqlite_url: str, folder: Path) -> None:
    other = folder / "templates" / "bare"
    other.mkdir()
    (other / "en.md").write_text('+++\ntitle = "Bare"\n[variables]\nname = { type = "text" }\n+++\nHello {{ name }}\n')
    gateway = await everywhere(sqlite_url, worker=False)

    found = await gateway.preview("bare", data={"name": "Ann"}, channels=["email"])

    assert [finding.code for finding in found.findings] == ["no_example"]


def preview(*channels: ChannelPreview, **fields: Any) -> Preview:
    return Preview(**{"brand": "acme", "locale": "ar", "direction": "rtl", **fields}, channels=channels)


def test_pages_can_neither_run_nor_send_anything(tmp_path: Path) -> None:
    dark = "<style>@media (prefers-color-scheme: dark){p{color:red}}</style>"
    dark = "<style>@media (prefers-color-scheme: dark){p{color:red}}</style>"
    evil = f"<html><head>{dark}</head><body><script>alert(1)</script>\"'</body></html>"
    mail = ChannelPreview(
        channel="email", provider="mail", content=Mail(subject="<script>a", html=evil, text="a", locale="ar"), wire=b"From: a\r\n", size=9
    )
    card = ChannelPreview(channel="inapp", content=Card(title="a", text="a", html="<p>a</p>", locale="ar", direction="rtl"))

    index = write(preview(mail, card, voice="<b>Warm"), tmp_path / "out")

    assert sorted(file.name for file in index.parent.iterdir()) == ["email.eml", "email.html", "inapp.html", "index.html"]
    assert (index.parent / "email.eml").read_bytes() == b"From: a\r\n"
    page, told = (index.parent / "email.html").read_text(), index.read_text()
    policy = "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'"
    assert f'<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">' in page
    assert '<iframe sandbox="" ' in page
    assert "<script>" not in page
    assert "<script>" not in told
    assert "<b>Warm" not in told
    assert told.count('<iframe sandbox=""') == 8
    assert told.count("(max-width: 0px)") == told.count("(min-width: 0px)") == 2


def test_a_page_without_a_head_is_kept_from_everything_too() -> None:
    mail = ChannelPreview(channel="email", content=Mail(subject="a", html="<p>a</p>", text="a", locale="en"))

    assert 'srcdoc="&lt;meta http-equiv=&quot;Content-Security-Policy&quot;' in str(safe_page(mail))
    assert written(preview()).startswith("<!doctype html>")


async def test_a_preview_of_another_moment_is_not_dated_by_it(everywhere: Everywhere, sqlite_url: str) -> None:
    gateway = await everywhere(sqlite_url, worker=False)
    later = gateway._open.ledger.clock.now() + timedelta(days=2)

    found = await gateway.preview("order_shipped", to=EVERYWHERE, send_at=later, channels=["email"])

    assert found.verdict == "defer"
    assert found.channels[0].failed is None
