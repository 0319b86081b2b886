"""What a template declares of its data, and what is wrong with data that a caller gives."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final, Literal

from pydantic import JsonValue

from wasl.errors import Problem
from wasl_contracts.model import Frozen

VariableType = Literal["text", "integer", "number", "boolean", "date", "list", "object"]


class Variable(Frozen):
    """One variable: what it is, an example for previews, and whether it may be left out."""

    type: VariableType
    example: JsonValue = None
    optional: bool = False
    description: str = ""


def problems(variables: Mapping[str, Variable], data: Mapping[str, JsonValue]) -> Iterator[Problem]:
    """Everything wrong with data for these variables, judged by its first level. No text holds a value."""
    for name, variable in variables.items():
        value = data.get(name)
        if value is None and not variable.optional:
            yield _problem(name, "missing_variable", f"is missing; the template needs {_A[variable.type]}")
        elif value is not None and not fits(variable, value):
            yield _problem(name, "wrong_type", f"is of another type; give {_A[variable.type]}")
    for name in data.keys() - variables.keys():
        yield _problem(name, "unknown_variable", f"is not declared by the template; known: {', '.join(variables) or 'none'}")


def fits(variable: Variable, value: JsonValue) -> bool:
    """Whether a value is of the variable's type."""
    return _FITS[variable.type](value)


def _is_date(value: JsonValue) -> bool:
    if isinstance(value, str):
        with suppress(ValueError):
            datetime.fromisoformat(value)
            return True
    return False


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _problem(name: str, code: str, message: str) -> Problem:
    pointer = name.replace("~", "~0").replace("/", "~1")  # RFC 6901 section 3
    return Problem(pointer=f"/data/{pointer}", code=code, message=message)


_FITS: Final[Mapping[VariableType, Callable[[JsonValue], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_date,
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_A: Final[Mapping[VariableType, str]] = {
    "text": "text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date like 2026-01-31",
    "list": "a list",
    "object": "an object",
}
