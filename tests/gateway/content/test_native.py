"""The same three templates in every format: English with much markup, Arabic, and one that is too long for all."""

from collections.abc import Callable
from json import dumps

import pytest

from wasl.content.rendering import render
from wasl.content.templates import Templates
from wasl_contracts.content import Format, Rendered

_FRONT = """+++
title = "{title}"
[[actions]]
label = "{label}"
url = "{{{{ url }}}}"
[variables]
order = {{ type = "text" }}
name = {{ type = "text" }}
url = {{ type = "text" }}
+++
"""
_ENGLISH = (
    _FRONT.format(title="Order {{ order }} left", label="Track")
    + """
Hello **{{ name }}**, your *parcel* is ~~late~~ on its way. See [our shop](https://shop.example/a_b).

> Keep `{{ order }}` at hand.

1. tea
2. coffee
"""
)
_ARABIC = (
    _FRONT.format(title="طلبك {{ order }} في الطريق", label="تتبّع")
    + """
مرحبًا **{{ name }}**، خرجت *شحنتك*.

- شاي
"""
)
_LONG = _FRONT.format(title="Long", label="Read") + "\n\n".join(["**bold** and plain words " * 40] * 40)
_DATA = {"order": "A-1042", "name": "Ann", "url": "https://shop.example/t?a=1&b=2"}
_FSI, _PDI = "\u2068", "\u2069"

PLAIN = """Hello Ann, your parcel is late on its way. See our shop (https://shop.example/a_b).

> Keep A-1042 at hand.

1. tea
2. coffee"""
PLAIN_ARABIC = f"""مرحبًا {_FSI}Ann{_PDI}، خرجت شحنتك.

- شاي"""


@pytest.fixture
def said(envelope: Callable) -> Callable[..., Rendered]:
    """One of the three templates in a format."""

    def build(source: str, format: Format, locale: str = "en") -> Rendered:
        templates = Templates([Templates.compile(source, name="note", locale=locale)])
        return render(envelope(template="note", locale=locale, data=_DATA), format, templates)

    return build


def test_mail(said: Callable) -> None:
    english, arabic = said(_ENGLISH, "mail"), said(_ARABIC, "mail", "ar")

    assert english.subject == "Order A-1042 left"
    assert english.text.startswith(f"{PLAIN}\n\nTrack: https://shop.example/t?a=1&b=2")
    assert arabic.subject == f"طلبك {_FSI}A-1042{_PDI} في الطريق"
    assert "<strong><bdi>Ann</bdi></strong>" in arabic.html
    assert (english.direction, arabic.direction) == ("ltr", "rtl")


@pytest.mark.parametrize("format", ["plain", "sms", "post"])
def test_plain_text(said: Callable, format: Format) -> None:
    assert said(_ENGLISH, format).text == f"{PLAIN}\n\nTrack: https://shop.example/t?a=1&b=2"
    assert said(_ARABIC, format, "ar").text == f"{PLAIN_ARABIC}\n\nتتبّع:\nhttps://shop.example/t?a=1&b=2"


def test_push(said: Callable) -> None:
    english, arabic, long = said(_ENGLISH, "push"), said(_ARABIC, "push", "ar"), said(_LONG, "push")

    assert (english.title, english.body, english.url) == ("Order A-1042 left", PLAIN, "https://shop.example/t?a=1&b=2")
    assert (arabic.title, arabic.body) == (f"طلبك {_FSI}A-1042{_PDI} في الطريق", PLAIN_ARABIC)
    assert long.body.endswith("…")
    assert len(long.body) <= 1000


def test_slack(said: Callable) -> None:
    english, arabic, long = said(_ENGLISH, "slack"), said(_ARABIC, "slack", "ar"), said(_LONG, "slack")

    assert english.blocks[0]["text"]["text"] == "Order A-1042 left"
    assert english.blocks[1]["text"]["text"] == (
        "Hello *Ann*, your _parcel_ is ~late~ on its way. See <https://shop.example/a_b|our shop>.\n\n"
        "> Keep `A-1042` at hand.\n\n1. tea\n2. coffee\n\n<https://shop.example/t?a=1&amp;b=2|Track>"
    )
    assert arabic.blocks[1]["text"]["text"] == (
        f"مرحبًا *{_FSI}Ann{_PDI}*، خرجت _شحنتك_.\n\n• شاي\n\n<https://shop.example/t?a=1&amp;b=2|تتبّع>"
    )
    texts = [block["text"]["text"] for block in long.blocks]
    assert max(map(len, texts)) <= 3000
    assert sum(text.count("*bold*") for text in texts) == 1600
    assert texts[-1].endswith("<https://shop.example/t?a=1&amp;b=2|Read>")
    assert "…" in long.text
    assert long.text.endswith("\n\n<https://shop.example/t?a=1&amp;b=2|Read>")
    assert len(long.text) <= 3000


def test_telegram(said: Callable) -> None:
    english, arabic, long = said(_ENGLISH, "telegram"), said(_ARABIC, "telegram", "ar"), said(_LONG, "telegram")

    assert english.text == (
        "<b>Order A-1042 left</b>\n\n"
        'Hello <b>Ann</b>, your <i>parcel</i> is <s>late</s> on its way. See <a href="https://shop.example/a_b">our shop</a>.\n\n'
        "<blockquote>Keep <code>A-1042</code> at hand.</blockquote>\n\n1. tea\n2. coffee"
    )
    assert [(button.label, button.url) for button in english.buttons] == [("Track", "https://shop.example/t?a=1&b=2")]
    assert arabic.text == (f"<b>طلبك {_FSI}A-1042{_PDI} في الطريق</b>\n\nمرحبًا <b>{_FSI}Ann{_PDI}</b>، خرجت <i>شحنتك</i>.\n\n• شاي")
    assert long.text.endswith("…")
    assert len(long.text.replace("<b>", "").replace("</b>", "")) in range(4000, 4097)
    assert long.text.count("<b>") == long.text.count("</b>")


