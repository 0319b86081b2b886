"""Messages in right-to-left languages, and what a screen shows of them: UAX #9 by python-bidi, which is no part of wasl."""

import tomllib
from html.parser import HTMLParser
from pathlib import Path
from unicodedata import bidirectional

import pytest
from bidi import get_display

from wasl.brands.brand import Brand
from wasl.content.bidi import FSI, PDI
from wasl.content.rendering import render
from wasl.content.templates import Templates

_MESSAGES = tomllib.loads((Path(__file__).parent / "visual_order.toml").read_text(encoding="utf-8"))["message"]
_CONTROLS = dict.fromkeys([*range(0x200E, 0x2010), 0x061C, *range(0x2066, 0x206A)])
_TYPES = {str: "text", int: "integer", list: "list", dict: "object"}


@pytest.fixture(params=_MESSAGES, ids=[message["name"] for message in _MESSAGES])
def message(request):
    return request.param


@pytest.mark.parametrize("format", ["plain", "sms", "push", "structured"])
def test_text_is_seen_in_the_order_of_reading(message, format, envelope):
    told = _rendered(message, format, envelope)

    assert _lines((told.body if format == "push" else told.text).split("\n")) == _expected(message)


def test_html_is_seen_in_the_order_of_reading(message, envelope):
    page = _Page()

    page.feed(_rendered(message, "mail", envelope).html)

    assert [_shown(text, base) for text, base in page.paragraphs] == [line for line in _expected(message) if line]


def test_the_messages_are_of_many_kinds():
    locales = {message["locale"].partition("-")[0] for message in _MESSAGES}

    assert len(_MESSAGES) >= 30
    assert locales == {"ar", "he", "ur", "fa", "en"}


def _rendered(message, format, envelope):
    data, locale = message.get("data", {}), message["locale"]
    variables = "".join(f'{name} = {{ type = "{_TYPES[type(value)]}" }}\n' for name, value in data.items())
    source = f"+++\n[variables]\n{variables}+++\n{message['body']}"
    template = Templates.compile(source, name="note", locale=locale)
    brand = Brand(version="own", digits=message.get("digits", "western"), calendar=message.get("calendar", "gregorian"))
    return render(envelope(template="note", data=data, locale=locale), format, Templates([template]), brand)


def _expected(message):
    """The lines as a screen shows them: every run from its left edge, a right-to-left one from its last character."""
    return [_spaced("".join(run[::-1] if _rtl(run) else run for run in line)) for line in message["seen"]]


def _rtl(run):
    return any(bidirectional(character) in ("R", "AL") for character in run) and not run.isascii()


def _lines(lines):
    return [_shown(line, None) for line in lines]


def _shown(text, base):
    return _spaced(get_display(text, base_dir=base).translate(_CONTROLS))


def _spaced(text):
    return text.replace("\u00a0", " ").strip()


class _Page(HTMLParser):
    """The paragraphs of a mail's body with their direction; `bdi` isolates as FSI and PDI do (HTML, section 15.3.5)."""

    def __init__(self):
        super().__init__()
        self.paragraphs = []
        self._open = None

    def handle_starttag(self, tag, attrs):
        if tag == "p":
            self._open = [{"ltr": "L", "rtl": "R"}[dict(attrs)["dir"]], ""]
        elif tag == "bdi" and self._open:
            self._open[1] += FSI

    def handle_endtag(self, tag):
        if tag == "bdi" and self._open:
            self._open[1] += PDI
        elif tag == "p" and self._open:
            self.paragraphs.append((self._open[1].strip(), self._open[0]))
            self._open = None

    def handle_data(self, data):
        if self._open:
            self._open[1] += data
