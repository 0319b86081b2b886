import pytest

from wasl.content.templates import Templates

_FRONT = """+++
[variables]
a = {{ type = "{type}" }}
o = {{ type = "text", optional = true }}
+++
"""


def _found(data, body="{{ a }}", type="text"):
    template = Templates.compile(_FRONT.format(type=type) + body, name="note", locale="en")
    return [(problem.pointer, problem.code) for problem in template.check(data)]


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        ({"a": "b"}, []),
        ({"a": "b", "o": None}, []),
        ({}, [("/data/a", "missing_variable")]),
        ({"a": None}, [("/data/a", "missing_variable")]),
        ({"a": 1, "o": 2}, [("/data/a", "wrong_type"), ("/data/o", "wrong_type")]),
        ({"a": "b", "x/y~z": 1}, [("/data/x~1y~0z", "unknown_variable")]),
    ],
)
def test_data_is_checked_against_what_the_template_declares(data, problems):
    assert _found(data) == problems


@pytest.mark.parametrize(
    ("type", "right", "wrong"),
    [
        ("text", ["", "b"], [1, True, []]),
        ("integer", [0, -5], [1.5, "1", True]),
        ("number", [0, 1.5], ["1", True]),
        ("boolean", [True, False], [1, "true"]),
        ("date", ["2026-01-31", "2026-01-31T10:00:00Z"], ["tomorrow", 20260131]),
        ("list", [[], [1]], [{}, "b"]),
        ("object", [{}, {"b": 1}], [[], "b"]),
    ],
)
def test_each_type_takes_its_own_values_only(type, right, wrong):
    assert all(_found({"a": value}, "x", type) == [] for value in right)
    assert all(_found({"a": value}, "x", type) == [("/data/a", "wrong_type")] for value in wrong)


@pytest.mark.parametrize("body", ["{{ a.b }}", "{{ a.b.c }}", "{{ a['b'] }}", "{{ a.c[0] }}", "{% for c in a.b %}{{ c }}{% endfor %}"])
def test_what_is_missing_inside_an_object_is_found_before_sending(body):
    assert _found({"a": {"c": []}}, body, "object") == [("/data", "missing_variable")]


def test_a_problem_names_the_key_and_never_a_value():
    template = Templates.compile(_FRONT.format(type="object") + "{{ a.b }}", name="note", locale="en")

    (problem,) = template.check({"a": {"secret": "hunter2"}})

    assert "'b'" in problem.message
    assert "hunter2" not in problem.message
    assert "secret" not in problem.message


def test_a_missing_key_with_a_default_is_fine():
    assert _found({"a": {}}, "{{ a.b|default('c') }}{% if a.d is defined %}e{% endif %}f", "object") == []


def test_a_format_s_own_text_is_tried_too():
    front = '+++\n[push]\ntext = "{{ a.b }}"\n[variables]\na = { type = "object" }\n+++\n'
    template = Templates.compile(f"{front}Text", name="note", locale="en")

    assert [problem.pointer for problem in template.check({"a": {}})] == ["/data"]
    assert template.check({"a": {"b": "c"}}) == []
