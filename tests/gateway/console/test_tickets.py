"""What support pastes into a ticket: in the customer's language, and free of personal data."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.gateway.anns_life import TELLING, Opened, lived, shop
from wasl.console.tickets.wording import WHY, language, languages, wording
from wasl.console.tickets.writing import Reader, for_customer, for_staff, of_message
from wasl.person_life import LifeDelivery, LifeMessage
from wasl_contracts import Reason, State

AT = datetime(2026, 5, 3, 16, 0, tzinfo=UTC)


def sale(state: State = State.WITHHELD, reason: Reason | None = Reason.OPTED_OUT, **fields: Any) -> LifeMessage:
    way = LifeDelivery(id="dlv_1_1", channel=fields.pop("channel", "email"), state=state, reason=reason, address="a•••@e•••.com")
    told = {"at": AT, "id": "msg_1", "topic": "offers", "category": "promotional", "template": "summer_sale", "state": state}
    return LifeMessage(**{**told, "deliveries": (way,), **fields})


def told(lang: str, *messages: LifeMessage, zone: str = "Europe/Berlin") -> str:
    return for_customer(messages, Reader(lang, zone, {"offers": {"en-GB": "Offers", "de": "Angebote"}}))


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "May 3, 2026, 18:00: Offers, by email. We did not send it. You had turned off messages of this kind."),
        ("de", "03.05.2026, 18:00: Angebote, per E-Mail. Wir haben sie nicht gesendet. Sie hatten Nachrichten dieser Art abgestellt."),
        ("ar", "عرض أو أخبار، عبر البريد الإلكتروني. لم نرسلها. كنت قد أوقفت الرسائل من هذا النوع."),
    ],
)
def test_an_opted_out_message_is_told_in_the_customers_language(lang: str, text: str) -> None:
    assert text.removeprefix("May 3, 2026, 18:00: ") in told(lang, sale())


def test_the_time_is_the_customers() -> None:
    assert "18:00" in told("en", sale())
    assert "19:00" in told("en", sale(), zone="Asia/Riyadh")


@pytest.mark.parametrize("lang", languages())
def test_every_state_reason_channel_and_category_has_its_sentence_in_every_language(lang: str) -> None:
    words = wording(lang)

    assert set(words.states) == set(State)
    assert set(words.reasons) == {*WHY.values(), "our_side"}
    assert set(words.categories) == {"otp", "transactional", "service", "promotional"}
    assert set(words.channels) == set(wording("en").channels)
    assert len({words.why(reason) for reason in Reason}) == len(words.reasons)
    for state, reason in itertools.product(State, Reason):
        assert "{" not in told(lang, sale(state, reason))


def test_a_reason_is_not_told_of_what_arrived() -> None:
    assert "confirmation" not in told("en", sale(State.DELIVERED, Reason.NO_RECEIPTS))


@pytest.mark.parametrize(
    ("locales", "lang"), [(("de-AT",), "de"), (("ar_SA", "en"), "ar"), (("ja", "fr"), "fr"), ((None, "xx"), "en"), (("EN",), "en")]
)
def test_the_language_is_the_first_that_there_are_words_for(locales: tuple[str | None, ...], lang: str) -> None:
    assert language(*locales) == lang


def test_a_language_without_words_is_no_wording() -> None:
    with pytest.raises(LookupError):
        wording("../en")


async def test_a_ticket_tells_the_customer_nothing_that_tells_of_them(opened: Opened) -> None:
    gateway = await shop(opened)
    ids = await lived(gateway)
    life = [one for one in (await gateway.life("ann-4711")).data if isinstance(one, LifeMessage)]

    for lang in languages():
        text = told(lang, *life)

        assert len(text.splitlines()) == 2 + len(ids) + 2
        assert not any(word in text for word in (*TELLING, *ids, "msg_", "•••"))


async def test_the_version_for_staff_has_ids_and_codes_and_no_address(opened: Opened) -> None:
    gateway = await shop(opened)
    ids = await lived(gateway)
    life = [one for one in (await gateway.life("ann-4711")).data if isinstance(one, LifeMessage)]

    text = for_staff("ann-4711", "default", life)

    assert all(one in text for one in (*ids, "ann-4711", "suppressed_complaint", "withheld", "Z"))
    assert not any(word in text for word in ("ann.smith", "•••", "966501234567", "Annabella", "secret"))


async def test_one_message_alone_is_told_as_in_the_list(opened: Opened) -> None:
    gateway = await shop(opened)
    (first, *_) = await lived(gateway)
    listed = next(one for one in (await gateway.life("ann-4711")).data if one.id == first)

    alone = of_message(await gateway.get(first))

    assert isinstance(listed, LifeMessage)
    assert told("en", alone) == told("en", listed)
    assert for_staff("ann-4711", "default", [alone]) == for_staff("ann-4711", "default", [listed])


def test_nobody_was_sent_anything_is_a_sentence_too() -> None:
    assert told("en") == "We have no message to you on record."
