"""Whom a text names: ann@example.com, +966501234567, KIND:VALUE such as slack_user:U123, or else somebody's own id."""

import re
from collections.abc import Iterable

from pydantic import JsonValue

from wasl_contracts import PUBLIC_KIND, AddressKind, ProviderSpec

_KIND = re.compile("[a-z][a-z0-9_-]*")
_SIMPLE = {"id": "id", "email": "email", "phone": "phone"}


class UnknownKind(LookupError):
    """No provider serves addresses of this kind; `known` are those that can be named."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        self.kind, self.known = kind, tuple(known)
        super().__init__(f"no configured provider serves the kind {kind}; kinds are: {', '.join(self.known)}")


def recipient_named(text: str, specs: Iterable[ProviderSpec]) -> dict[str, JsonValue]:
    """The fields of a recipient. `specs` are the configured providers, which say what kinds of addresses there are.

    Raises:
        UnknownKind: it has a kind before its colon that nobody serves.
    """
    kind, colon, value = text.partition(":")
    if colon and _KIND.fullmatch(kind):
        return _by_kind(kind, value, specs)
    if text.startswith("+"):
        return {"phone": text}
    if "@" in text and not text.startswith("@"):
        return {"email": text}
    return {"id": text}


def _by_kind(kind: str, value: str, specs: Iterable[ProviderSpec]) -> dict[str, JsonValue]:
    if kind in _SIMPLE:
        return {_SIMPLE[kind]: value}
    served: dict[str, tuple[str, AddressKind]] = {one.kind: (spec.channel, one) for spec in specs for one in spec.addresses}
    if kind not in served:
        raise UnknownKind(kind, sorted({*_SIMPLE, *served}))
    channel, found = served[kind]
    if kind == PUBLIC_KIND:
        return {"id": value, "audience": "public"}
    return {"audience": found.audience, "addresses": [{"channel": channel, "kind": kind, "value": value}]}
