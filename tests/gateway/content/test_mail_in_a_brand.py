import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from tests.gateway.content.branded import ACME, OPT_OUT, offer
from wasl.brands import layouts
from wasl.brands.brand import DEFAULT, Brand, Colours, Logo
from wasl.content import mail as mail_module
from wasl.content.rendering import RenderingFailed, render
from wasl.content.templates import Templates
from wasl_contracts.content import Content


@pytest.fixture
def branded(envelope):
    def build(body="Hello", *, brand=ACME, locale="en", opt_out=None, **parts):
        content = Content.model_validate({"body": body, **parts})
        return render(envelope(content=content, locale=locale), "mail", Templates(), brand, opt_out)

    return build


def _with(**changes: object) -> Brand:
    return Brand.model_validate(ACME.model_dump() | changes).versioned()


def _body(html: str) -> str:
    return html[html.index("<body") :]


def test_a_brand_s_name_legal_line_and_address_stand_in_its_mail(branded):
    mail = branded()

    assert ">Acme Teas</td>" in mail.html
    assert mail.html.index("Hello") < mail.html.index("Acme Teas Ltd") < mail.html.index("12 Market Street")
    assert mail.text == "Hello\n\n-- \nAcme Teas Ltd, company no. 0123456\n12 Market Street, Springfield, IL 62701, USA"


def test_a_brand_s_words_follow_the_language_of_the_message(branded):
    mail = branded("مرحبًا", locale="ar-SA")

    assert ">شاي أكمي</td>" in mail.html
    assert "Acme" not in mail.html + mail.text


def test_numbers_in_a_brand_s_words_keep_their_order(branded):
    mail = branded("مرحبًا", locale="ar", brand=_with(legal={"ar": "شاي أكمي، هاتف +966 50 123 4567"}))

    assert "هاتف \u2068+966 50 123 4567\u2069" in mail.html
    assert "هاتف \u2068+966 50 123 4567\u2069" in mail.text


def test_a_phone_number_at_the_end_of_a_sentence_keeps_its_order(branded):
    mail = branded("اتصل على +966 50 123 4567.", locale="ar")

    assert "\u2068+966 50 123 4567\u2069." in mail.html
    assert mail.text.startswith("اتصل على \u2068+966 50 123 4567\u2069.")


def test_a_brand_without_words_leaves_no_gaps(branded):
    mail = branded(brand=DEFAULT)

    assert "footer-cell" not in _body(mail.html)
    assert "brand-cell" not in _body(mail.html)
    assert "<img" not in mail.html
    assert mail.text == "Hello"


@pytest.mark.parametrize(
    ("locale", "word", "direction"),
    [
        ("en", "Unsubscribe", "ltr"), ("ar-EG", "إلغاء الاشتراك", "rtl"), ("fr", "Se désabonner", "ltr"), ("ur", "ان سبسکرائب", "rtl"),
        ("he", "הסרה", "rtl"), ("iw", "הסרה", "rtl"), ("fa_IR", "لغو اشتراک", "rtl"), ("sw", "Unsubscribe", "ltr"),
    ],
)  # fmt: skip
def test_the_way_out_is_in_the_message_s_language(branded, locale, word, direction):
    mail = branded("123", locale=locale, opt_out=OPT_OUT)

    link = re.search(rf'<p class="footer-line"[^>]*dir="(\w+)"[^>]*><a [^>]*href="{OPT_OUT}"[^>]*>([^<]*)</a>', mail.html)
    assert link is not None
    assert link[1] == direction
    assert link[2].startswith(word)
    assert f"{link[2]}:{chr(10) if direction == 'rtl' else ' '}{OPT_OUT}" in mail.text


def test_the_link_to_opt_out_is_escaped_and_only_a_web_link(branded):
    assert 'href="https://a.example/?b=1&amp;c=2"' in branded(opt_out="https://a.example/?b=1&c=2").html
    assert "javascript" not in branded(opt_out="javascript:alert(1)").html


def test_one_source_serves_messages_with_and_without_a_link(branded):
    first, second, without = (branded(opt_out=link) for link in ("https://a.example/1", "https://a.example/2", None))

    assert "https://a.example/1" in first.html
    assert "https://a.example/2" in second.html
    assert second.html == first.html.replace("example/1", "example/2")
    assert "Unsubscribe" not in without.html + without.text


def test_colours_and_fonts_are_the_brand_s_in_both_schemes(branded):
    html = branded(
        brand=_with(colours=Colours(accent="#123456"), dark=Colours(accent="#fedcba"), fonts={"text": '"Acme Sans", Arial'}),
        actions=[{"label": "Go", "url": "https://a.example"}],
    ).html

    assert "background: #123456" in _body(html)
    assert "background: #fedcba !important" in html.partition("prefers-color-scheme: dark")[2]
    assert "'Acme Sans', Arial" in _body(html)


