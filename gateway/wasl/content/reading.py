"""Reading a template: TOML between two lines of `+++`, then Markdown with holes. Every mistake in it is found at once."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, time
from hashlib import sha256
from typing import Annotated, NoReturn, get_args

from pydantic import Field, StringConstraints, ValidationError

from wasl.config.mistakes import ConfigMistakes, Findings, Mistake
from wasl.config.mistakes import Source as Places
from wasl.config.positions import Key, positions
from wasl.config.validation import explain
from wasl.content import grammar
from wasl.content.bidi import direction_of
from wasl.content.holes import Holes
from wasl.content.links import is_web_link
from wasl.content.prose import prose
from wasl.content.template import Template
from wasl.content.variables import Variable, fits
from wasl.content.written import Source
from wasl_contracts.content import Format
from wasl_contracts.model import Frozen

MAX_CHARACTERS = 200_000
_FENCE = "+++"
_FORMATS: tuple[Format, ...] = get_args(Format)


class _Action(Frozen):
    label: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    url: Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class _Own(Frozen):
    text: Annotated[str, StringConstraints(min_length=1)]
    title: str | None = None


class _Front(Frozen):
    title: str = ""
    actions: Annotated[tuple[_Action, ...], Field(max_length=10)] = ()
    variables: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")], Variable] = Field(default_factory=dict)
    mail: _Own | None = None
    plain: _Own | None = None
    push: _Own | None = None
    slack: _Own | None = None
    post: _Own | None = None
    structured: _Own | None = None


class TemplateMistakes(ConfigMistakes):
    """Templates cannot be used. Its text lists every mistake, one a line: file:line, a sentence, and how to mend it."""


def version_of(source: str, name: str, locale: str) -> str:
    """The name of exactly this text in this language: 32 hexadecimal characters of a SHA-256."""
    return sha256("\0".join((name, locale, source)).encode()).hexdigest()[:32]


def read(source: str, *, name: str, locale: str, file: str) -> Template:
    """Compile one template; `file` is how its mistakes call it.

    Raises:
        TemplateMistakes: all of them.
    """
    reader = _Reader(file)
    front, body, first_line = reader.parts(source)
    holes = Holes(f"w{version_of(source, name, locale)[:8]}")
    default = reader.source(_Own.model_construct(text=body, title=None), front, (locale, holes), first_line)
    own = {
        format: reader.source(text, front, (locale, Holes(holes.word)), (format,))
        for format in _FORMATS
        if (text := getattr(front, format)) is not None
    }
    reader.check_examples(front.variables)
    reader.raise_mistakes()
    return Template(
        name=name,
        locale=locale,
        direction=direction_of(locale),
        version=version_of(source, name, locale),
        source=source,
        variables=front.variables,
        _text=default,
        _own=own,
        _blanks={name: None for name, variable in front.variables.items() if variable.optional},
        _reading_inside=tuple(reader.reading_inside),
    )


class _Reader:
    """One reading of one file, with the mistakes found so far."""

    def __init__(self, file: str) -> None:
        self.reading_inside: list[Source] = []
        self._file = file
        self._findings = Findings(Places(file))
        self._mistakes: list[Mistake] = []
        self._reads_inside = False

    def parts(self, source: str) -> tuple[_Front, str, int]:
        """Front matter, body, and the line on which the body starts."""
        if len(source) > MAX_CHARACTERS:
            self._end(1, f"is longer than {MAX_CHARACTERS:,} characters; write less, or put lists into the data")
        lines = source.split("\n")
        if lines[0].rstrip() != _FENCE or _FENCE not in (line.rstrip() for line in lines[1:]):
            self._end(1, 'has no front matter; begin with +++, title = "…" and +++, each on its own line')
        end = next(at for at, line in enumerate(lines) if at and line.rstrip() == _FENCE)
        body = "\n".join(lines[end + 1 :])
        if not body.strip():
            self._end(end + 1, "has no text; write it below the second +++")
        # The empty first line stands for the fence, so that TOML's lines are the file's.
        return self._front("\n".join(["", *lines[1:end]])), body, end + 2

    def source(self, text: _Own, front: _Front, place: tuple[str, Holes], at: Key | int) -> Source:
        """One text of the template: the body, which starts on line `at`, or a format's own in the table `at`."""
        locale, holes = place
        self._reads_inside = False
        in_table = () if isinstance(at, int) else at
        body_at = at if isinstance(at, int) else (*at, "text")
        own_title = text.title is not None
        title = self._put_aside(
            text.title or "" if own_title else front.title, front, holes, (*in_table, "title") if own_title else ("title",)
        )
        body = self._put_aside(text.text, front, holes, body_at)
        actions = [self._action(action, front, holes, index) for index, action in enumerate(front.actions)]
        read = prose(body, holes, breaks=False)
        for line, sentence in read.findings:
            self._add(body_at, line, sentence)
        source = Source(title, read, actions, locale, direction_of(locale), holes)
        if self._reads_inside:
            self.reading_inside.append(source)
        return source

    def check_examples(self, variables: Mapping[str, Variable]) -> None:
        for name, variable in variables.items():
            if variable.example is not None and not fits(variable, variable.example):
                self._findings.add(("variables", name, "example"), f"is not of type {variable.type}; give one that is")

    def raise_mistakes(self) -> None:
        try:
            self._findings.raise_mistakes()
        except ConfigMistakes as found:
            self._mistakes.extend(found.mistakes)
        if self._mistakes:
            raise TemplateMistakes(sorted(set(self._mistakes), key=lambda mistake: (mistake.line or 0, mistake.message)))

    def _front(self, toml: str) -> _Front:
        try:
            tree = _json(tomllib.loads(toml))
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            self._end(int(line[1]) if line else toml.count("\n") + 1, f"is not TOML: {error}")
        self._findings = Findings(Places(self._file, positions(toml)))
        try:
            return _Front.model_validate(tree)
        except ValidationError as error:
            explain(error, _Front, self._findings)
            self.raise_mistakes()
            raise

    def _put_aside(self, text: str, front: _Front, holes: Holes, at: Key | int) -> str:
        tree, findings = grammar.read(text, front.variables)
        for line, sentence in findings:
            self._add(at, line, sentence)
        if tree is None or findings:
            return ""
        self._reads_inside = self._reads_inside or grammar.reads_inside(tree)
        return holes.put_aside(text)

    def _action(self, action: _Action, front: _Front, holes: Holes, index: int) -> tuple[str, str]:
        key = ("actions", index)
        label = self._put_aside(action.label, front, holes, (*key, "label"))
        url = holes.in_link(self._put_aside(action.url, front, holes, (*key, "url")))
        if url and not (re.match(rf"{holes.word}u", url) or is_web_link(url)):
            self._add((*key, "url"), 1, "is not a link; begin it with https:// or with one hole that holds the whole start")
        return label, url

    def _add(self, at: Key | int, line: int, sentence: str) -> None:
        """A mistake in a text of the front matter (told at its key) or in the body (told at its line)."""
        if isinstance(at, int):
            self._mistakes.append(Mistake(self._file, at + line - 1, 1, "", sentence))
        else:
            self._findings.add(at, sentence)

    def _end(self, line: int, sentence: str) -> NoReturn:
        raise TemplateMistakes([Mistake(self._file, line, 1, "", sentence)])


def _json(value: object) -> object:
    """TOML's values as JSON has them: dates and times as text."""
    if isinstance(value, dict):
        return {key: _json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value
