from datetime import UTC, datetime

import pytest

from wasl.searching.language import parse
from wasl.searching.rewriting import chosen, mended, narrowed, toggled, within


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("", "failed", "status:failed"),
        ("channel:sms", "failed", "channel:sms status:failed"),
        ("status:sent channel:sms", "failed", "channel:sms status:failed"),
        ("-status:sent order", "failed", "-status:sent order status:failed"),
        ("state:sent", "failed", "status:failed"),
        ("status:sent", None, ""),
        ('status:"open', "failed", "status:failed"),
    ],
)
def test_a_button_writes_the_same_text_that_one_would_type(before: str, value: str | None, after: str) -> None:
    assert narrowed(before, "status", value) == after


def test_a_button_that_is_pressed_again_takes_its_word_back() -> None:
    once = toggled("order 1042", "channel", "sms")
    twice = toggled(once, "channel", "push")

    assert once == "order 1042 channel:sms"
    assert twice == "order 1042 channel:sms,push"
    assert chosen(twice, "channel") == ("sms", "push")
    assert toggled(toggled(twice, "channel", "sms"), "channel", "push") == "order 1042"


def test_a_value_with_spaces_is_quoted() -> None:
    assert narrowed("", "person", "ann b,c") == 'person:"ann b,c"'
    assert chosen('person:"ann b,c"', "person") == ("ann b,c",)


def test_a_bar_of_the_histogram_is_a_span_of_time() -> None:
    start, end = datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 23, 10, 30, tzinfo=UTC)

    text = within("on:today status:failed after:24h", start, end)
    search = parse(text, end, UTC)

    assert text.startswith("status:failed after:2026-11-23T10:00:00.000Z before:")
    assert (search.since, search.until) == (start, end)


def test_a_suggestion_takes_the_place_of_the_mistake() -> None:
    assert mended("a statsu:x b", 2, 10, "status:x") == "a status:x b"
