from importlib.resources import files

import pytest

from wasl.brands.layouts import VARIABLES, BadLayout, check, filled

WHOLE = "{{ body }}{{ buttons }}{{ legal }}{{ postal }}{{ unsubscribe_url }}"


@pytest.mark.parametrize("name", VARIABLES)
def test_wasls_own_layouts_keep_to_what_a_brands_may_do(name: str) -> None:
    assert check(name, files("wasl.content").joinpath("layouts", name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("\n{{ titel }}", 2, "reads 'titel', which it is not given (did you mean 'title'?)"),
        ("{{ colours.acent }}", 1, "reads 'acent' of colours, which does not have it (did you mean 'accent'?)"),
        ("{{ body.__class__.__mro__ }}", 1, "reads '__class__', which layouts cannot reach"),
        ("{{ body['__class__'] }}", 1, "uses getitem, which layouts do not have"),
        ("{{ body|attr('__class__') }}", 1, "uses the filter 'attr', which layouts do not have; there are: "),
        ("{{ heading|safe }}", 1, "uses the filter 'safe'"),
        ("{{ colours.accent.format() }}", 1, "uses call, which layouts do not have"),
        ("{{ cycler() }}", 1, "uses call"),
        ("{{ self._TemplateReference__context }}", 1, "reads '_TemplateReference__context'"),
        ("{% include '/etc/passwd' %}", 1, "uses include"),
        ("{% import 'os' as os %}", 1, "uses import"),
        ("{% macro x() %}{% endmacro %}", 1, "uses macro"),
        ("{% set x = body %}", 1, "uses assign"),
        ("{{ body * 1000000000 }}", 1, "uses mul"),
        ("{{ 9 ** 999999999 }}", 1, "uses pow"),
        ("{{ 'x' ~ body }}", 1, "uses concat"),
        ("{% for a in body %}{{ a }}{% endfor %}", 1, "loops over something else than buttons, or inside a loop"),
        ("{% for a in buttons %}\n{% for b in buttons %}{{ b }}{% endfor %}{% endfor %}", 2, "loops over something else"),
        ("{% if heading is divisibleby 3 %}{% endif %}", 1, "uses the test 'divisibleby'"),
        ("{{ body }", 1, "cannot be read: "),
        ("{% if x %}", 1, "cannot be read: "),
        ("a\n\0", 2, "holds U+0000; remove it"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", 1, "is nested too deeply"),
        ("{{ " + "not " * 60 + "body }}", 1, "is nested too deeply"),
        ("x" * 200_001, 1, "is longer than 200,000 characters"),
    ],
)
def test_what_a_layout_may_not_do_is_told_at_its_line(source: str, line: int, said: str) -> None:
    findings = check("default.html", source)

    assert any(at == line and sentence.startswith(said) for at, sentence in findings), findings


def test_a_layout_that_leaves_out_what_the_law_asks_for_is_refused() -> None:
    assert check("default.html", WHOLE) == []
    assert check("default.html", WHOLE.replace("{{ unsubscribe_url }}", "")) == [
        (1, "never writes {{ unsubscribe_url }}, so mails would lack it; put it in")
    ]


def test_values_are_escaped() -> None:
    assert filled("<p>{{ heading }}</p>", {"heading": "<script>"}) == "<p>&lt;script&gt;</p>"


def test_a_layout_of_an_older_wasl_that_reads_what_is_no_more_is_told() -> None:
    with pytest.raises(BadLayout, match="gone"):
        filled("{{ gone }}", {})


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- {{ legal }} -->",
        "{% if 1 == 2 %}{{ legal }}{% endif %}",
        "{% if heading %}{{ legal }}{% endif %}",
        "{% if lang == 'en' %}{{ legal }}{% endif %}",
        '<div style="display:none"><p>{{ legal }}</p></div>',
        '<p style="visibility: hidden">{{ legal }}</p>',
        '<style>.no { display: none }</style><p class="no">{{ legal }}</p>',
        "<p hidden>{{ legal }}</p>",
        "<title>{{ legal }}</title>",
        '<p class="{{ legal }}"></p>',
    ],
)
def test_what_the_law_asks_for_is_seen_in_every_mail(hidden: str) -> None:
    assert check("default.html", WHOLE.replace("{{ legal }}", hidden)) == [
        (1, "does not show {{ legal }} in every mail; write it outside of comments, conditions and display:none")
    ]


def test_a_link_that_nobody_can_press_is_none() -> None:
    shown, empty = ('<p><a href="{{ url }}">' + label + "</a></p>{{ label }}" for label in ("{{ label }}", ""))

    assert check("button.html", shown) == []
    assert [sentence.partition(" in every")[0] for _, sentence in check("button.html", empty)] == ["does not show {{ url }}"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<script>x()</script>", "holds <script>"),
        ("{% if lang == 'xx' %}<iframe src='https://a.example'></iframe>{% endif %}", "holds <iframe>"),
        ("<form action='https://a.example'></form>", "holds <form>"),
        ("<p onclick='x()'></p>", "has the attribute 'onclick' in <p>"),
        ("<a href='javascript:x()'>a</a>", "has the attribute 'href' in <a>"),
        ("<meta http-equiv='refresh' content='0'>", 'holds <meta http-equiv="refresh">'),
        ("<style>@import 'https://a.example'</style>", "has an @import"),
    ],
)
def test_a_layout_holds_nothing_that_mail_programs_refuse(source: str, said: str) -> None:
    findings = check("default.html", f"{WHOLE}\n{source}")

    assert [line for line, sentence in findings if sentence.startswith(said)] == [2]
