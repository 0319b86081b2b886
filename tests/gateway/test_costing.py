"""What a provider gets of an SMS, and what it counts as."""

from typing import Any

import pytest

from tests.gateway.scripted import PHONE, candidate
from wasl.answers import CostSeen
from wasl.config import Config
from wasl.costing import FREE, Costing
from wasl.policies.prices import Prices
from wasl.policies.verdict import Cost
from wasl_contracts.content import Plain, Push, Sms

CURLY = "It’s on its way – see you soon"
PRICES = [{"channel": "sms", "country": "SA", "price": "0.042", "currency": "SAR"}]


def costing(**provider: Any) -> Costing:
    config = Config.model_validate({"providers": {"text": {"plugin": "twilio", **provider}}, "prices": PRICES})
    return Costing(config, Prices(config.prices))


def test_a_text_is_counted_and_priced_by_the_number_that_it_goes_to() -> None:
    content = Sms(text="ا" * 71)

    sent, cost = costing().weighed(content, candidate(channel="sms"), "text")

    assert isinstance(sent, Sms)
    assert (sent.encoding, sent.segments, sent.text) == ("ucs2", 2, content.text)
    assert cost == Cost(2, "ucs2", 84_000, "SAR")


def test_plain_text_by_a_provider_of_sms_is_counted_too() -> None:
    content = Plain(text="a" * 161)

    assert costing().weighed(content, candidate(channel="sms"), "text") == (content, Cost(2, "gsm7", 84_000, "SAR"))


def test_what_is_no_text_message_is_one_unit_without_a_price() -> None:
    content = Push(title="Hi", body="ا" * 500)

    assert costing().weighed(content, candidate(channel="push"), "device") == (content, FREE)
    assert costing().weighed(Plain(text="ا" * 500), candidate(), "mail")[1] == FREE


@pytest.mark.parametrize(
    ("text", "provider", "sent", "segments", "table"),
    [
        (CURLY, {}, CURLY, 1, None),
        (CURLY, {"plain_typography": True}, "It's on its way - see you soon", 1, None),
        (f"{CURLY} علي", {"plain_typography": True}, f"{CURLY} علي", 1, None),
        ("Görüşürüz " * 15, {}, "Görüşürüz " * 15, 3, None),
        ("Görüşürüz " * 15, {"shift_tables": ["turkish"]}, "Görüşürüz " * 15, 1, "turkish"),
        ("Görüşürüz – " * 12, {"shift_tables": ["turkish"], "plain_typography": True}, "Görüşürüz - " * 12, 1, "turkish"),
    ],
)
def test_a_text_goes_as_its_provider_can_send_it(text: str, provider: dict[str, Any], sent: str, segments: int, table: str | None) -> None:
    content, counted = costing(**provider).fitted(Sms(text=text), "text")

    assert (content.text, content.segments, content.table) == (sent, segments, table)
    assert counted.segments == segments


def test_what_was_counted_right_is_handed_on_as_it_is() -> None:
    content = Sms(text="Hello", encoding="gsm7", segments=1)

    assert costing().fitted(content, "text")[0] is content


def test_a_count_names_what_makes_it_dear_and_what_plain_typography_would_save() -> None:
    counted = costing().count(CURLY * 3, "text", PHONE)

    assert (counted.encoding, counted.segments, counted.plainer_segments) == ("ucs2", 2, 1)
    assert [(one.name, one.position) for one in counted.forced_by] == [("U+2019 RIGHT SINGLE QUOTATION MARK", 2), ("U+2013 EN DASH", 16)]
    assert counted.cost == CostSeen(units=2, encoding="ucs2", amount="0.084", currency="SAR")
    assert costing().count(CURLY, "text").cost is None
