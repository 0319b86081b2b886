from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.gateway.config_files import mistakes, written
from wasl.config import load
from wasl.rate import Limit, Rate

RATE: TypeAdapter[Limit] = TypeAdapter(Rate)


@pytest.mark.parametrize(
    ("written", "chunk", "microseconds"),
    [
        ("10/s", 2, 100_000),
        ("1/s", 1, 1_000_000),
        ("600/min", 2, 100_000),
        ("5000/h", 1, 720_000),
        ("1/d", 1, 86_400_000_000),
        ("1000/s", 200, 1000),
    ],
)
def test_a_rate_tells_what_a_call_takes_and_how_many_are_given_out_together(written: str, chunk: int, microseconds: int) -> None:
    rate = RATE.validate_python(written)

    assert (rate.chunk, rate.cost(1)) == (chunk, microseconds)
    assert str(rate) == written
    assert RATE.dump_python(rate) == written


@pytest.mark.parametrize("wrong", ["10", 10, "10 per second", "0/s", "-1/s", "1.5/s", "10/S", "10/m", "", None, {"calls": 10}, "٣/s"])
def test_what_is_no_rate_is_refused_with_an_example(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="10/s, 600/min"):
        RATE.validate_python(wrong)


def test_a_rate_beyond_any_machine_is_refused() -> None:
    with pytest.raises(ValidationError, match="more than 100000/s"):
        RATE.validate_python("100001/s")


@given(st.integers(1, 6_000_000), st.sampled_from(["min", "h", "d"]), st.integers(1, 10_000))
def test_rounding_never_makes_a_rate_faster(calls: int, unit: str, count: int) -> None:
    limit = Limit(calls, unit)
    seconds = {"min": 60, "h": 3600, "d": 86_400}[unit]

    assert limit.cost(count) * calls >= count * seconds * 1_000_000


def test_a_provider_section_has_a_rate_and_its_mistake_names_the_key_and_the_fix(here: Path) -> None:
    written(here, '[providers.mail]\nplugin = "smtp"\nrate = "600/min"\nbreaker = false\nhost = "127.0.0.1"\n')

    section = load(None, {}).providers["mail"]

    assert (section.rate, section.breaker) == (Limit(600, "min"), False)
    assert section.settings == {"host": "127.0.0.1"}
    assert mistakes('[providers.mail]\nplugin = "smtp"\nrate = "fast"\n') == [
        "wasl.toml:3:1: providers.mail.rate: is not a rate; write calls and a unit, like 10/s, 600/min, 5000/h or 10000/d"
    ]


def test_what_was_written_is_not_masked_out_of_the_example(here: Path) -> None:
    assert "like 10/s, 600/min" in mistakes('[providers.mail]\nplugin = "smtp"\nrate = "0/s"\n')[0]
