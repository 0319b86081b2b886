"""What attackers write into templates and data (threats.md, F and section 5), and what becomes of it."""

import time

import pytest

from wasl.content.rendering import RenderingFailed
from wasl.content.templates import TemplateMistakes

_LONG = "x" * 100_000
_MANY = list(range(10_000))
_LOOP = "{{% for a in items %}}{{% if {} %}}{{% endif %}}{{% endfor %}}y"


@pytest.mark.parametrize(
    "payload",
    [
        # The classes of Jinja's CVE-2019-10906, CVE-2024-56326, CVE-2024-56201, CVE-2025-27516; Mautic's CVE-2026-9558.
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ x['__class__'] }}",
        "{{ x|attr('__class__') }}",
        "{{ x|attr('for' ~ 'mat') }}",
        "{{ x.format(x) }}",
        "{{ '{0.__class__}'.format_map(x) }}",
        "{{ '{0.__class__}'|format(x) }}",
        "{{ items|map('format', x) }}",
        "{{ items|map(attribute='__class__')|list }}",
        "{{ items|sort(attribute='__class__') }}",
        "{{ items|sum(attribute='__class__') }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ joiner.__init__ }}",
        "{{ namespace() }}",
        "{{ lipsum(n=100000) }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ range(99999) }}",
        "{{ dict(a=1) }}",
        "{{ x|xmlattr }}",
        "{{ x|safe }}",
        "{{ x|center(10**9) }}",
        "{{ x|indent(10**9) }}",
        "{{ x|wordwrap(1) }}",
        "{{ items|batch(10**9) }}",
        "{{ items|slice(10**9)|list }}",
        "{{ x|pprint }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% from 'os' import path %}",
        "{% extends x %}",
        "{% set y = 1 %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% call x() %}{% endcall %}",
        "{% for a in items recursive %}{{ loop(items) }}{% endfor %}",
        "{% filter upper %}a{% endfilter %}",
        "{% block a %}{% endblock %}",
        "{% autoescape false %}{{ x }}{% endautoescape %}",
        "{% do x %}",
        "{{ env('SECRET') }}",  # listmonk's CVE-2025-49136
        "{{ expandenv('$SECRET') }}",
        "{{ config }}",
        "{{ os.environ }}",
        "{{ request.application }}",
        "{{ _work }}",
        "{{ _zone }}",
        "{{ x|v }}",
        "{{ x|bounded }}",
        "{{ loop.changed(x) }}",
        "{{ x(1) }}",
        "{{ 1 if x else (" * 60 + "1" + ")" * 60 + " }}",
        "{{ x }}" * 2_500,
    ],
)
def test_what_reaches_for_more_than_values_is_a_mistake_with_its_line(payload, compiled):
    with pytest.raises(TemplateMistakes) as found:
        compiled(f"first\n{payload}")

    assert all(mistake.file == "note/en.md" and mistake.line for mistake in found.value.mistakes)


@pytest.mark.parametrize(
    "condition",
    [
        "x|upper", "x|title", "x|trim", "x|replace('x', 'yy')", "'a'|replace('a', x)", "x|truncate(90000)", "x ~ x", "x ~ 'a' == x ~ 'b'",
        "x[1:]", "x in x", "'xxxy' in x", "x is upper", "a is in items", "a in items", "items|sort", "items|unique", "items|join",
        "'ab'|join(x)", "items|max", "items|sum", "items|reverse", "items|list", "x|int", "a|money('SAR')",
        "'2026-01-01T00:00:00Z'|datetime('full', 'islamic')", "a|plural(one='#', other='#')", "+".join(["a"] * 30), "-".join(["a"] * 30),
        "/".join(["7"] * 30), " and ".join(["x"] * 40), "[" + "x, " * 50 + "]", "loop.previtem == x",
    ],
)  # fmt: skip
def test_no_filter_or_operator_in_a_loop_holds_up_the_gateway(condition, filled):
    def filling():
        with pytest.raises(RenderingFailed, match=r"template_error: template_limit: the template (takes more work|makes more text)"):
            filled(_LOOP.format(condition), x=_LONG, items=_MANY)

    assert _spent(filling) < 0.25  # some 20 ms, and what a busy machine adds


@pytest.mark.parametrize(
    "body", ["{{ x }}{{ x }}", "{% for a in items %}{{ a }} {% endfor %}", "{{ x|upper }}", "{{ items|sort|join(' ') }}"]
)
def test_long_texts_and_lists_are_within_the_limits(body, filled):
    assert len(filled(body, x=_LONG, items=_MANY[:5_000]).text) > 10_000


@pytest.mark.parametrize("spaces", [" " * 100_000, "\n" + " " * 100_000, ("\n" + " " * 9_000) * 10])
def test_white_space_in_data_does_not_hold_up_the_gateway(spaces, filled):
    assert _spent(lambda: filled("a {{ x }} b", x=spaces)) < 0.25


def test_data_that_looks_like_a_template_is_text(filled):
    text = "{{ x }} {% for a in items %} {{ ''.__class__ }} \0{ x }\0".replace("\0", "")

    assert filled("{{ x }} {{ items|first }}", x=text, items=[text]).text == f"{text} {text}"


def test_data_is_escaped_in_html(filled):
    body = "Hi {{ x }}, {{ items|list }}, {{ 2|plural(one='<b>', other='<i>#</i>') }}"

    html = filled(body, "mail", x="<img onerror=a>", items=["<b>"]).html

    assert "<img" not in html.partition("<body")[2]
    assert "Hi &lt;img onerror=a&gt;, &lt;b&gt;, &lt;i&gt;2&lt;/i&gt;" in html


def _spent(work):
    """CPU-seconds of the second time: what a locale needs is loaded once."""
    work()
    started = time.process_time()
    work()
    return time.process_time() - started
