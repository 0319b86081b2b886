import pytest

from wasl.content.bidi import direction_in, direction_of, isolated, without_idle_isolates

FSI, PDI = "\u2068", "\u2069"


@pytest.mark.parametrize(
    ("locale", "direction"),
    [("ar", "rtl"), ("ar-SA", "rtl"), ("AR_sa", "rtl"), ("he", "rtl"), ("fa-IR", "rtl"), ("ur", "rtl"), ("en", "ltr"), ("arn", "ltr"),
     ("az-Arab", "rtl"), ("ar-Latn", "ltr"), ("pa-Arab-PK", "rtl"), ("uz", "ltr")],
)  # fmt: skip
def test_a_locale_has_a_direction(locale, direction):
    assert direction_of(locale) == direction


@pytest.mark.parametrize(
    ("text", "direction"), [("12 مرحبا Ann", "rtl"), ("12 Ann مرحبا", "ltr"), ("12 – 3", None), ("é مرحبا", "ltr"), ("12", None)]
)
def test_the_first_letter_tells_the_direction_of_a_text(text, direction):
    assert direction_in(text) == direction


@pytest.mark.parametrize(
    ("value", "direction", "marked"),
    [
        ("Ann", "ltr", False), ("آمنة", "ltr", True), ("José", "ltr", False), ("שלום", "ltr", True),
        ("آمنة", "rtl", False), ("1042", "rtl", False), ("10:30", "rtl", False), ("Ann", "rtl", True), ("2026-12-03", "rtl", True),
        ("+966 50", "rtl", True), ("050 123 4567", "rtl", True), ("12, 13", "rtl", False), ("الدور 12", "rtl", False),
        ("آمنة (Ann)", "rtl", True), ("https://a.example/b", "rtl", False), ("", "rtl", False),
    ],
)  # fmt: skip
def test_a_value_is_isolated_only_where_its_direction_differs(value, direction, marked):
    assert isolated(value, direction) == (f"{FSI}{value}{PDI}" if marked else value)


def test_isolates_never_make_an_ascii_text_dear():
    assert without_idle_isolates(f"a {FSI}b{PDI}") == "a b"
    assert without_idle_isolates(f"ا {FSI}b{PDI}") == f"ا {FSI}b{PDI}"
    assert without_idle_isolates("at 7:30\u202fPM, SAR\u00a05") == "at 7:30 PM, SAR 5"
    assert without_idle_isolates("à 19:30, 5\u00a0€") == "à 19:30, 5\u00a0€"


def test_groups_of_arabic_digits_stay_in_order_in_their_isolate():
    assert isolated("٠٥٠ ١٢٣", "rtl") == f"{FSI}٠٥٠\u200e ١٢٣{PDI}"
    assert isolated("٢٠٢٦-١٢", "rtl") == f"{FSI}٢٠٢٦\u200e-١٢{PDI}"
    assert isolated("٢٠٢٦/١٢", "rtl") == "٢٠٢٦/١٢"
