"""The filters that write values in the language of the message, and what is wrong with how a template uses them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal

from babel.lists import format_list
from jinja2 import nodes

from wasl.content import dates, numbers, plurals
from wasl.content.languages import Writing
from wasl.content.phrase import Part, Phrase, as_text
from wasl.content.work import NotAllowed

Localised = Callable[..., str]
"""Of the value and the writing, then what the template gives between the parentheses."""

_LISTS: Final[Mapping[str, Literal["standard", "or", "unit"]]] = {"and": "standard", "or": "or", "unit": "unit"}
_MARK = "\0"


def _list(items: object, writing: Writing, kind: str = "and") -> Phrase:
    """The items as the language enumerates: `A, B, and C`. Each is a value of its own."""
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise NotAllowed("the template enumerates what is not a list")
    texts = [as_text(item) for item in items]
    if kind not in _LISTS:
        raise NotAllowed("the template enumerates in a way that does not exist")
    pattern = format_list([f"{_MARK}{at}{_MARK}" for at in range(len(texts))], style=_LISTS[kind], locale=writing.locale)
    return Phrase(_parts(pattern.split(_MARK), texts))


def _parts(pieces: list[str], texts: list[str]) -> Iterator[Part]:
    for at, piece in enumerate(pieces):
        yield (texts[int(piece)], True) if at % 2 else (piece, False)


def _digits(value: object, writing: Writing) -> str:
    return writing.in_digits(as_text(value))


def _plural(value: object, writing: Writing, **forms: str) -> Phrase:
    return plurals.chosen(value, forms, writing, "plural")


def _ordinal(value: object, writing: Writing, **forms: str) -> Phrase:
    return plurals.chosen(value, forms, writing, "ordinal")


FILTERS: Final[Mapping[str, Localised]] = {
    "number": numbers.number,
    "percent": numbers.percent,
    "money": numbers.money,
    "date": dates.written_date,
    "time": dates.written_time,
    "datetime": dates.written_datetime,
    "list": _list,
    "plural": _plural,
    "ordinal": _ordinal,
    "digits": _digits,
}

_PARAMETERS: Final[Mapping[str, Mapping[str, Sequence[str] | None]]] = {
    "number": {"digits": None},
    "percent": {"digits": None},
    "money": {"currency": None},
    "date": {"length": dates.LENGTHS, "calendar": dates.CALENDARS},
    "time": {"length": dates.LENGTHS},
    "datetime": {"length": dates.LENGTHS, "calendar": dates.CALENDARS},
    "list": {"kind": tuple(_LISTS)},
    "digits": {},
}
"""What stands between the parentheses, in order, and the words it can be where there are only some."""


def mistakes(node: nodes.Filter, locale: str) -> Iterator[str]:
    """What can be told wrong with a use of one of these filters in a template of a language."""
    given: dict[str, nodes.Expr] = {str(keyword.key): keyword.value for keyword in node.kwargs}
    if node.name in ("plural", "ordinal"):
        yield from _wrong_forms(node, given, locale)
        return
    parameters = _PARAMETERS.get(node.name)
    if parameters is None:
        return
    if len(node.args) > len(parameters):
        yield f"gives {node.name} more than it takes; it takes {', '.join(parameters) or 'nothing'}"
    given |= dict(zip(parameters, node.args, strict=False))
    for name, value in given.items():
        if name not in parameters:
            yield f"gives {node.name} a {name!r}, which it does not take; it takes {', '.join(parameters) or 'nothing'}"
        elif (words := parameters[name]) and isinstance(value, nodes.Const) and value.value not in words:
            yield f"gives {node.name} the {name} {value.value!r}; it is one of {', '.join(words)}"


def _wrong_forms(node: nodes.Filter, given: Mapping[str, nodes.Expr], locale: str) -> Iterator[str]:
    if node.args or not all(isinstance(value, nodes.Const) and isinstance(value.value, str) for value in given.values()):
        yield f'gives {node.name} something else than named texts; write {node.name}(one="# day", other="# days")'
        return
    counting: plurals.Counting = "plural" if node.name == "plural" else "ordinal"
    for sentence in plurals.lacking(given, locale, counting):
        yield f"{sentence} ({node.name})"
