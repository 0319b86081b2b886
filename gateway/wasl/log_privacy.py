"""What must not stand in a log: personal data, secrets, and characters that a terminal or a reader would obey."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from math import isfinite

from pydantic import SecretBytes, SecretStr

from wasl_contracts.address import masked

MASK = "•••"
_LONGEST_TEXT = 2_000
_DEEPEST = 5
_PRIVATE = frozenset({
    "address", "addresses", "api_key", "attributes", "auth", "authorization", "body", "content", "cookie", "cookies", "credentials",
    "data", "email", "headers", "html", "password", "payload", "phone", "private_key", "recipient", "secret",
    "secrets", "settings", "signature", "subject", "text", "title", "to", "token", "tokens", "url", "value", "values",
})  # fmt: skip

# Most values are ids and names, in which none of the patterns below can match anything.
_harmless = re.compile(r"[\w.,/-]{0,200}").fullmatch
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_EMAIL = re.compile(r"""(?<![^\s@<>"'(),;:/=?&\[\]])[^\s@<>"'(),;:/=?&\[\]]+(?:@|%40)[^\s@<>"'(),;:/?&\[\]]+""")
_PHONE = re.compile(r"(?:\+|%2[Bb])\d(?:[ .()-]{0,2}\d){6,14}(?!\d)")
_TOLD_SECRET = re.compile(
    r"""(?i)((?:token|secret|password|passwd|authorization|signature|api[_-]?key)["']?\s*[=:]\s*["']?(?:(?:bearer|basic)\s+)?"""
    r"""|\b(?:bearer|basic)\s+(?=\S{8}))[^\s"',;&]{3,}"""
)
# C0, DEL and C1 controls, line separators, and controls that reorder or hide text; half surrogates cannot be written at all.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")


@lru_cache(1024)
def private(key: str) -> bool:
    """Whether a field of this name may hold personal data or a secret: by its last word or two (`auth_token`, `X-Api-Key`)."""
    *_, before, last = ("", *key.lower().replace("-", "_").split("_"))
    return last in _PRIVATE or f"{before}_{last}" in _PRIVATE


def cleaned(value: object, depth: int = 0) -> object:
    """The value as JSON can hold it, with everything masked that looks like an address or a secret."""
    if isinstance(value, str):
        return safe(value)
    if value is None or isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset) and depth < _DEEPEST:
        return _cleaned_parts(value, depth + 1)
    return _told(value)


def _cleaned_parts(value: Mapping[object, object] | Collection[object], depth: int) -> object:
    if isinstance(value, Mapping):
        return {safe(str(key)): MASK if private(str(key)) else cleaned(inner, depth) for key, inner in value.items()}
    return [cleaned(inner, depth) for inner in value]


def _told(value: object) -> str:
    if isinstance(value, SecretStr | SecretBytes):
        return MASK
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    return safe(str(value) if isinstance(value, BaseException | date) else repr(value))


def safe(text: str) -> str:
    """At most 2,000 characters of the text: control characters escaped, and masked what looks like an address or a secret."""
    if _harmless(text):
        return text
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"
    text = _CREDENTIALS.sub(MASK, text)
    text = _TOLD_SECRET.sub(rf"\1{MASK}", text)
    text = _EMAIL.sub(lambda match: masked("email", match[0].replace("%40", "@")), text)
    text = _PHONE.sub(lambda match: masked("phone", match[0].replace("%2B", "+").replace("%2b", "+")), text)
    return text if text.isprintable() else _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
