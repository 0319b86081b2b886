"""What pydantic says of a setting, said for the person who wrote it."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import get_args, get_type_hints

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails, core_schema

from wasl.config.mistakes import Findings, closest, listed
from wasl.config.positions import Key
from wasl.config.references import Resolved

_PLAIN_WORDS = {
    "dict_type": "should be a table",
    "model_type": "should be a table",
    "model_attributes_type": "should be a table",
    "list_type": 'should be a list, like ["one", "two"]',
    "tuple_type": 'should be a list, like ["one", "two"]',
    "string_type": "should be text in quotes",
}
_TRUSTED = {*get_args(core_schema.ErrorType)} - {"value_error", "assertion_error"}
_OWN = {
    "bad_rate", "bad_database", "bad_duration", "bad_time_of_day", "bad_window", "bad_dates", "bad_currency", "bad_prefix", "bad_colour",
}  # fmt: skip
"""Sentences of ours that show an example and never quote: masking what was written would spoil the example."""
_SHORTEST_SECRET = 8
"""Characters: what is shorter is a word that our own sentences have too, such as the name of a company."""
_NAME = "is not a name; use a small letter first, then small letters, digits, _ or -"


def explain(
    error: ValidationError, model: type[BaseModel], findings: Findings, key: Key = (), hidden: frozenset[str] = frozenset()
) -> None:
    """Add a finding for each of pydantic's errors; `key` is where the validated table stands.

    A validator may quote what it refuses, which can be a secret or an address: that is masked, and so are the `hidden` values.
    """
    for detail in _apart(error.errors(include_url=False)):
        way = tuple(part for part in detail["loc"] if part != "[key]")
        if detail["type"] == "extra_forbidden":
            known = _settings_of(_table_at(model, way[:-1]))
            suggestion = closest(str(way[-1]), known)
            findings.add((*key, *way), "unknown setting" if suggestion else f"unknown setting; known here: {listed(known)}", suggestion)
        else:
            sentence = without(hidden | _quoted(detail), _sentence(detail, str(way[-1]) if way else ""))
            findings.add((*key, *way), sentence, _meant(detail))


def _apart(details: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The errors without those that only follow from others: pydantic calls a list too short when it has left out what is wrong in it."""
    for detail in details:
        way = detail["loc"]
        follows = detail["type"] == "too_short" and any(len(way) < len(one["loc"]) and one["loc"][: len(way)] == way for one in details)
        if not follows:
            yield detail


def secrets(model: type[BaseModel], settings: Mapping[str, object]) -> frozenset[str]:
    """The values of a table that must not be shown: those of secret settings, and all that came from a variable or a file."""
    secret = {name for name in secret_settings(model) if isinstance(settings.get(name), str)}
    resolved = {str(leaf) for leaf in _leaves(dict(settings)) if isinstance(leaf, Resolved)}
    return frozenset(resolved | {str(settings[name]) for name in secret})


def secret_settings(model: type[BaseModel]) -> list[str]:
    """The settings of a model whose type is SecretStr, or may be."""
    return [name for name, field in model.model_fields.items() if SecretStr in _types(field.annotation)]


def without(hidden: Collection[str], text: str) -> str:
    """The text with every one of the hidden values masked; the longest first, as one may hold another. Short ones as whole words only."""
    for value in sorted(filter(None, hidden), key=len, reverse=True):
        alone = len(value) < _SHORTEST_SECRET
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)" if alone else re.escape(value), "•••", text)
    return text


def _sentence(detail: ErrorDetails, name: str) -> str:
    kind, message = detail["type"], detail["msg"]
    if kind == "missing":
        return f"is missing; add {name} = …"
    if kind == "string_pattern_mismatch" and str(detail.get("ctx", {}).get("pattern", "")).startswith("^[a-z][a-z0-9_-]"):
        return _NAME
    if kind == "too_short":
        return "is empty; name at least one, or leave it out"
    if kind in ("string_type", "int_type") and isinstance(detail["input"], dict):
        return 'is a table; a reference is written { env = "NAME" } or { file = "path" }'
    message = re.sub(r"^(Value error, |Assertion failed, )|^(Input|String|Value) (?=should|must)", "", message)
    return _PLAIN_WORDS.get(kind, message[:1].lower() + message[1:])


def _meant(detail: ErrorDetails) -> str | None:
    expected = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", ""))) if detail["type"] == "literal_error" else []
    return closest(str(detail["input"]), expected) if isinstance(detail["input"], str) else None


def _quoted(detail: ErrorDetails) -> frozenset[str]:
    """What a validator that is not pydantic's own may have quoted."""
    refused = detail["input"]
    if not isinstance(refused, str) or len(refused) < _SHORTEST_SECRET or detail["type"] in _TRUSTED | _OWN:
        return frozenset()
    return frozenset({refused})


def _table_at(model: type[BaseModel], way: Key) -> type[BaseModel]:
    for part in way:
        if isinstance(part, str):
            field = model.model_fields.get(part)
            others = get_type_hints(model).get("__pydantic_extra__") if model.model_config.get("extra") == "allow" else None
            model = next((found for found in _types(field.annotation if field else others) if issubclass(found, BaseModel)), model)
    return model


def _settings_of(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _types(annotation: object) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value
