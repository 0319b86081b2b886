"""Durations as people write them: 90s, 15m, 4h, 3d."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PATTERN = r"^(\d{1,11}(?:\.\d{1,3})?)(ms|s|m|h|d)$"
_LONGEST = timedelta(days=366)


def _parse(value: object) -> timedelta:
    if isinstance(value, timedelta):
        found = value
    elif isinstance(value, str) and (match := re.fullmatch(_PATTERN, value, re.ASCII)):
        found = timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    else:
        raise PydanticCustomError("bad_duration", "is not a duration; write a number and a unit, like 90s, 15m, 4h or 3d")
    if not timedelta(0) < found <= _LONGEST:
        raise PydanticCustomError("bad_duration", "must be more than nothing and at most 366d")
    return found


def _parse_or_smart(value: object) -> object:
    if value == "smart":
        return value
    try:
        return _parse(value)
    except PydanticCustomError as wrong:
        told = wrong.message_template
        raise PydanticCustomError("bad_duration", f"{told}, or smart" if told.startswith("is not") else told) from None


def written(duration: timedelta) -> str:
    """The shortest exact spelling of a duration, to the millisecond."""
    milliseconds = round(duration.total_seconds() * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


Duration = Annotated[
    timedelta,
    BeforeValidator(_parse),
    PlainSerializer(written, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["90s", "15m", "4h", "3d"]}),
]
SmartDuration = Annotated[
    timedelta | Literal["smart"],
    PlainValidator(_parse_or_smart),
    PlainSerializer(lambda value: value if isinstance(value, str) else written(value), return_type=str),
    WithJsonSchema({"type": "string", "pattern": rf"{_PATTERN}|^smart$", "examples": ["smart", "15m"]}),
]
"""A duration, or `smart`: what fits, as the setting says."""
