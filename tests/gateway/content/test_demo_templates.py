from pathlib import Path

import pytest

import wasl
from wasl.content.rendering import render
from wasl.content.templates import Templates

_FOLDER = Path(wasl.__file__).parent / "demo" / "templates"


@pytest.mark.parametrize("locale", ["en", "ar"])
@pytest.mark.parametrize("name", ["announcement", "offer", "order_shipped"])
def test_the_demo_s_templates_are_whole_with_and_without_what_is_optional(name, locale, envelope):
    templates = Templates.load(_FOLDER)
    template = templates.find(name, locale)
    full = {key: variable.example for key, variable in template.variables.items()}
    least = {key: value for key, value in full.items() if not template.variables[key].optional}

    assert template.check(full) == template.check(least) == []
    assert template.locale == locale
    for data in (full, least):
        mail = render(envelope(template=name, locale=locale, data=data), "mail", templates)
        assert mail.subject
        assert "None" not in mail.text
        assert "<p></p>" not in mail.html
