"""The filters and operators that templates may use: Jinja's own and ours, each paid for before it runs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from jinja2 import pass_context
from jinja2.filters import FILTERS as JINJA
from jinja2.runtime import Context, Undefined

from wasl.content import localised
from wasl.content.cutting import cut
from wasl.content.languages import LOCALE, ZONE, Manner, writing
from wasl.content.work import MAX_CHARACTERS, STEP, NotAllowed, OverLimit, length, spend, weight

RAW: Final = "raw "
"""Begins the name of a filter that is not paid for; a template cannot say it, as no name has a space."""
_LARGEST_FACTOR = 2**64
_LARGEST_EXPONENT = 64
_MOST_DIGITS = 20
_LOCALISED, _ENUMERATED = 2_000, 400


def joined(pieces: Iterable[object], separator: str = "") -> str:
    """The pieces as one text."""
    texts = [str(piece) for piece in pieces]
    if sum(map(len, texts)) + len(separator) * len(texts) > MAX_CHARACTERS:
        raise OverLimit
    return separator.join(texts)


def _replaced(text: object, old: str, new: str) -> str:
    """The text with every `old` as `new`."""
    whole = str(text)
    if len(whole) + whole.count(old) * max(0, len(new) - len(old)) > MAX_CHARACTERS:
        raise OverLimit
    return whole.replace(old, new)


def _or_else(value: object, otherwise: object = "") -> object:
    """The value, or something else where it is missing or null."""
    return otherwise if value is None or isinstance(value, Undefined) else value


def _rounded(value: float, digits: int = 0) -> float:
    """The number to so many digits after the point; a whole number without digits."""
    if abs(digits) > _MOST_DIGITS:
        raise OverLimit("the template rounds to more digits than a number has")
    return round(value, digits) if digits else round(value)


def _total(items: Iterable[object], attribute: str | None = None) -> float:
    """The sum of numbers, or of one key of objects."""
    numbers = []
    for item in items:
        number = item.get(attribute) if attribute is not None and isinstance(item, dict) else item
        if not isinstance(number, int | float):
            raise NotAllowed("the template sums something that is not a number")
        numbers.append(number)
    return sum(numbers)


def _truncated(text: str, length: int = 255, killwords: bool = False, end: str = "…") -> str:
    """At most `length` characters and never a part of one, at the end of a word unless `killwords`."""
    if len(text) <= length:
        return text
    kept = cut(text, max(1, length - len(end) + 1)).removesuffix("…")
    return (kept if killwords or text[len(kept)].isspace() else kept.rpartition(" ")[0] or kept) + end


def calculated(context: Context, operator: str, left: object, right: object) -> object:
    """A calculation of two values, refused where the result could be huge or `%` would format."""
    spend(context, STEP)
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        spend(context, len(left) + len(right))
        return joined([left, right])
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        raise NotAllowed("the template calculates with something that is not a number")
    if abs(left) > _LARGEST_FACTOR or abs(right) > (_LARGEST_EXPONENT if operator == "**" else _LARGEST_FACTOR):
        raise OverLimit("the template calculates with too large a number")
    return _CALCULATIONS[operator](left, right)


_CALCULATIONS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "**": lambda left, right: left**right,
    "%": lambda left, right: left % right,
}
OPERATORS: Final = frozenset(_CALCULATIONS)


def _free(value: object) -> int:
    return 0


def _once(value: object) -> int:
    return 3 * weight(value)


def _by_item(value: object) -> int:
    return 3 * weight(value) + 100 * length(value)


def _in_order(value: object) -> int:
    return 2 * _by_item(value) + weight(value) * length(value).bit_length()


Cost = Callable[[object], int]
_PRICED: Final[Mapping[str, tuple[Callable[..., object], Cost]]] = {
    **{name: (JINJA[name], _free) for name in ("abs", "count", "first", "last", "length")},
    **{name: (JINJA[name], _once) for name in ("capitalize", "float", "int", "items", "lower", "reverse", "trim", "upper")},
    **{name: (JINJA[name], _by_item) for name in ("max", "min", "title", "unique")},
    **{name: (JINJA[name], _in_order) for name in ("dictsort", "sort")},
    "default": (_or_else, _free),
    "join": (joined, _once),
    "replace": (_replaced, _once),
    "round": (_rounded, _free),
    "sum": (_total, _by_item),
    "truncate": (_truncated, _once),
}
GROWING: Final = frozenset({"dictsort", "join", "list", "max", "min", "replace", "sort", "sum", "unique"})
"""Those that read or make more than one text, so that a template with one of them inside a loop is tried before it is used."""
NAMES: Final = frozenset(_PRICED) | frozenset(localised.FILTERS)
"""Every filter that a template may use."""


def filters(manner: Manner) -> dict[str, Callable[..., object]]:
    """All filters by name, for a language."""
    raw = {RAW + name: run for name, (run, _) in _PRICED.items()}
    priced = {name: _paid(name, cost) for name, (_, cost) in _PRICED.items()}
    return {**raw, **priced, **{name: _written(run, manner) for name, run in localised.FILTERS.items()}}


def _paid(name: str, cost: Cost) -> Callable[..., object]:
    @pass_context
    def run(context: Context, value: object, *args: object, **kwargs: object) -> object:
        spend(context, STEP + cost(value) + sum(len(given) for given in args if isinstance(given, str)))
        made = context.environment.call_filter(RAW + name, value, args, kwargs, context=context)
        if isinstance(made, Iterator):
            return list(made)
        if isinstance(made, str):
            spend(context, len(made))
        return made

    return run


def _written(write: localised.Localised, manner: Manner) -> Callable[..., object]:
    @pass_context
    def run(context: Context, value: object, *args: object, **kwargs: object) -> object:
        spend(context, _LOCALISED + weight(value) + _ENUMERATED * (0 if isinstance(value, str) else length(value)))
        if value is None:
            return ""
        if isinstance(value, Undefined):
            return str(value)  # raises, as it is strict
        wanted, zone = context.get(LOCALE), context.get(ZONE)
        return write(value, writing(manner, wanted, zone), *args, **kwargs)

    return run
