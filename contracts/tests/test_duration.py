"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from wasl_contracts import Duration

_DURATION = TypeAdapter(Duration)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("90s", timedelta(seconds=90)),
        ("1.5h", timedelta(minutes=90)),
        ("15m", timedelta(minutes=15)),
        ("3d", timedelta(days=3)),
        ("366d", timedelta(days=366)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(written: str, meant: timedelta) -> None:
    assert _DURATION.validate_python(written) == meant


@pytest.mark.parametrize(
    "bad", ["", "3", "d", "3 d", "-3d", "0s", "367d", "1w", "1h30m", "٣d", "1e3s", "3d\n", 90, None, True, timedelta(0)]
)
def test_anything_else_is_refused(bad: object) -> None:
    with pytest.raises(ValidationError):
        _DURATION.validate_python(bad)


@given(
    st.integers(min_value=1, max_value=999_999_999).map(lambda count: timedelta(milliseconds=count))
    | st.integers(min_value=1, max_value=366 * 86_400).map(lambda count: timedelta(seconds=count))
)
def test_what_is_written_is_read_back(duration: timedelta) -> None:
    assert _DURATION.validate_json(_DURATION.dump_json(duration)) == duration


def test_the_shortest_spelling_is_written() -> None:
    assert _DURATION.dump_python(timedelta(hours=48)) == "2d"
    assert _DURATION.dump_python(timedelta(seconds=90)) == "90s"
