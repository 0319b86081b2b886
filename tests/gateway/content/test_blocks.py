"""What a template says for one format alone."""

from collections.abc import Mapping

import pytest
from pydantic import Field

from wasl.content import formats, front, reading
from wasl.content.blocks import Block, Holed, HoledLink, HoledText, changed
from wasl.content.sandbox import Unfillable
from wasl.content.templates import TemplateMistakes, Templates
from wasl.content.written import Written
from wasl_contracts.model import Frozen, Slug


class _Button(Frozen):
    label: HoledText
    url: HoledLink


class _SignalBlock(Block):
    sound: Holed | None = None
    picture: HoledLink | None = None
    words: tuple[HoledText, ...] = ()
    fields: Mapping[Slug, Holed] = Field(default_factory=dict)
    buttons: tuple[_Button, ...] = ()
    priority: int = 5


_NOTE = """+++
title = "Title"
[variables]
x = {{ type = "text" }}
[push]
{block}
+++
Body {{{{ x }}}}
"""


@pytest.fixture
def template(monkeypatch):
    """A template with lines in its `[push]`, which has the settings of `_SignalBlock`; `[structured]` takes it too."""
    forms = {
        **formats.FORMATS,
        "push": formats.FORMATS["push"]._replace(block=_SignalBlock),
        "structured": formats.FORMATS["structured"]._replace(otherwise="push"),
    }
    for module in (formats, front, reading):
        monkeypatch.setattr(module, "FORMATS", forms)
    monkeypatch.setattr(reading, "FRONT", front._with_formats())

    def build(block: str, locale: str = "en"):
        return Templates.compile(_NOTE.format(block=block), name="note", locale=locale)

    return build


def _filled(written: Written) -> _SignalBlock:
    return written.block(_SignalBlock)


def test_settings_of_a_format_are_filled_wherever_they_stand(template):
    block = """
sound = "ding-{{ x }}"
priority = 9
words = ["one {{ x }}", "two"]
fields = { key = "{{ x }}" }
[[push.buttons]]
label = "{{ x }}"
url = "https://a.example/{{ x }}"
"""

    own = _filled(template(block).written("push", {"x": "a b"}))

    assert (own.sound, own.priority, own.words, own.fields) == ("ding-a b", 9, ("one a b", "two"), {"key": "a b"})
    assert own.buttons == (_Button(label="a b", url="https://a.example/a%20b"),)


def test_only_text_for_people_isolates_values_of_another_direction(template):
    own = _filled(template('sound = "{{ x }}"\nwords = ["رمز {{ x }}"]', "ar").written("push", {"x": "AB-12"}))

    assert own.sound == "AB-12"
    assert own.words == ("رمز \u2068AB-12\u2069",)


def test_a_link_that_the_data_spoils_is_empty(template):
    note = template('picture = "{{ x }}"')

    assert _filled(note.written("push", {"x": "javascript:a"})).picture == ""
    assert _filled(note.written("push", {"x": "https://a.example/1.png"})).picture == "https://a.example/1.png"


def test_a_format_without_a_block_has_its_defaults(template):
    assert _filled(template("").written("push", {"x": "a"})) == _SignalBlock()
    assert _filled(template("").written("mail", {"x": "a"})) == _SignalBlock()


def test_text_and_title_are_the_templates_where_the_block_has_none(template):
    note = template('title = "Own {{ x }}"')

    push = formats.FORMATS["push"].render(note.written("push", {"x": "a"}))

    assert (push.title, push.body) == ("Own a", "Body a")


def test_a_format_takes_the_block_of_another_where_it_has_none(template):
    note = template('text = "Own {{ x }}"')

    assert formats.FORMATS["structured"].render(note.written("structured", {"x": "a"})).text == "Own a"


def test_values_are_of_the_recipient_and_constant_parts_stay(template):
    note = template('sound = "ding"\nwords = ["{{ x }}"]')

    first, second = (_filled(note.written("push", {"x": x})) for x in "ab")

    assert (first.words, second.words) == (("a",), ("b",))
    assert _filled(template('sound = "ding"').written("push", {"x": "a"})).sound == "ding"


def test_what_a_block_reads_inside_data_is_asked_for_when_the_message_is_taken(template):
    source = _NOTE.format(block='sound = "{{ o.sound }}"').replace("[push]", 'o = { type = "object" }\n[push]')
    note = Templates.compile(source, name="note", locale="en")

    assert [problem.code for problem in note.check({"x": "a", "o": {}})] == ["missing_variable"]
    assert note.check({"x": "a", "o": {"sound": "ding"}}) == []
    with pytest.raises(Unfillable):
        _filled(note.written("push", {"x": "a", "o": {}}))


@pytest.mark.parametrize(
    ("block", "mistake"),
    [
        ('sund = "a"', "note/en.md:6:1: push.sund: unknown setting (did you mean 'sound'?)"),
        ('sound = "{{ y }}"', "note/en.md:6:1: push.sound: reads 'y', which [variables] does not declare"),
        ('words = ["a", "{{ y }}"]', "note/en.md:6:15: push.words.1: reads 'y'"),
        ('picture = "ftp://a"', "note/en.md:6:1: push.picture: is not a link"),
        ('picture = "a{{ x }}"', "note/en.md:6:1: push.picture: is not a link"),
        ('priority = "high"', "note/en.md:6:1: push.priority"),
        ('[[push.buttons]]\nlabel = "a"\nurl = "{{ x.__class__ }}"', "note/en.md:8:1: push.buttons.0.url: reads '__class__'"),
        ('title = "{{ y }}"', "note/en.md:6:1: push.title: reads 'y'"),
        ("[psh]", "note/en.md:6:2: psh: unknown setting (did you mean 'push'?)"),
    ],
)
def test_a_mistake_in_a_block_is_told_at_its_key(template, block, mistake):
    with pytest.raises(TemplateMistakes) as error:
        template(block)

    assert any(line.startswith(mistake) for line in str(error.value).splitlines()), str(error.value)


def test_texts_without_holes_are_not_asked_for():
    seen = []

    changed(_SignalBlock(text="t", title="u", sound="s", words=("w",)), lambda kind, text, way: seen.append((kind, text, way)) or text)

    assert seen == [("value", "s", ("sound",)), ("text", "w", ("words", 0))]
