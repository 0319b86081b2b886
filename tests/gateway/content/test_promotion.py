"""What promotional messages must carry, and that short texts end with the words to opt out by."""

import pytest

from wasl.brands.brand import DEFAULT, Brand, Sender
from wasl.config import Config
from wasl.content.promotion import Promotion
from wasl.content.rendering import render
from wasl.content.templates import Templates

_FULL = Brand(
    name="acme",
    version="1",
    title={"en": "Acme", "ar": "أكمي"},
    legal={"en": "Acme Ltd", "ar": "شركة أكمي المحدودة"},
    postal={"en": "1 Tea Street", "ar": "١ شارع الشاي"},
    opt_out={"en": "Acme: reply STOP to opt out", "ar": "للإيقاف أرسل قف"},
)
_PUBLIC = "https://messages.acme.example"


@pytest.fixture
def promotion():
    """The rules where `email` is mail, `sms` is SMS and `social` posts; `public_url` and the topic's settings may differ."""

    def build(public_url: str | None = _PUBLIC, **topic: object) -> Promotion:
        tree = {
            "server": {"public_url": public_url},
            "topics": {"offers": {"category": "promotional", **topic}, "orders": {"category": "transactional"}},
        }
        formats = {"email": ("mail",), "sms": ("sms",), "social": ("post",), "push": ("push",)}
        return Promotion(Config.model_validate(tree), lambda channel, brand: formats[channel])

    return build


def _what(lacks):
    return [(lack.of, lack.what) for lack in lacks]


def _without(*fields: str) -> Brand:
    return _FULL.model_copy(update={**{field: {} for field in fields}, "version": "-".join(fields)})


@pytest.mark.parametrize("locale", ["en", "ar", "ar-SA", "en_GB"])
def test_a_brand_that_says_all_in_the_language_lacks_nothing(promotion, locale):
    assert promotion().lacks("offers", ("email", "sms", "social"), _FULL, ("From Acme", locale)) == []


@pytest.mark.parametrize(
    ("brand", "channels", "lacking"),
    [
        (_without("legal"), ("email",), [("brand", "legal")]),
        (_without("postal"), ("email",), [("brand", "postal")]),
        (_without("opt_out"), ("sms",), [("brand", "opt_out")]),
        (_without("legal", "postal"), ("sms", "social", "push"), []),
        (_without("opt_out"), ("email",), []),
        (_without("legal", "postal", "opt_out"), ("email", "sms"), [("brand", "legal"), ("brand", "postal"), ("brand", "opt_out")]),
    ],
)
def test_each_channel_asks_for_what_it_can_carry(promotion, brand, channels, lacking):
    assert _what(promotion().lacks("offers", channels, brand, ("From Acme", "en"))) == lacking


def test_a_text_in_another_language_is_not_enough_but_one_for_all_is(promotion):
    everywhere = _FULL.model_copy(update={"version": "e", "legal": {"": "Acme Ltd"}, "postal": {"": "1 Tea Street"}})

    lacks = promotion().lacks("offers", ("email",), _FULL, ("", "fr"))

    assert _what(lacks) == [("brand", "legal"), ("brand", "postal")]
    assert lacks[0].sentence == 'the brand acme has no legal line in fr; add legal = { fr = "…" } to brands/acme/brand.toml'
    assert promotion().lacks("offers", ("email",), everywhere, ("", "fr")) == []


def test_mail_needs_a_host_for_its_link_to_opt_out(promotion):
    domain = _FULL.model_copy(update={"version": "d", "link_domain": "go.acme.example"})

    assert _what(promotion(public_url=None).lacks("offers", ("email",), _FULL, ("", "en"))) == [("brand", "opt_out")]
    assert promotion(public_url=None).lacks("offers", ("email",), domain, ("", "en")) == []


@pytest.mark.parametrize(
    ("update", "text", "named"),
    [
        ({"opt_out": {"en": "Reply STOP"}}, "Tea is cheaper", False),
        ({"opt_out": {"en": "Reply STOP"}}, "Acme: tea is cheaper", True),
        ({}, "Tea is cheaper", True),
        ({"opt_out": {"en": "Reply STOP"}, "senders": {"sms": Sender(address="ACME")}}, "Tea is cheaper", True),
    ],
)
def test_an_sms_says_who_sends_it_in_its_text_its_last_words_or_its_sender(promotion, update, text, named):
    brand = _FULL.model_copy(update={"version": "s", **update})

    assert _what(promotion().lacks("offers", ("sms",), brand, (text, "en"))) == ([] if named else [("text", "sender")])


