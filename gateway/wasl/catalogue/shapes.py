"""A person's data without what it says: as long, in the same script, of the same type. A text made of it breaks, counts and cuts alike."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from pydantic import JsonValue

from wasl.content.alphabets import GSM7
from wasl.content.variables import Variable, VariableType

_COUNTS = 100  # numbers below are how many of something, on which the form of a word may hang
_OF_SCRIPT = {
    "ARABIC": "س", "HEBREW": "ש", "CYRILLIC": "х", "GREEK": "χ", "DEVANAGARI": "क", "BENGALI": "ক", "TAMIL": "க", "THAI": "ก",
    "CJK": "〇", "HIRAGANA": "の", "KATAKANA": "ノ", "HANGUL": "가",
}  # fmt: skip
_SEVEN_BIT, _OTHER = "x", "ă"  # a Latin letter that an SMS carries in seven bits, and one that needs sixteen
_HOST = re.compile(r"https?://[^/?#]*")
_SENT_AS_IT_IS: frozenset[VariableType] = frozenset({"boolean"})


def shaped(data: Mapping[str, JsonValue], variables: Mapping[str, Variable]) -> dict[str, JsonValue]:
    """The data of a template with every value replaced by one of the same shape. What the template does not declare is left out."""
    return {name: _shaped(value, variables[name].type) for name, value in data.items() if name in variables}


def _shaped(value: JsonValue, kind: VariableType | None) -> JsonValue:
    if value is None or isinstance(value, bool) or kind in _SENT_AS_IT_IS:
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list):
        return [_shaped(one, None) for one in value]
    if isinstance(value, dict):
        return {name: one if kind == "money" and name == "currency" else _shaped(one, None) for name, one in value.items()}
    return _written(value, kind)


def _number(value: float) -> float:
    if isinstance(value, int) and abs(value) < _COUNTS:
        return value
    return type(value)(re.sub(r"\d", "1", f"{value}")) if "e" not in f"{value}" else 1


def _written(value: str, kind: VariableType | None) -> str:
    if kind in ("date", "datetime"):
        return re.sub(r"^\d{4}-\d{2}-\d{2}", "2026-01-01", value)
    if kind == "url" or _HOST.match(value):
        return re.sub(_HOST, "https://example.com", _veiled(value), count=1) if _HOST.match(value) else "https://example.com/"
    return _veiled(value)


def _veiled(text: str) -> str:
    host = _HOST.match(text)
    kept = host[0] if host else ""
    return kept + "".join(map(_letter, text[len(kept) :]))


@lru_cache(maxsize=4096)
def _letter(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return chr(ord(character) - unicodedata.digit(character) + 1)
    if not category.startswith("L"):
        return character
    script = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    if script != "LATIN":
        return _OF_SCRIPT.get(script, _OTHER)
    plain = _SEVEN_BIT if character in GSM7.letters else _OTHER
    return plain.upper() if category == "Lu" else plain
