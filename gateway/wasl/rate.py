"""Rates as people write them: 10/s, 600/min, 5000/h."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_PATTERN = r"^([1-9]\d{0,6}) ?/ ?(s|min|h|d)$"
_FASTEST = 100_000  # calls a second; more than one machine can make
_CHUNK = 0.2  # seconds: the calls of so long are given out together
_LATE = 50_000  # microseconds: calls that a worker was late to ask for are not lost


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many calls in any so many seconds, over all workers together, beside one chunk at a time."""

    calls: int
    unit: str

    def __str__(self) -> str:
        return f"{self.calls}/{self.unit}"

    @property
    def chunk(self) -> int:
        """How many calls a worker may be given in one go: those of 0.2 seconds, at least one."""
        return max(1, int(self.calls * _CHUNK / _UNITS[self.unit]))

    def cost(self, calls: int) -> int:
        """How long so many calls take at this rate, in microseconds, rounded up."""
        return -(-calls * _UNITS[self.unit] * 1_000_000 // self.calls)

    @property
    def late(self) -> int:
        """By how many microseconds a call may be made up for: at most one call's worth of a slow rate."""
        return min(_LATE, self.cost(1))


def _parse(value: object) -> Limit:
    if isinstance(value, Limit):
        return value
    match = re.fullmatch(_PATTERN, value, re.ASCII) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("bad_rate", "is not a rate; write calls and a unit, like 10/s, 600/min, 5000/h or 10000/d")
    if int(match[1]) > _FASTEST * _UNITS[match[2]]:
        raise PydanticCustomError("bad_rate", "is more than 100000/s; leave it out, and calls are not limited")
    return Limit(int(match[1]), match[2])


Rate = Annotated[
    Limit,
    BeforeValidator(_parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["10/s", "600/min", "5000/h"]}),
]