def test_discord(said: Callable) -> None:
    english, arabic, long = said(_ENGLISH, "discord"), said(_ARABIC, "discord", "ar"), said(_LONG, "discord")

    assert english.content == (
        "**Order A-1042 left**\n\n"
        "Hello **Ann**, your *parcel* is ~~late~~ on its way. See [our shop](https://shop.example/a_b).\n\n"
        "> Keep `A-1042` at hand.\n\n1\\. tea\n2\\. coffee"
    )
    button = {"type": 2, "style": 5, "label": "Track", "url": "https://shop.example/t?a=1&b=2"}
    assert english.components == ({"type": 1, "components": [button]},)
    assert english.model_dump(mode="json")["allowed_mentions"] == {"parse": []}
    assert arabic.content == (f"**طلبك {_FSI}A-1042{_PDI} في الطريق**\n\nمرحبًا **{_FSI}Ann{_PDI}**، خرجت *شحنتك*.\n\n• شاي")
    assert "…" in long.content[-3:]
    assert len(long.content) in range(1900, 2001)
    assert long.content.count("**") % 2 == 0


def test_adaptive_card(said: Callable) -> None:
    english, arabic, long = said(_ENGLISH, "adaptive_card"), said(_ARABIC, "adaptive_card", "ar"), said(_LONG, "adaptive_card")

    title, first, *others = english.card["body"]
    assert title["inlines"] == [{"type": "TextRun", "text": "Order A-1042 left", "size": "Large", "weight": "Bolder"}]
    assert first["inlines"] == [
        {"type": "TextRun", "text": "Hello "},
        {"type": "TextRun", "text": "Ann", "weight": "Bolder"},
        {"type": "TextRun", "text": ", your "},
        {"type": "TextRun", "text": "parcel", "italic": True},
        {"type": "TextRun", "text": " is "},
        {"type": "TextRun", "text": "late", "strikethrough": True},
        {"type": "TextRun", "text": " on its way. See "},
        {"type": "TextRun", "text": "our shop", "selectAction": {"type": "Action.OpenUrl", "url": "https://shop.example/a_b"}},
        {"type": "TextRun", "text": "."},
    ]
    assert ["".join(run["text"] for run in block["inlines"]) for block in others] == ["Keep A-1042 at hand.", "1. tea", "2. coffee"]
    assert [block["spacing"] for block in others] == ["Default", "Default", "None"]
    assert english.card["actions"] == [{"type": "Action.OpenUrl", "title": "Track", "url": "https://shop.example/t?a=1&b=2"}]
    assert (english.text, english.card["rtl"], english.card["lang"]) == ("Order A-1042 left", False, "en")
    assert (arabic.card["rtl"], arabic.card["lang"]) == (True, "ar")
    assert len(dumps(long.card, ensure_ascii=False).encode()) in range(20_000, 26_001)
    assert long.card["body"][-1]["inlines"][-1]["text"].endswith("…")


def test_whatsapp(said: Callable) -> None:
    english, arabic, long = said(_ENGLISH, "whatsapp"), said(_ARABIC, "whatsapp", "ar"), said(_LONG, "whatsapp")

    assert english.text == (
        "*Order A-1042 left*\n\nHello *Ann*, your _parcel_ is ~late~ on its way. See our shop (https://shop.example/a_b).\n\n"
        "> Keep `A-1042` at hand.\n\n1. tea\n2. coffee\n\nTrack: https://shop.example/t?a=1&b=2"
    )
    assert english.template is None
    assert arabic.text == (
        f"*طلبك {_FSI}A-1042{_PDI} في الطريق*\n\nمرحبًا *{_FSI}Ann{_PDI}*، خرجت _شحنتك_.\n\n• شاي\n\nتتبّع:\nhttps://shop.example/t?a=1&b=2"
    )
    assert long.text.endswith("\n\nRead: https://shop.example/t?a=1&b=2")
    assert len(long.text) in range(4000, 4097)


def test_card(said: Callable) -> None:
    english, arabic = said(_ENGLISH, "card"), said(_ARABIC, "card", "ar")

    assert (english.title, english.text, english.locale, english.direction) == ("Order A-1042 left", PLAIN, "en", "ltr")
    assert english.html.replace(' dir="ltr" lang="en"', "").replace("\n", "") == (
        "<p>Hello <strong>Ann</strong>, your <em>parcel</em> is <s>late</s> on its way. "
        'See <a href="https://shop.example/a_b">our shop</a>.</p>'
        "<blockquote><p>Keep <code>A-1042</code> at hand.</p></blockquote><ol><li>tea</li><li>coffee</li></ol>"
    )
    assert (arabic.text, arabic.direction) == (PLAIN_ARABIC, "rtl")
    assert '<p dir="rtl" lang="ar">مرحبًا <strong><bdi>Ann</bdi></strong>، خرجت <em>شحنتك</em>.</p>' in arabic.html


def test_structured(said: Callable) -> None:
    english, arabic = said(_ENGLISH, "structured"), said(_ARABIC, "structured", "ar")

    assert (english.title, english.text) == ("Order A-1042 left", PLAIN)
    assert [action.url for action in english.actions] == ["https://shop.example/t?a=1&b=2"]
    assert (arabic.locale, arabic.direction) == ("ar", "rtl")
