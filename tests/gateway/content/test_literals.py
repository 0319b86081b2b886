"""What authors write in right-to-left text; test_visual_order.py shows that it is seen in the right order."""

import re

import pytest

from wasl.content.bidi import FSI, PDI, RLM
from wasl.content.holes import Holes
from wasl.content.literals import direction_of_block, settled_line


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("اتصل على +966 50 123 4567 الآن", "اتصل على [+966 50 123 4567] الآن"),
        ("اتصل على (050) 123-4567.", "اتصل على [(050) 123-4567]."),
        ("الرمز 12-AB", "الرمز [12-AB]"),
        ("الرمز AB-12 جاهز", "الرمز AB-12 جاهز"),
        ("في 2026-12-03، مساءً", "في [2026-12-03]، مساءً"),
        ("في 10:30 أو 1,234.50", "في 10:30 أو 1,234.50"),
        ("من 10:30-11:00", "من [10:30-11:00]"),
        ("خصم 50%!", "خصم [50%]!"),
        ("السعر $50", "السعر [$50]"),
        ("لغة C++ (و C#)", "لغة [C++] (و [C#])"),
        ("تابعنا @acme", "تابعنا [@acme]"),
        ("راسل help@acme.example.", "راسل help@acme.example."),
        ("انظر https://acme.example/a-1/ الآن", "انظر https://acme.example/a-1/ الآن"),
        ("بقيمة 5 10 15", "بقيمة 5 10 15"),
        ("ב-23.11 או ב-12-AB", "ב-23.11 או ב-[12-AB]"),
        ("طلبك #w1v0z جاهز", "طلبك [#w1v0z] جاهز"),
        ("طلبك w1v0z جاهز", "طلبك w1v0z جاهز"),
        ("حوّل إلى IBAN SA03 8000 0000 6080 1016 7519.", "حوّل إلى [IBAN SA03 8000 0000 6080 1016 7519]."),
        ("الحساب (IBAN SA03 8000 0000) لنا", "الحساب ([IBAN SA03 8000 0000]) لنا"),
        ("نكتب C++ and C# هنا", "نكتب [C++ and C#] هنا"),
        ("هاتف iPhone 15 Pro جديد", "هاتف iPhone 15 Pro جديد"),
        ("رقم w1v0z 050 123 4567 هنا", "رقم w1v0z [050 123 4567] هنا"),
        ("لديك w1s0z#w1v1zw1s2z طلب", "لديك w1s0z#w1v1zw1s2z طلب"),
    ],
)
def test_only_what_would_change_its_order_is_isolated(text, marked):
    assert settled_line(text, "rtl", Holes("w1")) == marked.replace("[", FSI).replace("]", PDI)


def test_a_line_that_begins_otherwise_is_told_to_run_right_to_left():
    assert settled_line("Wi-Fi مجاني", "rtl", Holes("w1")) == f"{RLM}Wi-Fi مجاني"
    assert settled_line("w1v0z مجاني", "rtl", Holes("w1")) == "w1v0z مجاني"
    assert settled_line("Free Wi-Fi", "rtl", Holes("w1")) == "Free Wi-Fi"


def test_left_to_right_text_stays_as_it_is():
    assert settled_line("من +966 50 123 4567", "ltr", Holes("w1")) == "من +966 50 123 4567"


@pytest.mark.parametrize(
    ("text", "direction", "own"),
    [
        ("Your code", "rtl", "ltr"), ("Wi-Fi مجاني", "rtl", "rtl"), ("w1v0z", "rtl", "rtl"), ("123", "rtl", "rtl"),
        ("مرحبًا", "ltr", "rtl"), ("Hello مرحبًا", "ltr", "ltr"), ("w1v0z مرحبًا", "ltr", "rtl"), ("", "ltr", "ltr"),
    ],
)  # fmt: skip
def test_a_block_has_a_direction_of_its_own(text, direction, own):
    assert direction_of_block(text, direction, Holes("w1")) == own


def test_a_paragraph_in_another_direction_is_told_so_in_a_mail(filled):
    html = filled("مرحبًا {{ x }}\n\nYour code is {{ x }}.\n\n- first\n- second\n\n1. أول\n", "mail", locale="ar", x="12").html

    blocks = re.findall(r"<(p|ul|ol|li)\b([^>]*)>", html)
    seen = [(tag, *(re.search(rf' {name}="([^"]*)"', rest)[1] for name in ("dir", "lang"))) for tag, rest in blocks]
    assert seen[:5] == [("p", "rtl", "ar"), ("p", "ltr", ""), ("ul", "ltr", ""), ("li", "ltr", ""), ("li", "ltr", "")]
    assert seen[5:7] == [("ol", "rtl", "ar"), ("li", "rtl", "ar")]


def test_inline_content_is_settled_too(inline):
    assert inline("اتصل على +966 50 123 4567 الآن").text == f"اتصل على {FSI}+966 50 123 4567{PDI} الآن"
    assert inline("Call +966 50 123 4567 now").text == "Call +966 50 123 4567 now"


def test_code_is_isolated_as_a_whole_and_runs_from_left_to_right_in_html(filled):
    body = "اتصل على `+966 50 123 4567` الآن، أو `*7#`، ثم `{{ x }}` و`AB-12`"

    text, page = (filled(body, format, locale="ar", x="1 2 3") for format in ("whatsapp", "card"))

    assert f"{FSI}`+966 50 123 4567`{PDI}" in text.text
    assert f"{FSI}`*7#`{PDI}" in text.text
    assert " و`AB-12`" in text.text
    assert f'{FSI}<code dir="ltr">+966 50 123 4567</code>{PDI}' in page.html


@pytest.mark.parametrize(
    ("item", "led"),
    [("- 2 × {{ x }}", True), ("- {{ x }}", True), ("- {{ x }} قهوة", False), ("- Wi-Fi {{ x }}", False), ("- 1 000 {{ x }}", False)],
)
def test_a_line_that_only_values_fill_runs_as_its_language_does(filled, item, led):
    told = filled(f"طلبك:\n\n{item}", locale="ar", x="Latte").text.splitlines()[-1]

    assert (RLM in told) is led
    assert RLM not in filled(f"طلبك:\n\n{item}", "card", locale="ar", x="Latte").html


def test_a_text_of_ascii_alone_stays_cheap(filled):
    assert filled("- 2 × {{ x }}".replace("×", "x"), "sms", locale="ar", x="Latte").text == "- 2 x Latte"
    assert filled("- 2: {{ x }}", "sms", locale="ar", x="Latte").text == "- 2: Latte"
