"""What goes over the wire to the fake HTTP provider, and what it answers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Self
from urllib.parse import parse_qsl, unquote

from wasl_contracts.conformance.mails import form_fields, opened


class Ending(Enum):
    """How a fake ends a call without a proper answer, once it has the whole request."""

    HANG = "never answers"
    RESET = "resets the connection"
    CUT = "stops in the middle of its answer"


class Headers(Mapping[str, str]):
    """Header fields by name, whatever the case."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = {name.lower(): value for name, value in fields.items()}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """The path and the text of every leaf of a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}/{number}")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the fake got it. `path` is without the query."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes = field(repr=False)

    def json(self) -> dict[str, object]:
        """The body as a JSON object; empty where it is anything else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def form(self) -> dict[str, str]:
        """The body as an HTML form, the last value of each name."""
        try:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        except ValueError:
            return {}

    def fields(self) -> dict[str, str]:
        """Every single value in it, by where it stands: path, query, headers, and the body as JSON, form or text; mails are opened."""
        return opened(self._values())

    def _values(self) -> dict[str, str]:
        found = {f"header {name}": value for name, value in self.headers.items()} | {"path": unquote(self.path)}
        found |= {f"query {name}": value for name, value in parse_qsl(self.query)}
        if document := self.json():
            return found | {f"body {path}": value for path, value in leaves(document)}
        content_type = self.headers.get("Content-Type", "")
        if content_type.startswith("multipart/form-data"):
            return found | {f"form {name}": value for name, value in form_fields(content_type, self.body).items()}
        if "form-urlencoded" in content_type:
            return found | {f"form {name}": value for name, value in self.form().items()}
        return found | {"body": self.body.decode(errors="replace")}


@dataclass(frozen=True, slots=True)
class Response:
    """What the fake answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @classmethod
    def json(cls, status: int, document: object, headers: Mapping[str, str] | None = None) -> Self:
        """An answer in JSON."""
        return cls(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(document).encode())

    @classmethod
    def text(cls, status: int, text: str = "", headers: Mapping[str, str] | None = None) -> Self:
        """An answer in plain text."""
        return cls(status, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}, text.encode())
