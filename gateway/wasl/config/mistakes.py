"""Mistakes in the configuration: what is wrong, where, and what was probably meant."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from wasl.config.positions import Key, Position


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `file` is a path, or `environment NAME`; line and column count from 1 and are None where there is no file.

    Its text is `wasl.toml:3:1: providers.mail.prot: unknown setting (did you mean 'port'?)`, and never holds a secret. `code` is for
    programs, where they may tell one kind from another.
    """

    file: str
    line: int | None
    column: int | None
    path: str
    message: str
    suggestion: str | None = None
    code: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        meant = f" (did you mean '{self.suggestion}'?)" if self.suggestion else ""
        return printable(": ".join(filter(None, (place, self.path, self.message))) + meant)


class ConfigMistakes(Exception):
    """The configuration cannot be used. Its text lists every mistake, one a line, in the order of the file."""

    def __init__(self, mistakes: Collection[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


@dataclass(frozen=True, slots=True)
class Source:
    """Where each setting was written: in a file, or in an environment variable that overrides it."""

    file: str
    places: Mapping[Key, Position] = field(default_factory=dict)
    variables: Mapping[Key, str] = field(default_factory=dict)
    elsewhere: Mapping[Key, tuple[str, Position]] = field(default_factory=dict)
    """What stands in a file that a setting names, and where."""

    def place(self, key: Key, outermost: int = 1) -> tuple[str, Position | None]:
        """The file (or `environment NAME`) and position of a setting, else of the nearest table around it, `outermost` keys deep."""
        for end in range(len(key), outermost - 1, -1):
            if key[:end] in self.variables:
                return f"environment {self.variables[key[:end]]}", None
            if key[:end] in self.elsewhere:
                return self.elsewhere[key[:end]]
            if key[:end] in self.places:
                return self.file, self.places[key[:end]]
        inside = next((name for overridden, name in self.variables.items() if overridden[: len(key)] == key), None)
        return (f"environment {inside}" if inside and key else self.file), None


class Findings:
    """Collects mistakes and warnings, so that all are told at once. A second mistake at or below the same setting adds nothing."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._mistakes: dict[Key, Mistake] = {}
        self._warnings: list[Mistake] = []

    def add(self, key: Key, message: str, suggestion: str | None = None, code: str = "") -> None:
        if not self.holds(key):
            self._mistakes[key] = replace(self._at(key, message, suggestion), code=code)

    def other(self, mistake: Mistake) -> None:
        """Add one of another file, which the source of this one does not know."""
        self._mistakes[mistake.file, mistake.line or 0, mistake.path] = mistake

    def warn(self, key: Key, message: str, suggestion: str | None = None) -> None:
        self._warnings.append(self._at(key, message, suggestion))

    def holds(self, key: Key) -> bool:
        """Whether a mistake at this setting, or around it, is known."""
        return any(key[:end] in self._mistakes for end in range(len(key) + 1))

    def touches(self, key: Key) -> bool:
        """Whether a mistake at this setting, around it or inside it is known."""
        return self.holds(key) or any(mistaken[: len(key)] == key for mistaken in self._mistakes)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        return tuple(sorted(self._mistakes.values(), key=_order))

    @property
    def mistaken(self) -> bool:
        return bool(self._mistakes)

    @property
    def warnings(self) -> tuple[Mistake, ...]:
        return tuple(sorted(self._warnings, key=_order))

    def raise_mistakes(self) -> None:
        """End here if there is any mistake.

        Raises:
            ConfigMistakes: all of them.
        """
        if self._mistakes:
            raise ConfigMistakes(self.mistakes)

    def _at(self, key: Key, message: str, suggestion: str | None) -> Mistake:
        file, position = self.source.place(key)
        line, column = position or (None, None)
        return Mistake(file, line, column, ".".join(map(str, key)), message, suggestion)


def _order(mistake: Mistake) -> tuple[bool, int, int]:
    return mistake.line is None, mistake.line or 0, mistake.column or 0


def closest(word: str, known: Collection[str], at_least: float = 0.6) -> str | None:
    """The known word that was probably meant, None where none is near. `at_least` is difflib's ratio of likeness."""
    return next(iter(get_close_matches(word, known, n=1, cutoff=at_least)), None)


def listed(words: Collection[str]) -> str:
    """Words for a sentence, in their order."""
    return ", ".join(words) or "none"


def printable(text: str) -> str:
    """Text that is safe on a terminal: control characters are written as escapes."""
    return "".join(c if c.isprintable() or c == " " else c.encode("unicode_escape").decode() for c in text)
