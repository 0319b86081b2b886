"""Reading a template: TOML between two lines of `+++`, then Markdown with holes. Every mistake in it is found at once."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from hashlib import sha256
from typing import NoReturn

from pydantic import ValidationError

from wasl.config.mistakes import ConfigMistakes, Findings, Mistake
from wasl.config.mistakes import Source as Places
from wasl.config.positions import Key, positions
from wasl.config.validation import explain
from wasl.config.written import BadToml, read_toml
from wasl.content import grammar
from wasl.content.bidi import direction_of
from wasl.content.blocks import Block, HoleKind, Way, changed
from wasl.content.expanding import SNIPPET, Expander, Place
from wasl.content.formats import FORMATS
from wasl.content.front import FRONT, Front, FrontAction
from wasl.content.holes import Holes
from wasl.content.literals import settled, settled_line
from wasl.content.parts import Shared
from wasl.content.places import FENCE
from wasl.content.prose import prose
from wasl.content.template import Template
from wasl.content.variables import Variable, fits
from wasl.content.written import Source
from wasl_contracts.content import Format
from wasl_contracts.links import web_link

MAX_CHARACTERS = 200_000


class TemplateMistakes(ConfigMistakes):
    """Templates cannot be used. Its text lists every mistake, one a line: file:line, a sentence, and how to mend it."""


def version_of(source: str, name: str, locale: str) -> str:
    """The name of exactly this text in this language: 32 hexadecimal characters of a SHA-256."""
    return sha256("\0".join((name, locale, source)).encode()).hexdigest()[:32]


def read(text: str, shared: Shared, *, name: str, locale: str, file: str) -> Template:
    """Compile one template with the parts that it asks for; `file` is how its mistakes call it.

    Raises:
        TemplateMistakes: all of them.
    """
    expander = Expander(shared, locale)
    reader = _Reader(file, locale, expander)
    front, body, first_line = reader.parts(text)
    word = f"w{version_of(text, name, locale)[:8]}"
    default = reader.source(Block.model_construct(text=body), front, Holes(word), first_line)
    own = {format: reader.own(format, block, front, default) for format in FORMATS if (block := _block(front, format)) is not None}
    reader.check_variables(front.variables)
    reader.raise_mistakes()
    source = expander.bundled(text)
    return Template(
        name=name,
        locale=locale,
        direction=direction_of(locale),
        version=version_of(source, name, locale),
        source=source,
        variables=front.variables,
        needs_proof=reader.needs_proof,
        own_formats=frozenset(own),
        parts=expander.used,
        foreign=tuple(expander.foreign()),
        _text=default,
        _own={format: own[taken] for format in FORMATS if (taken := _taken(format, own)) is not None},
        _blanks={name: None for name, variable in front.variables.items() if variable.optional},
        _reading_inside=tuple(reader.reading_inside),
    )


def _block(front: Front, format: Format) -> Block | None:
    block: Block | None = getattr(front, format)
    return block


def _taken(format: Format, own: Mapping[Format, Source]) -> Format | None:
    """The format whose block holds for a format."""
    otherwise = FORMATS[format].otherwise
    return format if format in own else otherwise if otherwise in own else None


class _Reader:
    """One reading of one file, with the mistakes found so far."""

    def __init__(self, file: str, locale: str, expander: Expander) -> None:
        self.reading_inside: list[Source] = []
        self.needs_proof = False
        self._file, self._locale, self._expander = file, locale, expander
        self._findings = Findings(Places(file))
        self._mistakes: list[Mistake] = []
        self._reads_inside = False

    def parts(self, source: str) -> tuple[Front, str, int]:
        """Front matter, body, and the line on which the body starts."""
        if len(source) > MAX_CHARACTERS:
            self._end(1, f"is longer than {MAX_CHARACTERS:,} characters; write less, or put lists into the data")
        lines = source.split("\n")
        if lines[0].rstrip() != FENCE or FENCE not in (line.rstrip() for line in lines[1:]):
            self._end(1, 'has no front matter; begin with +++, title = "…" and +++, each on its own line')
        end = next(at for at, line in enumerate(lines) if at and line.rstrip() == FENCE)
        body = "\n".join(lines[end + 1 :])
        if not body.strip():
            self._end(end + 1, "has no text; write it below the second +++")
        # The empty first line stands for the fence, so that TOML's lines are the file's.
        return self._front("\n".join(["", *lines[1:end]])), body, end + 2

    def source(self, text: Block, front: Front, holes: Holes, at: Key | int) -> Source:
        """One text of the template: the body, which starts on line `at`, or a format's own in the table `at`."""
        self._reads_inside = False
        in_table = () if isinstance(at, int) else at
        body_at = at if isinstance(at, int) else (*at, "text")
        title_at = ("title",) if text.title is None else (*in_table, "title")
        title = self._put_aside(front.title if text.title is None else text.title, front, holes, title_at)
        body = self._put_aside(text.text or "", front, holes, body_at)
        actions = [self._action(action, front, holes, index) for index, action in enumerate(front.actions)]
        read = prose(body, holes, breaks=False)
        for line, sentence in read.findings:
            self._add_at(body_at, self._expander.expanded(text.text or "").place(line), sentence)
        direction = direction_of(self._locale)
        return self._checked(
            Source(settled_line(title, direction, holes), settled(read, direction, holes), actions, self._locale, direction, holes)
        )

    def own(self, format: Format, block: Block, front: Front, default: Source) -> Source:
        """A format's own text and title, each the template's where the block has none, and its settings."""
        source = default
        if block.text is not None:
            source = self.source(block, front, Holes(default.holes.word), (format,))
        elif block.title is not None:
            self._reads_inside = False
            title = self._put_aside(block.title, front, default.holes, (format, "title"))
            title = settled_line(title, default.direction, default.holes)
            source = self._checked(replace(default, title=title, _forms={}, _faces={}))
        self._reads_inside = False
        holes = source.holes

        def put_aside(kind: HoleKind, text: str, way: Way) -> str:
            marked = self._put_aside(text, front, holes, way)
            return self._link(marked, holes, way) if kind == "link" else marked

        own = self._checked(replace(source, block=changed(block, put_aside, (format,)), _forms={}, _faces={}))
        for name, sentence in FORMATS[format].mistakes(own):
            self._findings.add((format, name), sentence)
        return own

    def check_variables(self, variables: Mapping[str, Variable]) -> None:
        if SNIPPET in variables:
            self._findings.add(("variables", SNIPPET), "is the name that snippets have; call the variable otherwise")
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

    def _front(self, toml: str) -> Front:
        try:
            tree = _json(read_toml(toml))
        except BadToml as fact:
            line, column = fact.place
            self._end(line, f"is not TOML: {fact}", column)
        self._findings = Findings(Places(self._file, positions(toml)))
        try:
            return FRONT.model_validate(tree)
        except ValidationError as error:
            explain(error, FRONT, self._findings)
            self.raise_mistakes()
            raise

    def _put_aside(self, text: str, front: Front, holes: Holes, at: Key | int) -> str:
        expanded = self._expander.expanded(text)
        tree, findings = grammar.read(expanded.text, front.variables, self._locale)
        for place, sentence in expanded.findings:
            self._add_at(at, place, sentence)
        for line, sentence in findings:
            self._add_at(at, expanded.place(line), sentence, grammar.code_of(tree, sentence))
        if tree is None or findings:
            return ""
        self._reads_inside = self._reads_inside or grammar.reads_inside(tree)
        self.needs_proof = self.needs_proof or grammar.needs_proof(tree)
        return holes.put_aside(expanded.text)

    def _action(self, action: FrontAction, front: Front, holes: Holes, index: int) -> tuple[str, str]:
        key = ("actions", index)
        label = settled_line(self._put_aside(action.label, front, holes, (*key, "label")), direction_of(self._locale), holes)
        return label, self._link(self._put_aside(action.url, front, holes, (*key, "url")), holes, (*key, "url"))

    def _link(self, marked: str, holes: Holes, at: Key) -> str:
        url = holes.in_link(marked)
        if url and not (re.match(rf"{holes.word}u", url) or web_link(url)):
            self._findings.add(at, "is not a link; begin it with https:// or with one hole that holds the whole start")
        return url

    def _checked(self, source: Source) -> Source:
        if self._reads_inside:
            self.reading_inside.append(source)
        return source

    def _add_at(self, at: Key | int, place: Place, sentence: str, code: str = "") -> None:
        """A mistake in a part (told at its own file), in a text of the front matter (at its key) or in the body (at its line)."""
        if not isinstance(place, int):
            file, line = place
            self._mistakes.append(Mistake(file, line, 1, f"in {self._file}", sentence, code=code))
        elif isinstance(at, int):
            self._mistakes.append(Mistake(self._file, at + place - 1, 1, "", sentence, code=code))
        else:
            self._findings.add(at, sentence, code=code)

    def _end(self, line: int, sentence: str, column: int = 1) -> NoReturn:
        raise TemplateMistakes([Mistake(self._file, line, column, "", sentence)])


def _json(value: object) -> object:
    """TOML's values as JSON has them: dates and times as text."""
    if isinstance(value, dict):
        return {key: _json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value
