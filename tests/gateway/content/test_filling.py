import time

import pytest

from wasl.content.rendering import RenderingFailed

_LONG = "x" * 100_000


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ x }}", "{{ y }} **z**"),
        ("{{ x|upper }}", "{{ Y }} **Z**"),
        ("{{ x|default('a') }}{{ items|default('b') }}", "{{ y }} **z**b"),
        ("{{ items|default('a', true) if false else 'c' }}", "c"),
        ("{{ x ~ 1 ~ true }}", "{{ y }} **z**1True"),
        ("{{ 2 * 3 + 4 % 3 }} {{ 2 ** 8 }} {{ 7 // 2 }} {{ 2.345|round(1) }} {{ 2.5|round }}", "7 256 3 2.3 2"),
        ("{{ [3, 1, 2]|sort|join(', ') }} {{ [1, 2.5]|sum }}", "1, 2, 3 3.5"),
        ("{{ 'a-b'|replace('-', '+') }} {{ x[0] }} {{ x[-1] }} {{ x[:2] }}", "a+b { * {{"),
        ("{% raw %}{{ x }}{% endraw %}{# gone #}", "{{ x }}"),
        ("{{ true }} {{ items }}end", "true end"),
    ],
)
def test_holes_are_filled_once_and_data_is_never_read_again(filled, body, text):
    assert filled(body, x="{{ y }} **z**").text == text


def test_keys_come_before_methods(filled):
    assert filled("{% for item in items %}{{ item.items }} {{ item.keys }}{% endfor %}", items=[{"items": "a", "keys": "b"}]).text == "a b"


def test_loops_know_where_they_are(filled):
    body = "{% for a in items %}{{ loop.index }}{{ a }}{% if not loop.last %}, {% endif %}{% else %}none{% endfor %}"

    assert filled(body, items=["x", "y"]).text == "1x, 2y"
    assert filled(body, items=[]).text == "none"


def test_a_list_that_was_not_given_has_no_items(filled):
    assert filled("a{% for i in items %}b{% endfor %}").text == "a"


def test_an_object_can_be_walked_over(filled):
    sorted_pairs = "{% for pair in items|first|dictsort %}{{ pair[0] }}={{ pair[1] }} {% endfor %}"
    pairs = "{% for a, b in items[0]|items %}{{ a }}{{ b }}{% endfor %}"

    assert filled(sorted_pairs + pairs, items=[{"a": 1, "b": 2}]).text == "a=1 b=2 a1b2"


@pytest.mark.parametrize(
    "bomb",
    [
        "{{ 'a' * 10**9 }}", "{{ items * 10**9 }}", "{{ 10**(10**8) }}", "{{ 2**64**64**64 }}", "{{ '%1000000000d' % 5 }}",
        "{{ x|replace('x', 'xxxxxxxxxxxxxxxxxxxx') }}", "{{ x" + "|replace('x', 'xx')" * 20 + " }}", "{{ items|join(x) }}",
        "{{ " + "~".join(["x"] * 100) + " }}", "{{ " + "+".join(["x"] * 40) + " }}", "{{ 5|round(-1000000000) }}",
        "{{ 5|round(1000000000) }}", "{{ [[1], [2]]|sum(start=[]) }}", "{{ items|sum }}", "{% for a in items %}{{ x }}{% endfor %}",
        "{% for a in items %}{% for b in items %}{% for c in items %}y{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in items|reverse %}{% for b in items|reverse %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in x %}{% endfor %}",
    ],
)  # fmt: skip
def test_bombs_fail_fast_and_small(filled, bomb):
    started = time.perf_counter()

    with pytest.raises(RenderingFailed, match="template_error"):
        filled(bomb, x=_LONG, items=[{"n": 1}] * 100)

    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "body",
    [
        "{{ items }}", "{{ items|reverse }}", "{{ items[0] }}", "{{ x.y }}", "{{ x.upper }}", "{{ items[9] }}", "{{ 1 / 0 }}",
        "{{ -x }}", "{% for a in 5 %}{% endfor %}", "{{ items|sort }}", "{{ x < 1 }}",
    ],
)  # fmt: skip
def test_what_cannot_be_written_fails_without_telling_the_data(filled, body):
    with pytest.raises(RenderingFailed) as error:
        filled(body, x="hunter2", items=[{"k": "hunter2"}, "hunter2"])

    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_required_variable_that_is_missing_fails(filled):
    front = '+++\n[variables]\nx = { type = "text" }\n+++\n'

    with pytest.raises(RenderingFailed, match="reads 'x'"):
        filled("{{ x }}", front=front)


def test_a_text_that_comes_out_empty_is_not_sent(filled):
    with pytest.raises(RenderingFailed, match="empty"):
        filled("{% if x %}a{% endif %}")