@pytest.mark.parametrize("stack", ["</style><script>", "Arial; background: url(https://a.example)", "a}b{c"])
def test_a_font_stack_cannot_leave_its_place(stack):
    with pytest.raises(ValueError, match="fonts"):
        _with(fonts={"text": stack})


def test_a_logo_has_the_brand_s_name_in_its_place(branded):
    logo = Logo(url="https://cdn.example/logo.png", dark_url="https://cdn.example/dark.png", width=96)

    html = branded(brand=_with(logo=logo.model_dump())).html

    assert re.findall(r'<img [^>]*alt="Acme Teas"', html)
    assert html.count("<img") == 2
    assert 'width="96"' in html


def test_a_list_of_mails_shows_how_the_text_begins(branded, filled):
    front = '+++\ntitle = "T"\n[variables]\nx = { type = "text" }\n+++\n'

    def seen(html: str) -> str:
        found = re.search(r'<div class="preheader"[^>]*>(.*?)</div>', html, re.DOTALL)
        return found[1] if found else ""

    assert seen(branded("Hello **you** & [all](https://a.example),\n\n- one\n\nbye").html) == "Hello you &amp; all, bye"
    assert seen(branded("a" * 130 + "\n\nsecond").html) == "a" * 130
    mail = filled("{% if x %}\nmaybe\n{% endif %}\nFor {{ x }}", "mail", front=front, x="<b>")
    assert seen(mail.html) == "For &lt;b&gt;"


def test_a_block_in_the_other_direction_has_its_own(branded):
    html = _body(branded("نص عربي\n\nEnglish text\n\n- one", locale="ar").html)

    assert re.search(r'<p dir="rtl"[^>]*>نص عربي', html)
    assert re.search(r'<p dir="ltr" lang="" style="[^"]*text-align: left[^"]*">English text', html)
    assert re.search(r'<ul dir="ltr" [^>]*padding: 0 0 0 26px', html)


def test_mail_programs_that_know_little_get_tables(branded):
    html = branded(actions=[{"label": "Go", "url": "https://a.example"}, {"label": "Later", "url": "https://b.example"}]).html

    assert '<!--[if mso]><table role="presentation" border="0" cellpadding="0" cellspacing="0" width="600"' in html
    assert len(re.findall(r"<td class=\"button-cell[^>]*mso-padding-alt: 12px 26px", html)) == 2
    assert not re.search(r"(margin|padding|border|inset)-(inline|block)|text-align: (start|end)", html)


def test_a_brand_s_own_layouts_stand_in_place_of_wasl_s(branded):
    own = {
        "default.html": '<html lang="{{ lang }}" dir="{{ dir }}"><style>p { color: {{ colours.accent }} }</style>{{ body }}'
        "{% for button in buttons %}{{ button }}{% endfor %}{{ postal }}<a href='{{ unsubscribe_url }}'>{{ unsubscribe }}</a></html>",
        "button.html": '<a href="{{ url }}">[{{ label }}]</a>',
    }

    mail = branded(brand=_with(layouts=own), opt_out=OPT_OUT, actions=[{"label": "Go", "url": "https://a.example"}])

    assert '<p dir="ltr" lang="en" style="color: #0b6b4c;">Hello</p>' in mail.html
    assert '<a href="https://a.example">[Go]</a>12 Market Street' in mail.html
    assert f'href="{OPT_OUT}"' in mail.html


@pytest.mark.parametrize("name", sorted(layouts.VARIABLES))
def test_wasl_s_own_layouts_keep_to_what_a_brand_s_may_do(name):
    own = files("wasl.content").joinpath("layouts", name).read_text(encoding="utf-8")

    assert layouts.check(name, own) == []


def test_a_layout_that_does_not_work_is_told_as_a_template_error(branded):
    with pytest.raises(RenderingFailed, match=r"layouts/default\.html of the brand 'acme'"):
        branded(brand=_with(layouts={"default.html": "{{ nothing }}"}))


class _Inlinings:
    """Counts how often CSS is inlined, which is the dearest of the constant parts."""

    def __init__(self, inliner):
        self._inliner, self.count = inliner, 0

    def inline(self, html):
        self.count += 1
        return self._inliner.inline(html)


def test_a_broadcast_makes_its_constant_parts_once(compiled, envelope, monkeypatch):
    monkeypatch.setattr(mail_module, "_INLINER", inlinings := _Inlinings(mail_module._INLINER))
    templates = Templates([compiled("Hello {{ x }}, welcome")])

    mails = {
        render(
            envelope(template="note", data={"x": f"Ann{n}"}), "mail", templates, ACME, f"https://shop.example/u/{n}"
        ).html
        for n in range(50)
    }  # fmt: skip

    assert len(mails) == 50
    assert inlinings.count == 1


def test_the_promotional_mail_of_the_demo_is_small_and_whole():
    mail = offer("ar")

    assert len(mail.html.encode()) < mail_module.CLIPPED_AT / 5
    assert OPT_OUT in mail.html
    assert OPT_OUT in mail.text
    HTMLParser().feed(mail.html)
