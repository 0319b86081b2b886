"""JSON that everybody reads the same way (RFC 8259 sections 4, 6 and 8.2): what readers or databases would differ about is refused."""

import json
import re
from collections.abc import Iterator
from math import isfinite

from pydantic import JsonValue

from wasl.errors import Problem, Refused
from wasl.problems import pointer, shown
from wasl.server.problems import Malformed

_DEEPEST = 32
_MOST_KEYS = 100_000
_EXACT_DIGITS = 15  # every integer of so many characters is below 2^53
_LARGEST_EXACT = 2**53
_LONGEST_NUMBER = 4300  # Python's own limit for int()
_DOUBTFUL_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# The closing quote is optional, so that every match attempt succeeds and the scan stays linear.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\[\s\S])*"?|[\[{]|[\]}]')


def parse(body: bytes) -> JsonValue:
    """The value of a JSON text in UTF-8.

    Raises:
        Malformed: it is not JSON (with line:column), is nested deeper than 32, or has a key twice in one object.
        Refused: it holds U+0000, half of a surrogate pair, a number that is not exact or not finite, or more than 100,000 keys.
    """
    if body.count(b"{") + body.count(b"[") > _DEEPEST:
        _check_depth(body)
    try:
        value: JsonValue = _STRICT.decode(body.decode())
    except UnicodeDecodeError as error:
        raise _not_json("is not UTF-8", body, error.start) from None
    except json.JSONDecodeError as error:
        raise _at(f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.lineno, error.colno) from None
    except _DoubtfulNumber:
        return _checked(body)
    # The walk is slow, so only bodies in which something could be found are walked.
    if _DOUBTFUL_ESCAPE.search(body) or body.count(b":") > _MOST_KEYS:
        return _checked(body)
    return value


class _DoubtfulNumber(Exception):
    """A number that may not be exact or finite."""


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Malformed([Problem(pointer="", code="duplicate_key", message=f'has the key "{shown(twice)}" twice in one object')])
    return found


def _integer(digits: str) -> int:
    if len(digits) > _EXACT_DIGITS:
        raise _DoubtfulNumber
    return int(digits)


def _number(text: str) -> float:
    if not isfinite(value := float(text)):
        raise _DoubtfulNumber
    return value


def _constant(name: str) -> float:
    raise _DoubtfulNumber


_STRICT = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant)
_LENIENT = json.JSONDecoder(object_pairs_hook=_object)


def _checked(body: bytes) -> JsonValue:
    try:
        value: JsonValue = _LENIENT.decode(body.decode())
    except json.JSONDecodeError as error:
        raise _at("is not JSON", error.lineno, error.colno) from None
    except ValueError:
        start = re.search(rb"[0-9]{%d}" % _LONGEST_NUMBER, body)
        raise _not_json(f"has a number of more than {_LONGEST_NUMBER} digits", body, start.start() if start else 0) from None
    if _keys(value) > _MOST_KEYS:
        raise Refused([Problem(pointer="", code="too_many", message=f"has more than {_MOST_KEYS} keys")])
    if found := next(_faults(value, ()), None):
        raise Refused([found])
    return value


def _keys(value: JsonValue) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    return sum(map(_keys, value)) if isinstance(value, list) else 0


def _faults(value: JsonValue, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _faults(key, path)
            yield from _faults(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _faults(inner, (*path, index))
    elif fault := _fault(value):
        yield Problem(pointer=pointer(path), code=fault[0], message=fault[1])


def _fault(leaf: str | float | bool | None) -> tuple[str, str] | None:
    if isinstance(leaf, str):
        if "\0" in leaf:
            return "nul_character", "holds U+0000; remove it"
        if any("\ud800" <= character <= "\udfff" for character in leaf):
            return "invalid_unicode", "holds half of a surrogate pair; send whole characters"
    elif isinstance(leaf, int) and abs(leaf) > _LARGEST_EXACT:
        return "out_of_range", "holds an integer beyond 2^53; send it as text"
    elif isinstance(leaf, float) and not isfinite(leaf):
        return "not_finite", "holds NaN or infinity, which JSON does not have"
    return None


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in _TOKEN.finditer(body):
        first = body[token.start()]
        if first in b"[{":
            depth += 1
        elif first in b"]}":
            depth -= 1
        if depth > _DEEPEST:
            raise _not_json(f"is nested deeper than {_DEEPEST} levels", body, token.start())


def _not_json(what: str, body: bytes, position: int) -> Malformed:
    before = body[:position]
    return _at(what, before.count(b"\n") + 1, position - before.rfind(b"\n"))


def _at(what: str, line: int, column: int) -> Malformed:
    return Malformed([Problem(pointer="", code="invalid_json", message=f"{what}, at {line}:{column}")])
