"""Partials and snippets: texts that several templates share."""

from pathlib import Path

import pytest

from wasl.content.rendering import render
from wasl.content.templates import TemplateMistakes, Templates

_FRONT = '+++\ntitle = "{{ snippet.hello }}"\n[variables]\nname = { type = "text" }\n+++\n'


@pytest.fixture
def write(tmp_path):
    def written(files: dict[str, str]) -> Path:
        for way, text in files.items():
            path = tmp_path / way
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return written


@pytest.fixture
def said(write, envelope):
    """The title and text of template `note` in a language, from a folder of files."""

    def rendered(files: dict[str, str], locale: str = "en", **data: str) -> str:
        templates = Templates.load(write(files))
        push = render(envelope(template="note", data={"name": "Ann", **data}, locale=locale), "push", templates)
        return f"{push.title}|{push.body}"

    return rendered


@pytest.fixture
def mistakes(write, tmp_path):
    def found(files: dict[str, str]) -> list[str]:
        with pytest.raises(TemplateMistakes) as error:
            Templates.load(write(files))
        return str(error.value).replace(f"{tmp_path}/", "").splitlines()

    return found


_HELLO = {"_snippets/en.toml": 'hello = "Hello {{ name }}"\n'}


def test_a_partial_and_a_snippet_are_put_in_with_the_templates_own_data(said):
    files = {**_HELLO, "note/en.md": _FRONT + 'Thanks.\n\n{% partial "sign" %}\n', "_partials/sign/en.md": "Yours, **{{ name }}**\n"}

    assert said(files) == "Hello Ann|Thanks.\n\nYours, Ann"


@pytest.mark.parametrize(
    ("locale", "sign"),
    [("ar", "تحياتنا"), ("ar-EG", "تحية من القاهرة"), ("he", "everywhere"), ("en-GB", "Regards")],
)
def test_a_part_falls_back_to_a_wider_language_and_then_to_the_one_for_all(said, locale, sign):
    note = '+++\ntitle = "T"\n+++\n{% partial "sign" %}\n'
    files = {
        **{f"note/{one}.md": note for one in ("en", "ar", "ar-EG", "he", "en-GB")},
        "_partials/sign/en.md": "Regards",
        "_partials/sign/ar.md": "تحياتنا",
        "_partials/sign/ar-EG.md": "تحية من القاهرة",
        "_partials/sign.md": "everywhere",
    }

    assert render_body(said(files, locale)) == sign


def render_body(said: str) -> str:
    return said.partition("|")[2]


def test_without_one_for_all_a_part_is_that_of_the_default_language_and_the_template_knows(write):
    templates = Templates.load(write({"note/fr.md": '+++\n+++\n{% partial "sign" %}\n', "_partials/sign/en.md": "Regards"}))

    assert [part.locale for part in templates.find("note", "fr").foreign] == ["en"]


def test_a_partial_keeps_the_indent_and_the_quotation_that_it_stands_in(said):
    body = '- first\n  {% partial "two" %}\n\n> {% partial "two" %}\n'

    told = said({**_HELLO, "note/en.md": _FRONT + body, "_partials/two.md": "one\n\ntwo\n"})

    assert render_body(told) == "- first one\n\n  two\n\n> one\n\n> two"


def test_partials_hold_partials_and_text_of_the_front_matter_holds_both(said):
    front = _FRONT.replace("[variables]", '[push]\ntext = """\n{% partial "outer" %}\n{{ snippet.hello }}!"""\n[variables]')
    files = {**_HELLO, "note/en.md": front + "x", "_partials/outer.md": '{% partial "inner" %}\n', "_partials/inner.md": "in"}

    assert render_body(said(files)) == "in Hello Ann!"


def test_raw_text_and_comments_are_left_alone(said):
    body = '{% raw %}{{ snippet.hello }}{% endraw %}{# {{ snippet.nothing }} {% partial "nothing" %} #}'

    assert render_body(said({**_HELLO, "note/en.md": _FRONT + body})) == "{{ snippet.hello }}"


def test_the_version_is_that_of_all_that_was_read_and_its_source_renders_alone(write, envelope):
    files = {**_HELLO, "note/en.md": _FRONT + '{% partial "sign" %}\n', "_partials/sign.md": "Yours, {{ name }}"}
    first = Templates.load(write(files)).find("note", "en")
    other = Templates.load(write({"_partials/sign.md": "Bye, {{ name }}"})).find("note", "en")

    again = Templates.compile(first.source, name="note", locale="en")
    text = render(envelope(template="note", data={"name": "Ann"}), "push", Templates([again]))

    assert first.version != other.version
    assert (again.version, again.source) == (first.version, first.source)
    assert (text.title, text.body) == ("Hello Ann", "Yours, Ann")
    assert str(files.keys()) not in first.source


