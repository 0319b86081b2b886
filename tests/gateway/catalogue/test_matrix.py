"""A template tried on every channel."""

from wasl.brands.brand import Brand
from wasl.catalogue.matrix import Grounds, matrix
from wasl.config import Config
from wasl.content.promotion import Promotion
from wasl.content.templates import Templates

_FORMATS = {"email": {"mail"}, "push": {"push"}, "chat": set()}


def _cells(text):
    front = '+++\ntitle = "T"\n[variables]\nname = { type = "text", example = "Ann" }\n+++\n'
    templates = Templates([Templates.compile(front + text, name="note", locale="en")])
    promotion = Promotion(Config(), lambda channel, brand: _FORMATS[channel])
    grounds = Grounds(templates, tuple(_FORMATS), lambda channel, brand: _FORMATS[channel], promotion)
    (line,) = matrix("note", Brand(name="acme").versioned(), grounds).lines
    return {cell.channel: cell for cell in line.cells}


def test_a_channel_whose_providers_serve_other_brands_says_so():
    assert _cells("Hello {{ name }}")["chat"].state == "unserved"


def test_what_devices_and_mail_programs_would_cut_off_is_told():
    short, long = _cells("Hello {{ name }}"), _cells("Hello {{ name }} " + "and so on " * 11_000)

    assert (short["push"].cut, short["email"].clipped) == (False, False)
    assert (long["push"].cut, long["email"].clipped) == (True, True)


def test_what_cannot_be_filled_with_its_examples_tells_why():
    cell = _cells("{{ name / 0 }}")["email"]

    assert cell.state == "broken"
    assert cell.why
