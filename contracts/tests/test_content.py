"""What content may hold."""

import pytest
from pydantic import ValidationError

from wasl_contracts import Content


@pytest.mark.parametrize("body", ["- a\n" * 25_000, "![a](" * 20_000, "*_" * 50_000])
def test_markup_without_end_is_refused_because_reading_it_would_hold_up_everything(body: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Content(body=body)

    assert [(error["loc"], error["type"]) for error in refused.value.errors()] == [(("body",), "too_complex")]


def test_a_long_text_with_as_much_markup_as_people_write_is_taken() -> None:
    lines = "".join(f"- **Item {n}** costs {n} SAR ([more](https://shop.example/{n}))\n" for n in range(900))

    assert Content(body=lines + "word " * 8_000).body
