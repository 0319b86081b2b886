"""The filters and operators that templates may use: Jinja's own where they cannot grow, bounded ones where they could."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as JINJA
from jinja2.runtime import Undefined

MAX_CHARACTERS = 1_000_000
_LARGEST_FACTOR = 2**64
_LARGEST_EXPONENT = 64
_MOST_DIGITS = 20


class NotAllowed(SecurityError):
    """The template asks for what templates may not do, or for more than they may have."""

    def __init__(self, message: str = "the template makes more text, items or rounds than a message may have") -> None:
        super().__init__(message)


def joined(pieces: Iterable[object], separator: str = "") -> str:
    """The pieces as one text."""
    texts = [str(piece) for piece in pieces]
    if sum(map(len, texts)) + len(separator) * len(texts) > MAX_CHARACTERS:
        raise NotAllowed
    return separator.join(texts)


def replaced(text: object, old: str, new: str) -> str:
    """The text with every `old` as `new`."""
    whole = str(text)
    if len(whole) + whole.count(old) * max(0, len(new) - len(old)) > MAX_CHARACTERS:
        raise NotAllowed
    return whole.replace(old, new)


def or_else(value: object, otherwise: object = "") -> object:
    """The value, or something else where it is missing or null."""
    return otherwise if value is None or isinstance(value, Undefined) else value


def rounded(value: float, digits: int = 0) -> float:
    """The number to so many digits after the point; a whole number without digits."""
    if abs(digits) > _MOST_DIGITS:
        raise NotAllowed("the template rounds to more digits than a number has")
    return round(value, digits) if digits else round(value)


def total(items: Iterable[object], attribute: str | None = None) -> float:
    """The sum of numbers, or of one key of objects."""
    numbers = []
    for item in items:
        number = item.get(attribute) if attribute is not None and isinstance(item, dict) else item
        if not isinstance(number, int | float):
            raise NotAllowed("the template sums something that is not a number")
        numbers.append(number)
    return sum(numbers)


def bounded_binop(operator: str, left: object, right: object) -> object:
    """`+ * ** %` of two values, refused where the result could be huge or `%` would format."""
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return joined([left, right])
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        raise NotAllowed("the template calculates with something that is not a number")
    if abs(left) > _LARGEST_FACTOR or abs(right) > (_LARGEST_EXPONENT if operator == "**" else _LARGEST_FACTOR):
        raise NotAllowed("the template calculates with too large a number")
    return _CALCULATIONS[operator](left, right)


_CALCULATIONS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": lambda left, right: left + right,
    "*": lambda left, right: left * right,
    "**": lambda left, right: left**right,
    "%": lambda left, right: left % right,
}

_HARMLESS = (
    "abs", "capitalize", "count", "dictsort", "first", "float", "int", "items", "last", "length", "lower", "max", "min", "reverse",
    "sort", "title", "trim", "truncate", "unique", "upper",
)  # fmt: skip

FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    **{name: JINJA[name] for name in _HARMLESS},
    "default": or_else,
    "join": joined,
    "replace": replaced,
    "round": rounded,
    "sum": total,
}
