"""What providers get beside the text: as whom it goes, and the link by which a person turns it off."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.gateway.scripted import OFFERS, Carrier, Script, envelope, message, outcome
from wasl.api import Gateway
from wasl.brands.brand import DEFAULT, Brand
from wasl.config import Config
from wasl.keys import KeyRing
from wasl.opting_out import PURPOSE, OptOut
from wasl.tokens import read
from wasl.writing import sender_of
from wasl_contracts import Action, Capabilities, Content, Post, Receipt, Sender, State, Unavailable
from wasl_contracts.delivery import OptOutUrl

Opened = Callable[..., Awaitable[Gateway]]
RING = KeyRing({1: b"x" * 32}, 1)
PUBLIC: dict[str, Any] = {"server": {"public_url": "https://messages.acme.example"}}
NEWS: dict[str, Any] = {"category": "service", "consent": "implied"}
TOPICS = {"offers": OFFERS, "news": NEWS, "alarms": {"category": "service", "consent": "required"}, "codes": {"category": "otp"}}


def opt_out(**config: Any) -> OptOut:
    return OptOut(Config.model_validate({"topics": TOPICS, **PUBLIC, **config}), RING)


@pytest.mark.parametrize(
    ("fields", "has"),
    [
        ({"topic": "offers", "category": "promotional"}, True),
        ({"topic": "news", "category": "service"}, True),
        ({"topic": "gone", "category": "promotional"}, True),
        ({"topic": "alarms", "category": "service"}, False),
        ({"topic": "codes", "category": "otp"}, False),
        ({"topic": "default", "category": "transactional"}, False),
        ({"topic": "offers", "category": "promotional", "audience": "group"}, False),
        ({"topic": "offers", "category": "promotional", "audience": "public"}, False),
    ],
)
def test_a_message_that_a_person_may_turn_off_has_a_link_for_that(fields: dict[str, str], has: bool) -> None:
    link = opt_out().of(envelope(**fields), "email", DEFAULT)

    assert (link is not None) is has


def test_the_link_names_person_topic_and_channel_and_is_always_the_same() -> None:
    offer = envelope(topic="offers", category="promotional", brand="shop")

    first, again = opt_out().of(offer, "email", DEFAULT), opt_out().of(offer, "email", DEFAULT)

    assert first is not None
    assert first == again != opt_out().of(offer, "sms", DEFAULT)
    told = read(RING, PURPOSE, first.removeprefix("https://messages.acme.example/u/"))
    made = int(offer.created_at.timestamp())
    assert told == {"brand": "shop", "recipient": "u_1", "topic": "offers", "channel": "email", "at": made}


def test_a_brands_own_host_is_that_of_its_links() -> None:
    offer = envelope(topic="offers", category="promotional")
    own = Brand(link_domain="links.shop.example")

    links = [opt_out(server={}).of(offer, "email", face) for face in (own, DEFAULT)]

    assert str(links[0]).startswith("https://links.shop.example/u/")
    assert links[1] is None


@pytest.mark.parametrize(
    ("public", "host"),
    [
        ("https://رسائل.example/أ", "https://xn--lgbb3ai1g.example/%D8%A3/u/"),
        ('https://a.example/x<y"z', "https://a.example/x%3Cy%22z/u/"),
        ("http://[::1]:8080", "http://[::1]:8080/u/"),
    ],
)
def test_a_link_can_stand_in_a_header_whatever_the_host(public: str, host: str) -> None:
    link = opt_out(server={"public_url": public}).of(envelope(topic="offers", category="promotional"), "email", DEFAULT)

    assert str(link).startswith(host)
    assert TypeAdapter(OptOutUrl).validate_python(link) == link


def test_a_brand_sends_under_its_name_in_the_language_of_the_message() -> None:
    brand = Brand.model_validate(
        {
            "title": {"en": "Acme", "ar": "أكمي"},
            "senders": {"email": {"address": "a@acme.example", "reply_to": "b@acme.example", "name": {"ar": "أخبار أكمي", "": "News"}}},
        }
    )

    assert sender_of(brand, "email", "ar-SA") == Sender(address="a@acme.example", name="أخبار أكمي", reply_to="b@acme.example")
    assert sender_of(brand, "email", "fr").name == "News"
    assert sender_of(brand, "sms", "ar") == Sender(name="أكمي")
    assert sender_of(DEFAULT, "email", "en") == Sender()


async def test_one_click_on_the_link_of_a_message_stops_the_next_one(opened: Opened) -> None:
    mail = Carrier("email", Script(Unavailable(0.01), then=Receipt(provider_ref="ref")))
    gateway = await opened({"mail": mail}, topics=TOPICS, **PUBLIC)
    await outcome(gateway, message(topic="news"))
    first, second = mail.script.calls

    stopped = await gateway.unsubscribe(str(first.unsubscribe).rpartition("/")[2])
    seen = await outcome(gateway, message(topic="news"))

    assert first.unsubscribe == second.unsubscribe
    assert stopped
    assert (seen.state, seen.reason.code if seen.reason else None) == (State.WITHHELD, "opted_out")


async def test_a_post_that_is_too_long_for_its_provider_is_cut_and_keeps_its_link(opened: Opened) -> None:
    network = Carrier("email", capabilities=Capabilities(max_characters=300, counted_in="graphemes"), format="post")
    gateway = await opened({"network": network})
    link = "https://shop.example/t"

    await outcome(gateway, message(content=Content(body="word " * 200, actions=(Action(label="Read", url=link),))))

    [delivery] = network.script.calls
    assert isinstance(delivery.content, Post)
    assert delivery.content.text.endswith(f"…\n\n{link}")
    assert 290 < len(delivery.content.text) <= 300


async def test_what_goes_out_wears_the_brand_that_it_was_accepted_with(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "brands" / "acme").mkdir(parents=True)
    told = 'title = "Acme"\nlink_domain = "go.acme.example"\n[senders.email]\naddress = "news@acme.example"\n'
    (tmp_path / "brands" / "acme" / "brand.toml").write_text(told)
    mail = Carrier("email")
    gateway = await opened({"mail": mail}, topics=TOPICS, brand="acme", brands=tmp_path / "brands")

    await outcome(gateway, message(topic="news"))
    await outcome(gateway, message())

    news, order = mail.script.calls
    assert news.sender == Sender(address="news@acme.example", name="Acme")
    assert str(news.unsubscribe).startswith("https://go.acme.example/u/")
    assert order.unsubscribe is None
    assert news.dated_at is not None
    assert news.created_at <= news.dated_at


async def test_who_sends_is_told_in_the_language_that_the_text_is_written_in(opened: Opened, tmp_path: Path, templates: Path) -> None:
    (tmp_path / "brands" / "acme").mkdir(parents=True)
    (tmp_path / "brands" / "acme" / "brand.toml").write_text('title = { en = "Acme", fr = "Acmé" }', encoding="utf-8")
    mail = Carrier("email")
    gateway = await opened({"mail": mail}, brand="acme", brands=tmp_path / "brands", templates=templates)
    ann = {"id": "u_1", "email": "ann@example.com", "locale": "fr"}

    await outcome(gateway, message(ann, content=None, template="order_shipped", data={"number": "1"}))
    await outcome(gateway, message(ann))

    assert [delivery.sender.name for delivery in mail.script.calls] == ["Acme", "Acmé"]
