"""A template in one language, ready to be filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from wasl.brands.brand import DEFAULT, Brand
from wasl.content import plain
from wasl.content.blocks import Block
from wasl.content.parts import Part
from wasl.content.sandbox import Unfillable
from wasl.content.variables import Variable, problems
from wasl.content.written import Source, Written
from wasl.errors import Problem
from wasl_contracts.content import Direction, Format


@dataclass(frozen=True, eq=False, slots=True)
class Template:
    """A template in one language. `version` names exactly this text in this language: the same version renders the same."""

    name: str
    locale: str
    direction: Direction
    version: str
    source: str = field(repr=False)
    variables: Mapping[str, Variable] = field(repr=False)
    needs_proof: bool
    """Whether only a trial can tell what it costs to fill (proving.py)."""
    own_formats: frozenset[Format]
    """The formats for which it says something of its own."""
    parts: frozenset[tuple[str, str]]
    """The partials and snippets in it, as (kind, name)."""
    foreign: Sequence[Part] = field(repr=False)
    """Those that are there only in another language."""
    _text: Source = field(repr=False)
    _own: Mapping[Format, Source] = field(repr=False)
    _blanks: Mapping[str, None] = field(repr=False)
    _reading_inside: Sequence[Source] = field(repr=False)

    def check(self, data: Mapping[str, JsonValue]) -> list[Problem]:
        """Everything in the data that would keep this template from being filled; pointers start with /data."""
        found = list(problems(self.variables, data))
        if not found and self._reading_inside:
            found = [Problem(pointer="/data", code=code, message=fact) for fact, code in self._unfilled(dict(data))]
        return found

    def written(self, format: Format, data: Mapping[str, JsonValue], brand: Brand = DEFAULT) -> Written:
        """The text for a format in the face of a brand, with data. Optional variables that it lacks are None."""
        return Written(self._own.get(format, self._text).worn(brand), {**self._blanks, **data})

    def _unfilled(self, data: dict[str, JsonValue]) -> list[tuple[str, str]]:
        """What a dry run of the texts that read keys of objects or items of lists cannot find, or finds too much, with its code."""
        facts = []
        for source in self._reading_inside:
            written = Written(source, {**self._blanks, **data})
            try:
                plain.title(written)
                plain.with_actions(written)
                written.block(Block)
            except Unfillable as fact:
                facts.append((str(fact), "template_limit" if fact.code == "template_limit" else "missing_variable"))
        return list(dict.fromkeys(facts))
