"""What people write to the bot, that they blocked it, and what is believed to be Telegram's."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from multidict import CIMultiDict
from pydantic import ValidationError

from wasl_contracts import Address, BadSignature, Callback, Event, Reason, Unreadable
from wasl_telegram import Telegram, TelegramSettings

TOKEN, SECRET = "123456:AA-secret_1", "a-long-secret-of-our-own_2"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
PERSON = Address(channel="chat", kind="telegram_chat", value="700700700")
GROUP = Address(channel="chat", kind="telegram_group", value="-1001234567890")
ANN, BOT = {"id": 700700700, "is_bot": False, "first_name": "Ann"}, {"id": 123456, "is_bot": True, "first_name": "Acme"}


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    async with aiohttp.ClientSession() as http:
        yield Telegram(TelegramSettings(token=TOKEN, webhook_secret=SECRET), http)


def callback(told: object, secret: str | None = SECRET) -> Callback:
    headers = CIMultiDict({} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret})
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Callback("POST", "https://wasl.example/hooks/bot", headers, body, AT)


def message(**fields: object) -> dict[str, object]:
    """An update (core.telegram.org/bots/api#update, read 2026-11)."""
    told = {
        "message_id": 5,
        "from": ANN,
        "chat": {"id": 700700700, "type": "private"},
        "date": int(AT.timestamp()),
        "text": "شكرًا",
        **fields,
    }
    return {"update_id": 10_000, "message": told}


def in_group(**fields: object) -> dict[str, object]:
    return message(chat={"id": -1001234567890, "type": "supergroup"}, **{"reply_to_message": {"message_id": 4, "from": BOT}, **fields})


def member(status: str, chat: dict[str, object]) -> dict[str, object]:
    change = {"old_chat_member": {"status": "member", "user": BOT}, "new_chat_member": {"status": status, "user": BOT}}
    return {"update_id": 10_001, "my_chat_member": {"chat": chat, "from": ANN, "date": int(AT.timestamp()), **change}}


def test_what_a_person_writes_to_the_bot_is_a_reply(telegram: Telegram) -> None:
    [event] = telegram.parse(callback(message()))

    assert event == Event(kind="replied", at=AT, event_id="10000", address=PERSON, text="شكرًا")


def test_an_answer_to_our_message_in_a_group_is_a_reply_of_the_group_in_its_topic(telegram: Telegram) -> None:
    [event] = telegram.parse(callback(in_group(message_thread_id=17)))

    assert (event.kind, event.address, event.thread) == ("replied", GROUP, "17")


def test_a_picture_has_its_caption_as_text_and_a_sticker_none(telegram: Telegram) -> None:
    told = message(caption="صورة", photo=[])
    del told["message"]["text"]
    sticker = message(sticker={})
    del sticker["message"]["text"]

    [picture], [nothing] = telegram.parse(callback(told)), telegram.parse(callback(sticker))

    assert (picture.text, nothing.text) == ("صورة", None)


def test_whoever_blocks_the_bot_has_unsubscribed(telegram: Telegram) -> None:
    [event] = telegram.parse(callback(member("kicked", {"id": 700700700, "type": "private"})))

    assert event == Event(kind="unsubscribed", at=AT, event_id="10001", reason=Reason.OPTED_OUT, address=PERSON)


@pytest.mark.parametrize("status", ["kicked", "left"])
def test_a_group_that_took_the_bot_out_is_dead(telegram: Telegram, status: str) -> None:
    [event] = telegram.parse(callback(member(status, {"id": -1001234567890, "type": "supergroup"})))

    assert (event.kind, event.dead, event.reason, event.address) == ("unsubscribed", True, Reason.UNREACHABLE, GROUP)


@pytest.mark.parametrize(
    "told",
    [
        in_group(reply_to_message={"message_id": 4, "from": ANN}),
        in_group(reply_to_message={"message_id": 4}),
        message(chat={"id": -100, "type": "group"}),
        message(chat={"id": -100, "type": "channel"}),
        message(**{"from": BOT}),
        member("member", {"id": 700700700, "type": "private"}),
        member("kicked", {"id": -100, "type": "channel"}),
        {"update_id": 1, "edited_message": {}},
        {"update_id": 1},
    ],
    ids=["answer to another", "answer to nobody", "chatter", "channel", "bot", "unblocked", "out of a channel", "edit", "nothing"],
)
def test_what_is_not_for_us_is_no_event(telegram: Telegram, told: object) -> None:
    assert list(telegram.parse(callback(told))) == []


@pytest.mark.parametrize(
    "told",
    [
        message(chat={}),
        message(chat={"id": 10**30, "type": "private"}),
        message(chat={"id": True, "type": "private"}),
        message(date="now"),
        message(date=10**15),
        message(text=["a"]),
        message(text="\ud800"),
        message(message_thread_id="a"),
        message(**{"from": 7}),
        {"update_id": "1"},
        {"update_id": 1, "message": None},
        {"update_id": 1, "my_chat_member": {"chat": {"id": 1, "type": "private"}}},
        b"null",
        b"[" * 10_000,
    ],
)
def test_what_makes_no_sense_is_unreadable(telegram: Telegram, told: object) -> None:
    with pytest.raises(Unreadable):
        telegram.parse(callback(told))


@pytest.mark.parametrize("secret", [None, "", SECRET[:-1], SECRET + " ", SECRET.upper(), "é"])
def test_what_does_not_repeat_our_secret_is_not_believed(telegram: Telegram, secret: str | None) -> None:
    with pytest.raises(BadSignature):
        telegram.parse(callback(message(), secret))


async def test_without_a_secret_no_callback_is_believed() -> None:
    async with aiohttp.ClientSession() as http:
        telegram = Telegram(TelegramSettings(token=TOKEN), http)
        for secret in (None, "", SECRET):
            with pytest.raises(BadSignature):
                telegram.parse(callback(message(), secret))


@pytest.mark.parametrize("secret", ["", "short", "x" * 21, "a-secret-with-a-blank here", "é" * 20, "x" * 257])
def test_a_secret_that_telegram_does_not_take_is_refused_with_the_settings_and_not_shown(secret: str) -> None:
    with pytest.raises(ValidationError, match="22 to 256") as caught:
        TelegramSettings(token=TOKEN, webhook_secret=secret)

    assert not secret or secret not in str(caught.value)
