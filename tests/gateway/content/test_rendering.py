from typing import get_args

import pytest

from wasl.content.rendering import RenderingFailed, render
from wasl.content.templates import Templates
from wasl_contracts.content import Content, Format
from wasl_contracts.reason import Reason

_FORMATS = get_args(Format)


@pytest.mark.parametrize("format", _FORMATS)
def test_every_format_is_rendered_and_always_the_same(format, compiled, envelope):
    template = compiled("Hello {{ x }}{% for i in items %} {{ i }}{% endfor %}")
    message = envelope(template="note", data={"x": "a", "items": ["b", "c"]})

    first = render(message, format, Templates([template]))
    again = render(message, format, Templates([compiled(template.source.partition("+++\n")[2].partition("+++\n")[2])]))

    assert first == again
    assert first.format == format


@pytest.mark.parametrize("format", _FORMATS)
def test_every_format_takes_inline_content(format, inline):
    assert inline("Hello", format, title="T").format == format


def test_a_pinned_version_is_rendered_and_no_other(compiled, envelope):
    older, newer = compiled("Older"), compiled("Newer")
    templates = Templates([newer])
    message = envelope(template="note", template_version=older.version)

    with pytest.raises(RenderingFailed, match="not pinned"):
        render(message, "plain", templates)
    templates.pin(older)

    assert render(message, "plain", templates).text == "Older"


def test_a_missing_language_has_its_own_reason(compiled, envelope):
    with pytest.raises(RenderingFailed) as error:
        render(envelope(template="note", locale="fr"), "plain", Templates([compiled("مرحبًا", locale="ar")]))

    assert error.value.reason is Reason.LOCALE_MISSING


def test_an_unknown_template_is_a_template_error(envelope):
    with pytest.raises(RenderingFailed) as error:
        render(envelope(template="note"), "plain", Templates())

    assert error.value.reason is Reason.TEMPLATE_ERROR


def test_repeated_inline_content_is_compiled_once(envelope):
    first = envelope(content=Content(title="T", body="Hello"))
    again = envelope(content=Content(title="T", body="Hello"), recipient_id="other")

    assert render(first, "mail", Templates()).html is render(again, "mail", Templates()).html
