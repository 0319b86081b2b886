"""Characters that nobody sees: what they would do to a header, to a text around a value, to a whole message."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from pydantic import ValidationError

from wasl.content.formats import FORMATS, Form
from wasl.content.rendering import RenderingFailed, render
from wasl.content.templates import Templates
from wasl.content.unseen import harmless, settled_marks
from wasl_contracts import Reason
from wasl_contracts.content import Action, Content, Mail
from wasl_contracts.links import web_link

FSI, PDI, RLO, LRE, PDF = "\u2068", "\u2069", "\u202e", "\u202a", "\u202c"
CONTROLS = ["\x07", "\x01", "\x1b", "\x7f", "\x80", "\x9f", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r", "\n"]
TITLED = '+++\ntitle = "Hi {{ name }}"\n[variables]\nname = { type = "text" }\n[[actions]]\nlabel = "Go {{ name }}"\nurl = "https://a.example"\n+++\n'
_FORMATS = ("mail", "push", "card", "telegram", "structured", "post", "plain", "whatsapp", "adaptive_card", "slack", "discord")


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_in_data_never_reaches_a_subject_a_title_or_a_label(envelope: Callable[..., Any], control: str) -> None:
    templates = Templates([Templates.compile(f"{TITLED}Hello {{{{ name }}}}", name="note", locale="en")])
    data = {"name": f"A{control}B"}

    mail = render(envelope(template="note", data=data), "mail", templates)
    card = render(envelope(template="note", data=data), "card", templates)

    assert mail.subject in ("Hi AB", "Hi A B")
    assert (card.title, card.actions) == (mail.subject, (Action(label=mail.subject.replace("Hi", "Go"), url="https://a.example"),))
    assert control == "\n" or control not in mail.html + mail.text + card.text


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r", "\n", "\r\n"])
def test_the_subject_of_a_text_without_title_is_its_first_line_however_that_ends(inline: Callable[..., Any], end: str) -> None:
    assert inline(f"First line{end}second", "mail").subject == "First line"


@pytest.mark.parametrize("format", _FORMATS)
def test_a_control_character_of_a_text_is_left_out(inline: Callable[..., Any], format: str) -> None:
    told = inline("He\x07llo\x1b[31m, \x9bAnn\tB\nC", format).model_dump_json()

    assert not any(f"\\u00{control}" in told for control in ("07", "1b", "9b"))
    assert "\x9b" not in told
    assert "Hello" in told


@pytest.mark.parametrize(
    ("locale", "name", "shown"),
    [
        ("en", f"{RLO}gnp.exe", "gnp.exe"),
        ("en", f"{PDI}{RLO}evil", "evil"),
        ("ar", f"{PDI}{RLO}evil", f"{FSI}evil{PDI}"),
        ("ar", f"{FSI}{FSI}evil", f"{FSI}evil{PDI}"),
        ("ar", f"{LRE}Ann{PDF}", f"{FSI}Ann{PDI}"),
        ("en", f"أ{RLO}b", f"{FSI}أb{PDI}"),
    ],
)
def test_a_value_steers_no_direction_but_its_own(filled: Callable[..., Any], locale: str, name: str, shown: str) -> None:
    hello = "Hello" if locale == "en" else "مرحبا"

    plain = filled(f"{hello} {{{{ name }}}}!", locale=locale, front=_NAMED, name=name)
    mail = filled(f"{hello} {{{{ name }}}}!", "mail", locale=locale, front=_NAMED, name=name)

    assert plain.text == f"{hello} {shown}!"
    assert mail.text.startswith(plain.text)
    assert not {RLO, LRE, PDI, PDF}.intersection(mail.html)


_NAMED = '+++\n[variables]\nname = { type = "text" }\n+++\n'


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"call {FSI}+966 50{PDI} now", f"call {FSI}+966 50{PDI} now"),
        (f"{FSI}one line\nanother{PDI}", "one line\nanother"),
        (f"{PDI}{FSI}a", "a"),
        (f"{RLO}gnp.exe{PDF}", "gnp.exe"),
        (f"{FSI}{RLO}a{PDI}", "a"),
        (f"{FSI}a{FSI}b{PDI}c{PDI}", f"a{FSI}b{PDI}c"),
        ("لا\u200cيمكن \u200f!", "لا\u200cيمكن \u200f!"),
    ],
)
def test_a_text_keeps_isolates_that_end_and_nothing_else_that_steers(text: str, kept: str) -> None:
    assert settled_marks(text) == kept


def test_title_label_and_body_of_content_are_alike(inline: Callable[..., Any]) -> None:
    card = inline(f"See {RLO}evil", "card", title=f"T{RLO}", actions=[{"label": f"L{PDI}{RLO}", "url": "https://a.example"}])

    assert RLO not in card.model_dump_json()
    assert (card.title, card.text, card.actions[0].label) == ("T", "See evil", "L")


def test_ordinary_values_are_what_they_were() -> None:
    for value in ("Ann", "آمنة", "a\tb\nc", "5\u00a0€", "👩\u200d👩"):
        assert harmless(value) == value


def test_what_does_not_fit_the_form_of_a_provider_fails_for_good(envelope: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = FORMATS["mail"]._replace(render=lambda written: Mail(subject="a\nb", html="", text="", locale="en"))
    monkeypatch.setitem(cast("dict[str, Form]", FORMATS), "mail", spoilt)

    with pytest.raises(RenderingFailed, match="subject header_injection") as raised:
        render(envelope(content=Content(body="a")), "mail", Templates())

    assert raised.value.reason is Reason.TEMPLATE_ERROR


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("HTTPS://OK.example/A?B", "https://ok.example/A?B"), ("Https://ok.example", "https://ok.example"),
        ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]:80/a"),
        ("https://صحة.example/أ", "https://صحة.example/أ"), ("https://ok.example:99999/", None), ("https://ok.example:0/", None),
        ("https://%00/", None),
        ("https://ok.example:8a/", None), ("https://a b.example/", None), ("ftp://ok.example/", None), ("https://ann:pw@ok.example/", None),
    ],
)  # fmt: skip
def test_a_link_is_the_same_link_everywhere(envelope: Callable[..., Any], written: str, link: str | None) -> None:
    assert web_link(written) == link

    source = '+++\n[variables]\nurl = { type = "text" }\n+++\n[q]({{ url }})'
    filled = render(
        envelope(template="note", data={"url": written}), "plain", Templates([Templates.compile(source, name="note", locale="en")])
    )
    inline = render(envelope(content=Content(body=f"[q](<{written}>)")), "plain", Templates())

    assert filled.text == (f"q ({link})" if link else "q")
    assert (inline.text == "q") is (link is None)
    if link is None:
        with pytest.raises(ValidationError, match="bad_url"):
            Action(label="q", url=written)
    else:
        assert Action(label="q", url=written).url == link
