"""Values that the configuration file only points to: `{ env = "NAME" }`, `{ env = "NAME", default = "…" }`, `{ file = "…" }`.

They are resolved after TOML was parsed, never by text substitution, so what they hold can never become a key or another reference.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from wasl.config.mistakes import Findings, closest
from wasl.config.positions import Key

_LARGEST_FILE = 65_536
_SUBSTITUTION = re.compile(r"\$\{(\w+)(?::-.*)?\}", re.ASCII)


class Resolved(str):
    """Text that came from a variable or a file, so it may be a secret; repr hides it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'•••'"


class Unresolved:
    """Stands for a value that is missing. No setting accepts it, so nothing goes on with a made-up value."""


class References:
    """Resolves the references of one configuration; a file's path counts from `folder`. `used` are the variables that it names."""

    def __init__(self, environ: Mapping[str, str], folder: Path, findings: Findings) -> None:
        self._environ = environ
        self._folder = folder
        self._findings = findings
        self.used: set[str] = set()

    def resolved(self, value: object, key: Key = ()) -> object:
        """The same tree with every reference replaced; what is missing is a finding at the reference's place."""
        match value:
            case {"env": str(name), **rest} if rest.keys() <= {"default"}:
                return self._variable(key, name, rest.get("default"))
            case {"file": str(path), **rest} if not rest:
                return self._file(key, path)
            case dict():
                return {name: self.resolved(inner, (*key, name)) for name, inner in value.items()}
            case list():
                return [self.resolved(inner, (*key, index)) for index, inner in enumerate(value)]
            case str() if not isinstance(value, Resolved) and (match := _SUBSTITUTION.fullmatch(value)):
                return self._missing(key, f'is plain text, and text is never substituted; write {{ env = "{match[1]}" }}')
            case _:
                return value

    def _variable(self, key: Key, name: str, default: object) -> object:
        self.used.add(name)
        if found := self._environ.get(name):
            return Resolved(found)
        if default is not None:
            return Resolved(default) if isinstance(default, str) else default
        state = "empty" if name in self._environ else "not set"
        near = closest(name, self._environ) if name not in self._environ else None
        return self._missing(key, f"the environment variable {name} is {state}; set it, or add a default to the reference", near)

    def _file(self, key: Key, path: str) -> object:
        try:
            with (self._folder / path).open("rb") as file:
                content = file.read(_LARGEST_FILE + 1)
        except (OSError, ValueError) as error:
            return self._missing(key, f"cannot read the file {path}: {_why(error)}; create it, or correct the path")
        if len(content) > _LARGEST_FILE:
            return self._missing(key, f"the file {path} is larger than 64 KiB; a value is one short text")
        try:
            text = content.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            return self._missing(key, f"the file {path} is not UTF-8 text")
        return Resolved(text) if text else self._missing(key, f"the file {path} is empty")

    def _missing(self, key: Key, message: str, suggestion: str | None = None) -> Unresolved:
        self._findings.add(key, message, suggestion)
        return Unresolved()


def _why(error: Exception) -> str:
    return (error.strerror or type(error).__name__).lower() if isinstance(error, OSError) else "not a path"
