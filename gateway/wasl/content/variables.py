"""What a template declares of its data, and what is wrong with data that a caller gives."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final, Literal

from pydantic import JsonValue

from wasl.content.numbers import exact
from wasl.content.work import NotAllowed
from wasl.errors import Problem
from wasl_contracts.links import web_link
from wasl_contracts.model import Frozen

VariableType = Literal[
    "text", "integer", "number", "boolean", "date", "datetime", "money", "url", "email", "phone", "code", "list", "object"
]
"""`money` is {amount, currency}, its amount a number or a decimal in text; `code` is what people copy, such as a voucher."""
_CURRENCY = re.compile(r"[A-Z]{3}")  # ISO 4217
_MAILBOX = re.compile(r"[^\s@<>\",;:]+@[^\s@<>\",;:]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{2,30}")
_LONGEST_CODE = 64


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


def _is_datetime(value: JsonValue) -> bool:
    """Both a day and a time of day: the day alone would be midnight somewhere."""
    return isinstance(value, str) and len(value) > len("2026-01-31") and _is_date(value)


def _is_money(value: JsonValue) -> bool:
    if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
        return False
    amount, currency = value["amount"], value["currency"]
    return _is_amount(amount) and isinstance(currency, str) and _CURRENCY.fullmatch(currency) is not None


def _is_amount(value: JsonValue) -> bool:
    try:
        exact(value)
    except NotAllowed:
        return False
    return True


def _matches(pattern: re.Pattern[str]) -> Callable[[JsonValue], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


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
    "datetime": _is_datetime,
    "money": _is_money,
    "url": lambda value: isinstance(value, str) and web_link(value) is not None,
    "email": _matches(_MAILBOX),
    "phone": _matches(_PHONE),
    "code": lambda value: isinstance(value, str) and len(value) <= _LONGEST_CODE and value.isprintable(),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_A: Final[Mapping[VariableType, str]] = {
    "text": "text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date like 2026-01-31",
    "datetime": "a date with its time like 2026-01-31T18:30:00+03:00",
    "money": 'an amount like {"amount": "12.50", "currency": "SAR"}',
    "url": "a link that begins with https://",
    "email": "an address like ann@shop.example",
    "phone": "a number like +966 50 123 4567",
    "code": f"a code of at most {_LONGEST_CODE} characters on one line",
    "list": "a list",
    "object": "an object",
}
