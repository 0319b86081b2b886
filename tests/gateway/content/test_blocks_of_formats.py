"""What `[push]`, `[whatsapp]` and `[card]` of a template do."""

import pytest

from wasl.content.rendering import RenderingFailed
from wasl.content.templates import TemplateMistakes
from wasl_contracts import WhatsAppTemplate

_VARIABLES = '[variables]\nx = { type = "text" }\nn = { type = "integer", optional = true }\n+++\n'


def _front(block: str) -> str:
    return f'+++\ntitle = "T"\n{block}\n{_VARIABLES}'


def test_a_push_has_picture_sound_badge_collapse_key_and_data(filled):
    front = _front(
        '[push]\nimage = "https://a.example/{{ x }}.png"\nsound = "bell"\nbadge = "{{ n }}"\ncollapse_key = "order-{{ x }}"\n'
        '[push.data]\nscreen = "order"\norder = "{{ x }}"'
    )

    push = filled("Body", "push", front=front, x="a b", n=3)

    assert (push.image, push.sound, push.badge) == ("https://a.example/a%20b.png", "bell", 3)
    assert (push.collapse_key, push.data) == ("order-a b", {"screen": "order", "order": "a b"})
    assert (push.title, push.body) == ("T", "Body")


def test_a_badge_may_be_a_number(filled):
    assert filled("Body", "push", front=_front("[push]\nbadge = 0"), x="").badge == 0


def test_a_badge_that_is_no_number_cannot_be_sent(filled):
    with pytest.raises(RenderingFailed, match=r"template_error: the badge"):
        filled("Body", "push", front=_front('[push]\nbadge = "{{ x }}"'), x="-1")


def test_a_picture_that_is_not_on_the_web_is_left_out(filled):
    assert filled("Body", "push", front=_front('[push]\nimage = "{{ x }}"'), x="javascript:a").image is None
    assert filled("Body", "card", front=_front('[card]\nimage = "{{ x }}"'), x="https://a.example/b.png").image == "https://a.example/b.png"


@pytest.mark.parametrize("key", ["aps", "from", "url", "google.x", "wasl_attempt", "1st"])
def test_names_in_data_that_fcm_or_wasl_use_are_mistakes(compiled, key):
    with pytest.raises(TemplateMistakes, match=r"note/en.md:4"):
        compiled("Body", front=_front(f'[push.data]\n"{key}" = "a"'))


def test_whatsapp_gets_the_approved_template_with_its_parameters_in_order(filled):
    front = _front(
        '[whatsapp]\ntemplate = "order_left"\nlanguage = "en_US"\nheader = ["Order {{ x }}"]\n'
        'body = ["{{ x }}", "tomorrow"]\nbuttons = ["t/{{ x }}?a=1"]'
    )

    message = filled("Hello {{ x }}", "whatsapp", front=front, x="Ann\nB\t  C")

    assert message.text == "*T*\n\nHello Ann\nB\t  C"
    assert message.template == WhatsAppTemplate(
        name="order_left",
        language="en_US",
        header=("Order Ann B C",),
        body=("Ann B C", "tomorrow"),
        buttons=("t/Ann%20B%20C?a=1",),
    )


def test_a_whatsapp_template_s_language_is_the_file_s_and_its_values_are_isolated(filled):
    front = _front('[whatsapp]\ntemplate = "order_left"\nbody = ["{{ x }}"]')

    template = filled("مرحبًا", "whatsapp", front=front, locale="ar", x="A-1").template

    assert (template.language, template.body) == ("ar", ("\u2068A-1\u2069",))


def test_an_empty_parameter_cannot_be_sent(filled):
    with pytest.raises(RenderingFailed, match=r"template_error: a parameter"):
        filled("Body", "whatsapp", front=_front('[whatsapp]\ntemplate = "t"\nbody = ["{{ x }}"]'), x=" \n")


def test_the_longest_parameter_fits(filled):
    front = _front('[whatsapp]\ntemplate = "t"\nheader = ["{{ x }}"]\nbody = ["{{ x }}"]')

    template = filled("Body", "whatsapp", front=front, x="word " * 500).template

    assert (len(template.header[0]) <= 60, len(template.body[0]) <= 1024) == (True, True)
    assert template.body[0].endswith("…")


def test_a_mistake_in_a_block_is_told_at_its_line(compiled):
    with pytest.raises(TemplateMistakes, match=r"note/en.md:4:\d+: whatsapp.template"):
        compiled("Body", front=_front('[whatsapp]\ntemplate = "Not A Name"'))


@pytest.mark.parametrize("format", ["telegram", "discord", "whatsapp", "adaptive_card", "slack", "card"])
def test_a_text_that_comes_out_empty_is_an_error(filled, format):
    with pytest.raises(RenderingFailed, match=r"template_error: the text came out empty"):
        filled("{% if n %}a{% endif %}", format, front=_front(""), x="b")


def test_a_format_without_title_begins_with_the_body(filled):
    front = _front('[telegram]\ntitle = ""\ntext = "Own **{{ x }}**"')

    assert filled("Body", "telegram", front=front, x="a").text == "Own <b>a</b>"
