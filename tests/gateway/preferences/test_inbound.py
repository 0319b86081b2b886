"""Inbound texts: STOP, START and HELP, by Python and over HTTP."""

import pytest

from tests.gateway.preferences.conftest import Page
from wasl.errors import Refused
from wasl_contracts import Content, Message, Reason, State

NUMBER = "+966501234567"
TEXT = Message.model_validate({"to": {"id": "u_1"}, "topic": "orders", "channels": ["sms"], "content": Content(body="Hello")})


async def outcome(page: Page, channel: str = "sms") -> str:
    """What becomes of a message to Ann on this channel: that it was sent, or why not."""
    gateway = page.gateway
    sent = await gateway.accept(TEXT.model_copy(update={"channels": (channel,)}))
    seen = await gateway.wait(sent.id)
    return str(seen.reason.code if seen.state is State.WITHHELD and seen.reason is not None else seen.state)


@pytest.fixture
async def page(visiting):  # type: ignore[no-untyped-def]
    return await visiting(worker=True, keywords={"stop": ["DND"], "replies": {"help": {"en": "Acme, help@acme.example", "ar": "أكمي"}}})


@pytest.mark.parametrize("text", ["STOP", "إيقاف!", "dnd"])
async def test_stop_holds_for_the_address_whoever_has_it(page: Page, text: str) -> None:
    heard = await page.gateway.inbound_text("sms", NUMBER, text)

    assert (heard.meaning, heard.changed, heard.reply) == ("stop", True, None)
    assert await outcome(page) == "suppressed_unsubscribe"
    assert await outcome(page, "email") == "sent"
    story = await page.gateway.suppression(NUMBER)
    assert [(row.reason, row.source, row.actor) for row in story.data] == [(Reason.SUPPRESSED_UNSUBSCRIBE, "keyword", "recipient")]
    assert story.history[0].note == text


async def test_start_takes_back_what_stop_did(page: Page) -> None:
    await page.gateway.inbound_text("sms", NUMBER, "STOP")
    again = await page.gateway.inbound_text("sms", NUMBER, "stop")
    heard = await page.gateway.inbound_text("sms", NUMBER, "اشتراك")
    once_more = await page.gateway.inbound_text("sms", NUMBER, "START")

    assert [again.changed, heard.changed, once_more.changed] == [False, True, False]
    assert heard.meaning == once_more.meaning == "start"
    assert await outcome(page) == "sent"
    assert [change.change for change in (await page.gateway.suppression(NUMBER)).history] == ["added", "removed"]


@pytest.mark.parametrize("reason", [Reason.SUPPRESSED_UNSUBSCRIBE, Reason.SUPPRESSED_BOUNCE, Reason.SUPPRESSED_MANUAL])
async def test_start_takes_nothing_else_back(page: Page, reason: Reason) -> None:
    await page.gateway.suppress(NUMBER, reason, source="support")
    await page.gateway.inbound_text("sms", NUMBER, "STOP")

    await page.gateway.inbound_text("sms", NUMBER, "START")

    assert await outcome(page) == reason


async def test_start_does_not_turn_on_what_they_turned_off_on_their_page(page: Page) -> None:
    await page.post(page.path(topic="orders"))
    await page.gateway.inbound_text("sms", NUMBER, "STOP")

    await page.gateway.inbound_text("sms", NUMBER, "START")

    assert await outcome(page) == "opted_out"


async def test_help_is_answered_in_the_language_that_asked(page: Page) -> None:
    english, arabic = [await page.gateway.inbound_text("sms", NUMBER, text) for text in ("help", "مساعدة")]

    assert (english.meaning, english.reply, english.changed) == ("help", "Acme, help@acme.example", False)
    assert (arabic.language, arabic.reply) == ("ar", "أكمي")


async def test_a_longer_text_is_for_a_person_and_changes_nothing(page: Page) -> None:
    heard = await page.gateway.inbound_text("sms", NUMBER, "Please stop these")

    assert (heard.meaning, heard.maybe_stop, heard.changed) == (None, True, False)
    assert await outcome(page) == "sent"


async def test_a_text_from_nowhere_is_refused(page: Page) -> None:
    for channel, address, pointer in (("sms", "12", "/address"), ("fax", NUMBER, "/channel"), (None, "u_1", "/channel")):
        with pytest.raises(Refused) as caught:
            await page.gateway.inbound_text(channel, address, "STOP")

        assert caught.value.errors[0].pointer == pointer
    with pytest.raises(Refused, match="/text"):
        await page.gateway.inbound_text("sms", NUMBER, "x" * 10_001)


async def test_it_is_there_over_http(page: Page) -> None:
    key = {"Authorization": f"Bearer {await page.gateway.create_api_key('k', ['send'])}"}

    async with page.http.post(f"{page.base}/v1/inbound", json={"address": NUMBER, "text": "STOP"}, headers=key) as answer:
        told = (answer.status, await answer.json())
    async with page.http.post(f"{page.base}/v1/inbound", json={"address": NUMBER, "text": "STOP"}) as answer:
        without = answer.status
    async with page.http.post(f"{page.base}/v1/recipients/u_1/preference-url", json={"topic": "orders"}, headers=key) as answer:
        url = (await answer.json())["url"]

    assert told == (200, {"meaning": "stop", "changed": True, "maybe_stop": False, "language": "en", "reply": None})
    assert without == 401
    assert url.startswith("http://127.0.0.1/u/")
