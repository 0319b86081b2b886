"""What lint finds in a folder of templates."""

import pytest

from wasl.brands.brand import Brand
from wasl.config import Config
from wasl.content.linting import lint, lint_promotion
from wasl.content.promotion import Promotion
from wasl.content.templates import examine

_NOTE = '+++\ntitle = "T"\n[variables]\nname = { type = "text", example = "Ann" }\n+++\nHello {{ name }}\n'


@pytest.fixture
def found(tmp_path):
    def build(files: dict[str, str]) -> list[str]:
        for way, text in files.items():
            path = tmp_path / way
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        findings = lint(examine(tmp_path, "en"), "en")
        return [f"{finding.severity} {finding.code} {finding.at.replace(f'{tmp_path}/', '')} {finding.said}" for finding in findings]

    return build


def test_templates_that_are_as_they_should_be_leave_nothing_to_say(found):
    assert found({"note/en.md": _NOTE, "note/ar.md": _NOTE, "other/en.md": _NOTE, "other/ar.md": _NOTE}) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"note/en.md": "+++\n+++\n{{ x }}"}, "mistake undeclared_variable note/en.md:3:1 reads 'x'"),
        ({"note/en.md": "+++\n+++\n{% include 'x' %}"}, "mistake template_forbidden note/en.md:3:1 uses include"),
        ({"note/en.md": "+++\n+++\n{{ x"}, "mistake template_syntax note/en.md:3:1 cannot be read"),
        ({"note/en.md": '+++\ntitle = "{{ 1|safe }}"\n+++\na'}, "mistake template_forbidden note/en.md:2:1: title uses the filter 'safe'"),
        (
            {"other/en.md": _NOTE, "other/fr.md": _NOTE},
            "warning untranslated note is not written in fr, as other templates are; their readers get en",
        ),
        (
            {"note/ar.md": _NOTE.replace("name", "nom")},
            "warning variables_differ note/ar.md declares name, nom otherwise than note/en.md; one caller's data must fit both",
        ),
        ({"note/ar.md": _NOTE.replace('"text"', '"code"')}, "warning variables_differ note/ar.md declares name otherwise"),
        (
            {"note/ar.md": _NOTE.replace("[variables]", '[sms]\ntext = "a"\n[variables]')},
            "warning own_texts_differ note/ar.md differs from note/en.md in having [sms]; write it in both",
        ),
        ({"note/en.md": _NOTE.replace(', example = "Ann"', "")}, "warning no_example note/en.md has no example of name"),
        ({"note/en.md": _NOTE.replace("{{ name }}", "{{ name / 0 }}")}, "mistake unfillable note/en.md cannot be filled with its examples"),
        (
            {"note/en.md": _NOTE.replace('"text", example = "Ann"', '"object", example = {}').replace("{{ name }}", "{{ name.first }}")},
            "mistake unfillable note/en.md /data the template reads 'first'",
        ),
        (
            {"note/ar.md": _NOTE + '{% partial "sign" %}\n', "_partials/sign/en.md": "Bye"},
            "warning foreign_part note/ar.md holds a part that is written only in en",
        ),
        ({"_partials/sign/en.md": "Bye"}, "warning unused_part _partials/sign/en.md no template has the partial 'sign'; remove it"),
        ({"_snippets/en.toml": 'bye = "Bye"'}, "warning unused_part _snippets/en.toml no template has the snippet 'bye'"),
        ({"note/en.md": _NOTE + "word " * 40_000}, "mistake mistake note/en.md:1:1 is longer than"),
        (
            {"note/en.md": _NOTE.replace("[variables]", '[mail]\nhtml = "<body>{{ name }}</body>"\n[variables]')},
            "warning mail_without_opt_out note/en.md has a page of its own in [mail] without a link to opt out",
        ),
        ({"note/en.md": _NOTE + "word " * 21_000}, "warning mail_clipped note/en.md makes a mail of more than 102 kB"),
    ],
)
def test_what_an_author_should_look_at_is_found(found, files, expected):
    told = found({"note/en.md": _NOTE, **files})

    assert any(line.startswith(expected) for line in told), told


def test_what_brands_lack_is_a_mistake_once_the_rules_hold():
    config = Config.model_validate({"topics": {"offers": {"category": "promotional"}}, "routes": {"default": {"channels": ["email"]}}})
    promotion = Promotion(config, lambda channel, brand: ("mail",))
    acme = Brand(name="acme", title={"en": "Acme"}, legal={"en": "Acme Ltd"}, postal={"": "1 Tea Street"}).versioned()

    findings = list(lint_promotion(promotion, [Brand().versioned(), acme], {"en", "ar"}))

    assert {(finding.at, finding.severity) for finding in findings} == {("brand default", "warning"), ("brand acme", "mistake")}
    assert [finding.said.partition(";")[0] for finding in findings if finding.at == "brand acme"] == [
        "the brand acme has no legal line in ar",
        "there is no host for links to opt out by",
    ]


def test_without_a_promotional_topic_brands_lack_nothing():
    assert list(lint_promotion(Promotion(Config(), lambda channel, brand: ("mail",)), [Brand()], {"en"})) == []