def test_a_part_that_is_not_used_changes_no_version(write):
    plain = {"note/en.md": "+++\n+++\nHello"}

    before = Templates.load(write(plain)).find("note", "en")
    after = Templates.load(write(_HELLO)).find("note", "en")

    assert before.version == after.version
    assert after.source == plain["note/en.md"]


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ('{% partial "sing" %}', "note/en.md:6:1: puts in the partial 'sing', which does not exist (did you mean 'sign'?)"),
        ("{{ snippet.helo }}", "note/en.md:6:1: puts in the snippet 'helo', which does not exist (did you mean 'hello'?)"),
        ('Bye, {% partial "sign" %}', "note/en.md:6:1: has a partial within a line; write"),
        ("{{ snippet.hello|upper }}", "note/en.md:6:1: does something with a snippet"),
        ("{% if snippet.hello %}a{% endif %}", "note/en.md:6:1: does something with a snippet"),
        ('{% partial "loop" %}', "_partials/loop.md:2:1: in note/en.md: puts the partial 'loop' into itself (loop → loop)"),
        ('{% partial "sign" %}', "_partials/sign.md:3:1: in note/en.md: reads 'nam', which [variables] does not declare"),
        ('a\n\n{% partial "open" %}', "_partials/open.md:1:1: in note/en.md: cannot be read"),
        ('{% partial "link" %}', "_partials/link.md:2:1: in note/en.md: links to something that is not on the web"),
        ('{% partial "sign" %}\n{{ nme }}', "note/en.md:7:1: reads 'nme'"),
        ('{% partial "french" %}', "note/en.md:6:1: puts in the partial 'french', which is not written in en or the default"),
        ("{% include 'sign' %}", "note/en.md:6:1: "),
        ('{% partial "jinja" %}', "_partials/jinja.md:1:1: in note/en.md: "),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_was_written(mistakes, body, mistake):
    found = mistakes(
        {
            **_HELLO,
            "note/en.md": _FRONT + body,
            "_partials/sign.md": "Yours,\n\n{{ nam }}",
            "_partials/loop.md": 'a\n{% partial "loop" %}\n',
            "_partials/open.md": "{% if name %}",
            "_partials/link.md": "\n[a](ftp://b)",
            "_partials/french/fr.md": "Salut",
            "_partials/jinja.md": "{% extends 'a' %}",
        }
    )

    assert any(line.startswith(mistake) for line in found), found


def test_a_mistake_in_a_part_is_told_once_for_all_templates_that_have_it(mistakes):
    notes = {f"note{number}/en.md": '+++\n+++\n{% partial "bad" %}' for number in range(5)}

    found = mistakes({**notes, "_partials/bad.md": "{{ x.__class__ }}"})

    assert len(found) == 1
    assert found[0].startswith("_partials/bad.md:1:1: in note0/en.md, in note1/en.md, in note2/en.md and 2 more: ")


def test_parts_that_multiply_are_refused_and_not_written_out(mistakes):
    tens = {f"_partials/p{at}.md": f'{{% partial "p{at + 1}" %}}\n' * 10 for at in range(8)}

    found = mistakes({"note/en.md": '+++\n+++\n{% partial "p0" %}', **tens, "_partials/p8.md": "x" * 100})

    assert any("puts in more than 1000 parts" in line for line in found)


def test_a_chain_of_partials_has_an_end(mistakes):
    chain = {f"_partials/p{at}.md": f'{{% partial "p{at + 1}" %}}' for at in range(12)}

    found = mistakes({"note/en.md": '+++\n+++\n{% partial "p0" %}', **chain, "_partials/p12.md": "x"})

    assert found == ["_partials/p9.md:1:1: in note/en.md: puts partials into partials more than 10 deep; put them in more directly"]


@pytest.mark.parametrize(
    ("files", "mistake"),
    [
        ({"_partials/Bad.md": "x"}, "_partials/Bad.md: is not a partial"),
        ({"_partials/sign/english.txt": "x"}, "_partials/sign/english.txt: is not a partial"),
        ({"_snippets/english.toml": ""}, "_snippets/english.toml: is not called by a language"),
        ({"_snippets/en.toml": "a = "}, "_snippets/en.toml:1:4: is not TOML"),
        ({"_snippets/en.toml": 'a = "b"\nc = 1\n'}, "_snippets/en.toml:2:1: c: is not a snippet"),
        ({"_snippets/en.toml": 'a = "b\\nc"\n'}, "_snippets/en.toml:1:1: a: is not a snippet"),
        ({"_other/en.md": "x"}, "_other/en.md: is in a folder that cannot be a template's name"),
    ],
)
def test_a_file_that_is_no_part_is_a_mistake(mistakes, files, mistake):
    assert mistakes(files)[0].startswith(mistake)


def test_a_variable_cannot_take_the_name_of_snippets(mistakes):
    found = mistakes({"note/en.md": '+++\n[variables]\nsnippet = { type = "object" }\n+++\na'})

    assert found == ["note/en.md:3:1: variables.snippet: is the name that snippets have; call the variable otherwise"]


def test_a_source_that_only_looks_like_one_with_parts_is_a_template_without_front_matter():
    with pytest.raises(TemplateMistakes, match="has no front matter"):
        Templates.compile('{"text": 1}', name="note", locale="en")
