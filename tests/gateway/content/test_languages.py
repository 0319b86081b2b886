"""Numbers, money, dates, lists and plurals as languages write them."""

import pytest

from wasl.brands.brand import Brand
from wasl.content.languages import Manner, writing
from wasl.content.plurals import needed_forms
from wasl.content.rendering import RenderingFailed, render
from wasl.content.templates import TemplateMistakes, Templates

_FRONT = '+++\n[variables]\nx = { type = "text", optional = true }\nn = { type = "number", optional = true }\n'
_FRONT += 'items = { type = "list", optional = true }\nsum = { type = "object", optional = true }\n+++\n'
_SPACES = str.maketrans("\u00a0\u202f", "  ", "\u200e\u200f\u061c\u2068\u2069")


@pytest.fixture
def said(envelope):
    def rendered(body, locale="en", *, to=None, zone=None, digits="western", calendar="gregorian", **data):
        """The text, with all spaces plain and without marks of direction, which test_visual_order.py is about."""
        template = Templates.compile(_FRONT + body, name="note", locale=locale)
        told = envelope(template="note", data=data, locale=to or locale, timezone=zone)
        brand = Brand(version=f"{digits} {calendar}", digits=digits, calendar=calendar)
        return render(told, "plain", Templates([template], zone="Asia/Riyadh"), brand).text.translate(_SPACES)

    return rendered


