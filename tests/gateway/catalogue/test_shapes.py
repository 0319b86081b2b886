"""A person's data in shape alone."""

import pytest

from wasl.catalogue.shapes import shaped
from wasl.content.segments import count
from wasl.content.variables import Variable, fits

_REAL = [
    ("text", "Ann O'Hara-Müller", "Xxx X'Xxxx-Xxxxxx"),
    ("text", "سارة ١٢", "سسسس ١١"),
    ("text", "Žofie 😀", "Ăxxxx 😀"),
    ("code", "SAVE-2026", "XXXX-1111"),
    ("email", "ann.o@shop.example", "xxx.x@xxxx.xxxxxxx"),
    ("phone", "+966 50 123 4567", "+111 11 111 1111"),
    ("integer", 3, 3),
    ("integer", 1042, 1111),
    ("number", -12.75, -11.11),
    ("boolean", True, True),
    ("date", "1984-07-09", "2026-01-01"),
    ("datetime", "1984-07-09T18:30:00+03:00", "2026-01-01T18:30:00+03:00"),
    ("money", {"amount": "129.50", "currency": "SAR"}, {"amount": "111.11", "currency": "SAR"}),
    ("url", "https://shop.example/o/1042?k=ab", "https://example.com/x/1111?x=xx"),
    ("list", ["Tea", 2], ["Xxx", 2]),
    ("object", {"street": "Tahlia 7"}, {"street": "Xxxxxx 1"}),
]


@pytest.mark.parametrize(("kind", "real", "shape"), _REAL)
def test_a_value_keeps_its_length_script_and_type_and_says_nothing(kind, real, shape):
    variable = Variable(type=kind)

    found = shaped({"value": real}, {"value": variable})

    assert found == {"value": shape}
    assert fits(variable, shape)


def test_a_text_of_the_same_shape_takes_as_many_parts_as_an_sms():
    for text in ("Ann " * 50, "سارة " * 30, "Žofie " * 20, "é€ " * 60):
        found = shaped({"text": text}, {"text": Variable(type="text")})["text"]

        assert count(str(found))[:1] + count(str(found))[2:3] == count(text)[:1] + count(text)[2:3]


def test_what_the_template_does_not_declare_is_left_out():
    assert shaped({"name": "Ann", "secret": "1"}, {"name": Variable(type="text")}) == {"name": "Xxx"}
