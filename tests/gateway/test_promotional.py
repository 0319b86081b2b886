"""Promotional messages are taken only with what the law asks of them."""

import pytest

from tests.gateway.scripted import OFFERS, Carrier, message
from wasl.errors import Refused

_TOPICS = {"offers": OFFERS, "quiet": {**OFFERS, "promotional_rules": False}}
_BRAND = """
title = { en = "Acme" }
opt_out = { en = "Acme: reply STOP", ar = "أكمي: للإيقاف أرسل قف" }
"""


@pytest.fixture
def database(folder):
    """What is refused before it is stored needs no second engine."""
    return f"sqlite:///{folder}/wasl.db"


@pytest.fixture
def brands(tmp_path):
    folder = tmp_path / "brands" / "acme"
    folder.mkdir(parents=True)
    (folder / "brand.toml").write_text(_BRAND, encoding="utf-8")
    return folder.parent


def _offer(locale="en", **fields):
    to = {"id": "u_1", "email": "ann@example.com", "phone": "+966501234567", "locale": locale}
    return message(to, **{"topic": "offers", "channels": ["sms"], **fields})


async def _refused(gateway, given):
    with pytest.raises(Refused) as refused:
        await gateway.accept(given)
    return [(problem.pointer, problem.code, problem.message) for problem in refused.value.errors]


async def test_what_the_brand_lacks_in_the_language_is_named_and_nothing_is_kept(opened, brands, templates):
    gateway = await opened({"text": Carrier("sms")}, worker=False, topics=_TOPICS, brand="acme", brands=brands, templates=templates)
    written = {"content": None, "template": "order_shipped", "data": {"number": "1"}}

    french = await _refused(gateway, _offer("fr"))
    for given in (_offer(), _offer("ar", **written), _offer("fr", topic="quiet")):
        await gateway.accept(given)

    assert french == [
        (
            "/brand",
            "promotional_incomplete",
            'the brand acme has no words to opt out by in fr; add opt_out = { fr = "…" } to brands/acme/brand.toml',
        )
    ]
    assert len((await gateway.list()).data) == 3


async def test_the_words_to_opt_out_by_are_sent(opened, brands):
    text = Carrier("sms")
    gateway = await opened({"text": text}, topics=_TOPICS, brand="acme", brands=brands)

    sent = await gateway.accept(_offer(content={"body": "Tea for less"}))
    await gateway.wait(sent.id, until="sent", timeout=5)

    assert [delivery.content.text for delivery in text.script.calls] == ["Tea for less\nAcme: reply STOP"]


async def test_without_a_brand_one_may_begin_until_the_world_is_told_where_this_is(opened):
    here = await opened({"text": Carrier("sms")}, worker=False, topics=_TOPICS)
    public = await opened({"text": Carrier("sms")}, worker=False, topics=_TOPICS, server={"public_url": "https://m.acme.example"})

    await here.accept(_offer())
    lacking = await _refused(public, _offer())

    assert (here.topics_without_rules, public.topics_without_rules) == (("offers",), ())
    assert [(pointer, code) for pointer, code, _ in lacking] == [
        ("/brand", "promotional_incomplete"),
        ("/content", "promotional_incomplete"),
    ]


async def test_an_own_page_without_the_brands_legal_line_is_refused(opened, brands, templates):
    (brands / "acme" / "brand.toml").write_text(
        f'{_BRAND}legal = "Acme Ltd"\npostal = "1 Tea Street"\nlink_domain = "a.example"\n', "utf-8"
    )
    (templates / "page").mkdir()
    (templates / "page" / "en.md").write_text("+++\n[mail]\nhtml = '<html><body>Sale</body></html>'\n+++\nSale\n")
    gateway = await opened(
        {"mail": Carrier("email", format="mail")}, worker=False, topics=_TOPICS, brand="acme", brands=brands, templates=templates
    )

    [(pointer, code, said)] = await _refused(gateway, _offer(channels=["email"], content=None, template="page"))

    assert (pointer, code) == ("/template", "promotional_incomplete")
    assert said.startswith('its own page for mail does not show “Acme Ltd”, “1 Tea Street”, <a href="unsubscribe:">; write it')