@pytest.mark.parametrize(
    ("hole", "locale", "text"),
    [
        ("n|number", "en", "1,234,567.5"), ("n|number", "de", "1.234.567,5"), ("n|number", "fr", "1 234 567,5"),
        ("n|number", "hi", "12,34,567.5"), ("n|number(2)", "hi", "12,34,567.50"), ("n|number(digits=0)", "en", "1,234,568"),
        ("n|number", "ar", "1,234,567.5"), ("n|number", "ar-MA", "1.234.567,5"), ("'-12.50'|number", "he", "-12.5"),
        ("'0.155'|percent", "en", "15.5%"), ("'0.155'|percent", "fr", "15,5 %"), ("0.5|percent", "tr", "%50"),
        ("0.5|percent(1)", "ar", "50.0%"),
        ("sum|money", "en", "SAR 1,234.50"), ("sum|money", "ar", "1,234.50 ر.س."), ("'99.9'|money('EUR')", "de", "99,90 €"),
        ("'5'|money('KWD')", "en", "KWD 5.000"), ("'5'|money('JPY')", "en", "¥5"), ("'2.185'|money('SAR')", "en", "SAR 2.185"),
        ("'-5'|money('USD')", "en", "-$5.00"), ("'12345678901234567890.12'|money('USD')", "en", "$12,345,678,901,234,567,890.12"),
        ("items|list", "en", "a, b, and c"), ("items|list('or')", "en", "a, b, or c"), ("items|list", "ar", "a وb وc"),
        ("items|list", "ur", "a، b، اور c"), ("[]|list", "en", ""), ("['a']|list", "en", "a"),
        ("'12 A'|digits", "ar", "12 A"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_the_language_does(hole, locale, text, said):
    data = {"n": 1234567.5, "items": ["a", "b", "c"], "sum": {"amount": "1234.50", "currency": "SAR"}}

    assert said(f"{{{{ {hole} }}}}.", locale, **data) == f"{text}."


@pytest.mark.parametrize(
    ("hole", "locale", "text"),
    [
        ("n|number", "ar-SA", "١٬٢٣٤٫٥"), ("n|number", "fa", "۱٬۲۳۴٫۵"), ("n|number", "ur", "۱٬۲۳۴٫۵"), ("n|number", "hi", "१,२३४.५"),
        ("n|number", "ar-MA", "1.234,5"), ("n|number", "he", "1,234.5"), ("n|number", "zh", "1,234.5"), ("0.5|percent", "ar-EG", "٥٠٪"),
        ("'12 A'|digits", "ar", "١٢ A"), ("n", "ar", "1234.5"), ("'2026-11-23'|date('long')", "ar", "٢٣ نوفمبر ٢٠٢٦"),
        ("3|plural(zero='', one='', two='', few='# كتب', many='', other='')", "ar", "٣ كتب"),
    ],
)  # fmt: skip
def test_a_brand_may_have_the_digits_of_the_language(hole, locale, text, said):
    assert said(f"{{{{ {hole} }}}}.", locale, n=1234.5, digits="locale") == f"{text}."


@pytest.mark.parametrize(
    ("hole", "locale", "text"),
    [
        ("date", "en", "Nov 23, 2026"), ("date('short')", "en-GB", "23/11/2026"), ("date('long')", "ar", "23 نوفمبر 2026"),
        ("date('full')", "ar", "الاثنين، 23 نوفمبر 2026"), ("date('long')", "he", "23 בנובמבר 2026"),
        ("date('long')", "fa", "23 نوامبر 2026"),
        ("date('long', 'islamic')", "ar", "13 جمادى الآخرة 1448 هـ"),
        ("date('long', calendar='islamic')", "en", "Jumada al-Akhirah 13, 1448 AH"),
        ("date('long', 'islamic')", "fr", "13 joumada ath-thania 1448 AH"), ("date('short', 'islamic')", "ur", "13/6/1448 ہجری"),
        ("date('full', 'islamic')", "ar", "الاثنين، 13 جمادى الآخرة 1448 هـ"),
        ("date('long', 'islamic')", "sw", "13 Jumada al-Akhirah 1448 AH"),
        ("time", "en", "10:30 PM"), ("time", "ar", "10:30 م"), ("time('medium')", "de", "22:30:00"),
        ("datetime('short')", "en-GB", "23/11/2026, 22:30"), ("datetime", "ar", "23/11/2026، 10:30:00 م"),
    ],
)  # fmt: skip
def test_dates_are_written_as_the_language_does_in_the_zone_of_the_gateway(hole, locale, text, said):
    assert said(f"{{{{ x|{hole} }}}}.", locale, x="2026-11-23T19:30:00Z") == f"{text}."


def test_a_brand_may_have_the_umm_al_qura_calendar(said):
    both = "{{ x|date('long') }} ({{ x|date('long', 'gregorian') }})"

    assert said(both, "ar-SA", x="2026-02-18", calendar="islamic") == "1 رمضان 1447 هـ (18 فبراير 2026)"
    assert said("{{ x|date('long') }}", "ar", x="2090-01-01", calendar="islamic") == "1 يناير 2090"


def test_a_moment_is_told_in_the_time_zone_of_the_recipient(said):
    body = "{{ x|datetime('short') }}"

    assert said(body, "en-GB", x="2026-11-23T22:30:00+00:00", zone="Asia/Riyadh") == "24/11/2026, 01:30"
    assert said(body, "en-GB", x="2026-11-23T22:30:00+00:00", zone="America/New_York") == "23/11/2026, 17:30"
    assert said(body, "en-GB", x="2026-11-23T22:30:00", zone="America/New_York") == "23/11/2026, 22:30"


def test_the_recipient_s_region_refines_the_template_s_language_and_never_changes_it(said):
    assert said("{{ x|date('short') }}", "en", to="en-GB", x="2026-11-23") == "23/11/2026"
    assert said("{{ n|number }}", "ar", to="ar-DZ", n=1234.5) == "1.234,5"
    assert said("{{ x|date('long') }}", "en", to="de", x="2026-11-23") == "November 23, 2026"
    assert writing(Manner("zh-Hans", "ltr"), "zh-Hant-TW").locale.script == "Hans"


def test_an_english_text_stays_ascii(said, filled):
    assert filled("at {{ x|time }}, {{ '5'|money('SAR') }}", x="2026-11-23T19:30:00").text == "at 7:30 PM, SAR 5.00"


_ORDERS = "{{ n|plural(zero='لا طلبات', one='طلب واحد', two='طلبان', few='# طلبات', many='# طلبًا', other='# طلب') }}"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "لا طلبات"), (1, "طلب واحد"), (2, "طلبان"), (3, "3 طلبات"), (10, "10 طلبات"), (11, "11 طلبًا"), (99, "99 طلبًا"),
        (100, "100 طلب"), (102, "102 طلب"), (103, "103 طلبات"), (111, "111 طلبًا"), (1000, "1,000 طلب"), (1.5, "1.5 طلب"),
    ],
)  # fmt: skip
def test_arabic_has_six_forms(number, text, said):
    assert said(_ORDERS, "ar", n=number) == text


