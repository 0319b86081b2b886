"""What is wrong and what was found, in Arabic: every code, with its values, and nothing lost of what is not known."""

from collections.abc import Callable

import pytest
from markupsafe import Markup

from tests.gateway.console import coded
from tests.gateway.console.conftest import Console
from wasl.console.diagnoses import Section, book, checked, diagnosed, error_told, named, refusal_told
from wasl.console.words import words
from wasl.content.bidi import FSI, PDI
from wasl.errors import Conflict, Problem, Refused

ARABIC, ENGLISH = words("ar"), words("en")


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("problems", coded.of_problems),
        ("findings", coded.of_findings),
        ("checks", coded.of_checks),
        ("faults", coded.of_faults),
        ("facts", coded.of_facts),
    ],
)
def test_every_code_has_an_arabic_sentence(section: Section, codes: Callable[[], dict[str, str]]) -> None:
    found, said = codes(), book("ar")[section]

    assert len(found) > 5
    assert {code: place for code, place in found.items() if not (code in said and (said[code].whole or said[code].otherwise))} == {}
    if section == "checks":
        assert [code for code, one in said.items() if not one.name] == []


def test_the_values_of_a_sentence_are_filled_in_and_isolated() -> None:
    said = diagnosed(ARABIC, "problems", "unknown_template", "is not a template; there are: welcome, offer")

    assert said == f"ليس قالبًا؛ القوالب: {FSI}welcome, offer{PDI}"
    assert diagnosed(ARABIC, "problems", "too_long", "must have at most 255 characters") == "لا يصح أن يزيد على 255 من المحارف"
    assert diagnosed(ENGLISH, "problems", "too_long", "must have at most 255 characters") == "must have at most 255 characters"


def test_what_is_not_known_whole_stays_english_behind_it_and_is_escaped() -> None:
    known = diagnosed(ARABIC, "problems", "too_long", "is <b>long</b>")
    unknown = diagnosed(ARABIC, "problems", "never_heard_of", "is odd")

    assert known == Markup('أطول من المسموح <bdi lang="en" dir="ltr">is &lt;b&gt;long&lt;/b&gt;</bdi>')
    assert unknown == Markup('<bdi lang="en" dir="ltr">is odd</bdi>')


def test_a_refusal_names_each_field() -> None:
    refused = Refused(
        [Problem(pointer="/to/id", code="erased_recipient", message="is of …"), Problem(pointer="", code="blank", message="is")]
    )

    assert refusal_told(ARABIC, refused) == Markup(
        '<bdi dir="ltr">to/id</bdi>: معرّف شخص مُحيت بياناته؛ استعمل معرّفه الأصلي. فارغ؛ اكتب ما تقوله الرسالة.'
    )
    assert refusal_told(ENGLISH, refused) == "to/id is of …. is."


def test_an_error_says_what_to_do_in_both_languages() -> None:
    error = Conflict("It is so.", suggested_action="Do that.")

    assert error_told(ENGLISH, error) == ["It is so.", "Do that."]
    assert error_told(ARABIC, error) == [Markup('لا يستقيم هذا مع ما هو قائم <bdi lang="en" dir="ltr">It is so. Do that.</bdi>')]


def test_what_was_looked_at_is_named_with_its_own_name() -> None:
    assert checked(ARABIC, "callbacks of mail") == f"نداءات {FSI}mail{PDI}"
    assert checked(ARABIC, "clock") == "الساعة"
    assert checked(ENGLISH, "callbacks of mail") == "callbacks of mail"
    assert named(ARABIC, "facts", "scope", "scope") == "النطاق"
    assert named(ARABIC, "facts", "of_a_plugin", "of_a_plugin") == "of_a_plugin"


async def test_arabic_pages_say_it_in_arabic(console: Console) -> None:
    arabic = {"Accept-Language": "ar"}

    setup = await console.get("/setup", **arabic)
    added = await console.post("/suppressions/add", {"address": "ann@example.com", "cause": "nonsense", "reason": "x"}, **arabic)
    await console.post("/suppressions/add", {"address": "ann@example.com", "reason": "x"})
    audit = await console.get("/audit", **arabic)

    assert ">قاعدة البيانات<" in setup.text
    assert "MB free" not in setup.text
    assert "ليس سببًا لإيقاف عنوان" in added.text
    assert "سبب الإيقاف" in audit.text
