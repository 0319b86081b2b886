import pytest

from wasl.content.templates import TemplateMistakes, Templates


def _mistakes(source: str) -> list[str]:
    with pytest.raises(TemplateMistakes) as error:
        Templates.compile(source, name="note", locale="en")
    return str(error.value).splitlines()


@pytest.mark.parametrize(
    ("source", "mistake"),
    [
        ("Hello", "note/en.md:1:1: has no front matter"),
        ('+++\ntitle = "a"\n', "note/en.md:1:1: has no front matter"),
        ('+++\ntitle = "a"\n+++\n\n', "note/en.md:3:1: has no text"),
        ("+++\ntitle = \n+++\na", "note/en.md:2:8: is not TOML"),
        ('+++\ntitel = "a"\n+++\na', "note/en.md:2:1: titel: unknown setting (did you mean 'title'?)"),
        ('+++\n[variables]\na = { type = "txt" }\n+++\na', "note/en.md:3:7: variables.a.type"),
        (
            '+++\n[variables]\na = { type = "integer", example = "b" }\n+++\na',
            "note/en.md:3:25: variables.a.example: is not of type integer",
        ),
        ('+++\n[variables]\n"a-b" = { type = "text" }\n+++\na', "note/en.md:3:1: variables.a-b"),
        ('+++\n[[actions]]\nlabel = "a"\n+++\na', "note/en.md:2:3: actions.0.url: is missing"),
        ('+++\n[[actions]]\nlabel = "a"\nurl = "javascript:b"\n+++\na', "note/en.md:4:1: actions.0.url: is not a link"),
        ('+++\ntitle = "{{ a }}"\n+++\na', "note/en.md:2:1: title: reads 'a', which [variables] does not declare"),
        ('+++\n[plain]\ntext = "{{ a }}"\n+++\na', "note/en.md:3:1: plain.text: reads 'a'"),
        ("+++\n+++\na\n\n[b](ftp://c)", "note/en.md:5:1: links to something that is not on the web"),
        ("+++\n+++\na\n\nb {{ c", "note/en.md:5:1: cannot be read"),
        ("+++\n+++\n**{% if 1 %}a** b{% endif %}", "note/en.md:3:1: begins a statement"),
        ("+++\n+++\na {% if 1 %}b\n\nc{% endif %}", "note/en.md:5:1: begins a statement"),
        (f"+++\n+++\n{'a' * 200_001}", "note/en.md:1:1: is longer than 200,000 characters"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_a_sentence(source, mistake):
    assert any(line.startswith(mistake) for line in _mistakes(source)), _mistakes(source)


def test_a_hole_that_is_nearly_declared_gets_a_suggestion():
    found = _mistakes('+++\n[variables]\norder = { type = "text" }\n+++\n{{ oder }}')

    assert found == [
        "note/en.md:5:1: reads 'oder', which [variables] does not declare (did you mean 'order'?); add oder = { type = \"text\" }"
    ]


@pytest.mark.parametrize(
    "hole",
    [
        "{{ x.__class__ }}", "{{ x['__class__'] }}", "{{ x|attr('__class__') }}", "{{ _x }}", "{{ x[x] }}",
        "{{ x.format('a') }}", "{{ x.format_map(x) }}", "{{ ''.join(x) }}", "{{ range(9) }}", "{{ lipsum }}", "{{ cycler }}",
        "{{ joiner }}", "{{ namespace }}", "{{ self }}", "{{ env }}", "{{ {'a': 1} }}", "{{ x|safe }}", "{{ x|map('upper') }}",
        "{{ x|center(9) }}", "{{ x|indent(9) }}", "{{ x|format(1) }}", "{{ x|wordwrap(1) }}", "{{ x|batch(1) }}", "{{ x|random }}",
        "{{ x is nothing_known }}", "{% include 'a' %}", "{% import 'a' as b %}", "{% from 'a' import b %}", "{% extends 'a' %}",
        "{% block a %}{% endblock %}", "{% macro a() %}{% endmacro %}", "{% set a = 1 %}", "{% set a %}b{% endset %}",
        "{% call x() %}{% endcall %}", "{% filter upper %}{% endfilter %}", "{% autoescape false %}a{% endautoescape %}",
        "{% for a in x recursive %}{% endfor %}", "{% for a in x %}{{ loop.cycle('b') }}{% endfor %}",
        "{% for a in x %}" * 6 + "{% endfor %}" * 6, "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{{ " + "-" * 60 + "1 }}",
        "{{ " + "9" * 5000 + " }}", "\0",
    ],
)  # fmt: skip
def test_what_templates_do_not_have_is_refused_when_they_are_loaded(hole):
    assert _mistakes(f'+++\n[variables]\nx = {{ type = "list" }}\n+++\n{hole}')[0].startswith("note/en.md:5:1: ")


def test_dates_in_toml_are_examples_of_dates():
    template = Templates.compile('+++\n[variables]\nd = { type = "date", example = 2026-01-31 }\n+++\n{{ d }}', name="note", locale="en")

    assert template.variables["d"].example == "2026-01-31"