def test_other_topics_and_those_that_take_it_on_themselves_are_free(promotion):
    brand = _without("legal")

    assert promotion().lacks("orders", ("email",), brand, ("", "en")) == []
    assert promotion(promotional_rules=False).lacks("offers", ("email",), brand, ("", "en")) == []


def test_one_may_begin_without_paperwork_but_not_go_into_the_world(promotion):
    bare = Brand(name="default").versioned()

    assert promotion(public_url=None).lacks("offers", ("email",), bare, ("", "en")) == []
    assert promotion(public_url="http://127.0.0.1:8080").lacks("offers", ("email",), bare, ("", "en")) == []
    assert _what(promotion().lacks("offers", ("email",), bare, ("", "en"))) == [("brand", "legal"), ("brand", "postal")]
    assert promotion(public_url=None).lacks("offers", ("email",), _without("legal"), ("", "en")) != []


@pytest.fixture
def said(envelope):
    def build(format, brand=_FULL, body="Tea for less", locale="en", category="promotional", unsubscribe=None):
        asked = envelope(content={"body": body}, locale=locale, category=category)
        return render(asked, format, Templates(), brand, unsubscribe).text

    return build


@pytest.mark.parametrize("format", ["sms", "plain"])
def test_a_short_promotional_text_ends_with_the_words_to_opt_out_by(said, format):
    assert said(format) == "Tea for less\nAcme: reply STOP to opt out"
    assert said(format, body="شاي", locale="ar") == "شاي\nللإيقاف أرسل قف"
    assert said(format, category="transactional") == "Tea for less"
    assert said(format, DEFAULT) == "Tea for less"


def test_words_that_stand_in_the_text_already_are_not_repeated(said):
    assert said("sms", body="Tea. Acme: reply STOP to opt out") == "Tea. Acme: reply STOP to opt out"


def test_the_words_may_hold_the_recipients_link_and_are_left_out_where_there_is_none(said):
    brand = _FULL.model_copy(update={"version": "l", "opt_out": {"en": "Stop: {link}"}})

    assert said("sms", brand, unsubscribe="https://m.acme.example/u/1") == "Tea for less\nStop: https://m.acme.example/u/1"
    assert said("sms", brand) == "Tea for less"


def test_posts_end_as_they_were_written(said):
    assert said("post") == "Tea for less"


_PAGE = '<html><body><p>Acme Ltd,\n1 Tea  Street</p><a href="unsubscribe:">Stop</a></body></html>'


@pytest.mark.parametrize(
    ("page", "missing"),
    [
        (_PAGE, ""),
        ("<p>A part stands in the layout</p>", ""),
        ("<html><body><p>News</p></body></html>", '“Acme Ltd”, “1 Tea Street”, <a href="unsubscribe:">'),
        (_PAGE.replace("Acme Ltd", "<!-- Acme Ltd -->"), "“Acme Ltd”"),
        (_PAGE.replace("Acme Ltd", "{% if x %}Acme Ltd{% endif %}"), "“Acme Ltd”"),
        (_PAGE.replace("Acme Ltd", '<span style="visibility: hidden">Acme Ltd</span>'), "“Acme Ltd”"),
        (_PAGE.replace("<body>", "<style>p { display: none }</style><body>"), "“Acme Ltd”, “1 Tea Street”"),
        (_PAGE.replace("<a", "{% if x %}<a").replace("</a>", "</a>{% endif %}"), '<a href="unsubscribe:">'),
        (_PAGE.replace(">Stop<", "><"), '<a href="unsubscribe:">'),
    ],
)
def test_an_own_page_says_by_itself_what_the_layout_would(promotion, page, missing):
    source = f"+++\n[mail]\nhtml = '''{page}'''\n[variables]\nx = {{ type = \"text\", optional = true }}\n+++\nNews"
    template = Templates.compile(source, name="note", locale="en")

    lacks = promotion().lacks_of_page("offers", ("email", "sms"), _FULL, template)

    assert [lack.sentence.partition(" show ")[2].partition("; ")[0] for lack in lacks] == ([missing] if missing else [])
    assert promotion().lacks_of_page("offers", ("sms",), _FULL, template) == []
    assert promotion().lacks_of_page("orders", ("email",), _FULL, template) == []


def test_an_own_page_in_arabic_says_it_in_arabic(promotion):
    said = '<p>\u2067شركة أكمي المحدودة\u2069، ١ شارع الشاي</p><a href="unsubscribe:">إيقاف</a>'.replace("\u2067", "\u2068")
    template = Templates.compile(f"+++\n[mail]\nhtml = '''<html><body>{said}</body></html>'''\n+++\nخبر", name="note", locale="ar")

    assert promotion().lacks_of_page("offers", ("email",), _FULL, template) == []