@pytest.mark.parametrize(
    ("hole", "locale", "text"),
    [
        ("1|plural(one='# day', other='# days')", "en", "1 day"), ("0|plural(one='# day', other='# days')", "en", "0 days"),
        ("0|plural(exactly_0='never', one='once', other='# times')", "en", "never"),
        ("0|plural(one='# jour', other='# jours')", "fr", "0 jour"),
        ("5|plural(one='# день', few='# дня', many='# дней', other='# дня')", "ru", "5 дней"),
        ("22|plural(one='# день', few='# дня', many='# дней', other='# дня')", "ru", "22 дня"), ("2|plural(other='# 日')", "ja", "2 日"),
        ("3|plural(one='##1', other='##: #')", "en", "#: 3"), ("'1'|plural(one='# day', other='# days')", "en", "1 day"),
        ("2|ordinal(one='#st', two='#nd', few='#rd', other='#th')", "en", "2nd"),
        ("11|ordinal(one='#st', two='#nd', few='#rd', other='#th')", "en", "11th"),
    ],
)  # fmt: skip
def test_every_language_has_its_own_forms(hole, locale, text, said):
    assert said(f"{{{{ {hole} }}}}.", locale) == f"{text}."


def test_the_forms_that_a_language_needs_are_known():
    assert needed_forms("ar") == ("zero", "one", "two", "few", "many", "other")
    assert needed_forms("he") == ("one", "two", "other")
    assert needed_forms("fr") == needed_forms("fa") == needed_forms("en") == ("one", "other")
    assert needed_forms("en", "ordinal") == ("one", "two", "few", "other")


@pytest.mark.parametrize(
    ("hole", "locale", "sentence"),
    [
        ("n|plural(one='a', other='b')", "ar", "has no text for zero, two, few and many, which Arabic needs"),
        ("n|plural(one='a')", "en", "has no text for other, which English needs; it needs one and other"),
        ("n|plural(one='a', tow='b', other='c')", "en", "has a form 'tow', which does not exist"),
        ("n|plural(zero='a', one='b', other='c')", "en", "has a form 'zero', which English never uses; write exactly_0"),
        ("n|plural('a')", "en", "gives plural something else than named texts"),
        ("n|ordinal(other='#th')", "en", "has no text for one, two and few"),
        ("x|date('shrot')", "en", "gives date the length 'shrot'; it is one of short, medium, long, full"),
        ("x|date('short', 'lunar')", "en", "gives date the calendar 'lunar'; it is one of gregorian, islamic"),
        ("items|list('nor')", "en", "gives list the kind 'nor'"),
        ("x|time(zone='UTC')", "en", "gives time a 'zone', which it does not take; it takes length"),
        ("n|money('SAR', 2)", "en", "gives money more than it takes"),
    ],
)
def test_a_wrong_use_of_a_filter_is_told_with_its_line_when_the_file_is_read(hole, locale, sentence):
    with pytest.raises(TemplateMistakes) as found:
        Templates.compile(f"{_FRONT}first\n\n{{{{ {hole} }}}}", name="note", locale=locale)

    assert [mistake.line for mistake in found.value.mistakes] == [10]
    assert sentence in str(found.value)


@pytest.mark.parametrize(
    "hole",
    [
        "x|number", "x|date", "x|time", "x|money('SAR')", "n|money", "n|money('sar')", "sum|money", "items|number", "true|number",
        "n|list", "x|list",
        "items|digits", "n|date", "'2026-11-23'|time", "'09:30'|date", "'1e99'|number",
        "('9' ~ '9999999999' ~ '99999999999' ~ '9999999999')|number",
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_fails_without_being_told(hole, said):
    with pytest.raises(RenderingFailed) as error:
        said(f"{{{{ {hole} }}}}", x="hunter2", n=5, items=[{"a": "hunter2"}], sum={"amount": "hunter2", "currency": "SAR"})

    assert "hunter2" not in str(error.value)
    assert str(error.value).startswith("template_error: the template")


@pytest.mark.parametrize("hole", ["x|date", "n|number", "sum|money", "items|list", "n|plural(one='', other='')", "x|digits"])
def test_what_was_not_given_is_empty(hole, said):
    assert said(f"a{{{{ {hole} }}}}b") == "ab"


def test_a_key_that_is_missing_is_named(said):
    with pytest.raises(RenderingFailed, match="reads 'total'"):
        said("{{ sum.total|money }}", sum={})


def test_an_unknown_language_is_written_as_english_is(said):
    assert said("{{ n|number }}", "arn", n=1234.5) == "1,234.5"
    assert writing(Manner("tlh", "ltr")).locale.language == "en"
