"""A query as tokens: `key:value`, quoted phrases and words, each with its place, so that what is wrong can be underlined."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wasl.errors import Problem, Refused
from wasl.problems import shown

LONGEST = 500
"""Characters of a query."""
_MOST = 20  # terms
_MOST_VALUES = 50  # of a term
_KEY = re.compile(r"([-!]?)([A-Za-z_]+(?:\.[^\s:\"]{1,100})?):(?!//)")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Spot:
    """What of the query is wrong: from a character to another one, counted from 0; and what may have been meant, in place of it."""

    start: int
    end: int
    message: str
    suggestion: str | None = None


class Misread(Refused):
    """The query cannot be understood. `spots` tell where and why, `errors` the same in words."""

    def __init__(self, spots: Sequence[Spot]) -> None:
        self.spots = tuple(spots)
        super().__init__(
            [Problem(pointer="/q", code="bad_query", message=f"{one.message} (at character {one.start + 1})") for one in spots]
        )


@dataclass(frozen=True, slots=True)
class Value:
    """What a term asks for; `prefix`: whatever begins with it."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A term as it was written. Without a key it is a word or a phrase. Its values are alternatives."""

    key: str
    values: tuple[Value, ...]
    negated: bool
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The terms of a query, in order.

    Raises:
        Misread: a quote is not closed, a key has no value, or it is too long.
    """
    if len(text) > LONGEST:
        raise Misread([Spot(LONGEST, len(text), f"has more than {LONGEST} characters; leave something out")])
    if "\0" in text:
        raise Misread([Spot(text.index("\0"), text.index("\0") + 1, "holds U+0000; remove it")])
    found: list[Token] = []
    place = 0
    while place < len(text):
        if space := _SPACE.match(text, place):
            place = space.end()
            continue
        found.append(token := _token(text, place))
        place = token.end
    if len(found) > _MOST:
        raise Misread([Spot(found[_MOST].start, len(text), f"has more than {_MOST} terms; leave some out")])
    return found


def _token(text: str, start: int) -> Token:
    if (key := _KEY.match(text, start)) is not None:
        values, end = _values(text, key.end())
        if not any(value.text or value.prefix for value in values):
            told = f'has "{shown(key[0])}" without a value; write it right behind the colon'
            raise Misread([Spot(start, max(end, key.end()), told)])
        if len(values) > _MOST_VALUES:
            raise Misread([Spot(start, end, f"has a term with more than {_MOST_VALUES} values")])
        return Token(key[2], values, bool(key[1]), start, end)
    negated = text[start] in "-!" and text[start + 1 : start + 2].strip() != ""
    begin = start + negated
    if text[begin] == '"':
        phrase, end = _quoted(text, begin)
        return Token("", (Value(phrase),), negated, start, end)
    end = _end(text, begin, "")
    word = text[begin:end]
    return Token("", (_value(word),), negated, start, end)


def _values(text: str, place: int) -> tuple[tuple[Value, ...], int]:
    """The values behind a colon, and where they end."""
    values: list[Value] = []
    while True:
        if text[place : place + 1] == '"':
            quoted, place = _quoted(text, place)
            values.append(Value(quoted))
        else:
            end = _end(text, place, ",")
            values.append(_value(text[place:end]))
            place = end
        if text[place : place + 1] != ",":
            return tuple(values), place
        place += 1


def _quoted(text: str, start: int) -> tuple[str, int]:
    end = text.find('"', start + 1)
    if end < 0:
        raise Misread([Spot(start, len(text), "has a quote that nothing closes", text[start:] + '"')])
    return text[start + 1 : end], end + 1


def _end(text: str, place: int, stops: str) -> int:
    while place < len(text) and not text[place].isspace() and text[place] not in stops:
        place += 1
    return place


def _value(written: str) -> Value:
    return Value(written[:-1], prefix=True) if written.endswith("*") else Value(written)
