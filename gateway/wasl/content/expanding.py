"""Putting partials and snippets into a text when it is loaded, and knowing afterwards where each line was written.

`{% partial "name" %}` stands on a line of its own: each line of the partial gets what stands before it, such as the indent of a list or
the `>` of a quotation. `{{ snippet.name }}` stands anywhere. What is put in is text of the template from then on: it has the template's
variables, and comes before Jinja and Markdown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from wasl.config.mistakes import closest, listed
from wasl.content.fallback import key
from wasl.content.parts import Bundle, Part, Parts, Shared

Place = int | tuple[str, int]
"""A line of the text itself, from 1, or a file of parts and its line."""

SNIPPET = "snippet"
_DEEPEST = 10
_MOST_CHARACTERS = 200_000
_MOST_PARTS = 1000
_FOUND = re.compile(
    r"""\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}|\{\#.*?\#\}
    |^(?P<before>[ \t>]*)\{%-?[ \t]*partial[ \t]+"(?P<partial>[^"\n]*)"[ \t]*-?%\}[ \t]*$
    |\{\{-?\s*snippet\.(?P<snippet>\w+)\s*-?\}\}
    |(?P<inside>\{[{%][^{}]*\bsnippet\.[^{}]*[%}]\})
    |(?P<wrong>\{%-?\s*partial\b)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


@dataclass(slots=True)
class Expanded:
    """A text with its parts put in. `places` tells of each line where it was written."""

    text: str = ""
    places: list[Place] = field(default_factory=list)
    findings: list[tuple[Place, str]] = field(default_factory=list)

    def place(self, line: int) -> Place:
        """Where a line of the text, from 1, was written."""
        return self.places[min(line, len(self.places)) - 1]

    def add(self, text: str, places: Sequence[Place]) -> None:
        """Write on; `places` has one more than the text has line breaks. A line belongs to where its first letter was written."""
        if self.text and not self.text.endswith("\n"):
            places = places[1:]
        elif self.places:
            self.places.pop()
        self.text += text
        self.places.extend(places)


class Expander:
    """Puts the parts of one language into the texts of one template, and remembers which it used."""

    def __init__(self, shared: Shared, locale: str) -> None:
        self._shared, self._locale = shared, locale
        self._partials: dict[str, Part] = {}
        self._snippets: dict[str, Part] = {}
        self._left = _MOST_PARTS
        self._room = _MOST_CHARACTERS
        self._known: dict[str, Expanded] = {}

    def expanded(self, text: str) -> Expanded:
        """A text of the template with its parts."""
        if text not in self._known:
            self._known[text] = Expanded()
            self._expand(text, list(range(1, text.count("\n") + 2)), self._known[text], ())
        return self._known[text]

    @property
    def used(self) -> frozenset[tuple[str, str]]:
        """The parts that were put in, as (kind, name)."""
        return frozenset([*(("partial", name) for name in self._partials), *(("snippet", name) for name in self._snippets)])

    def bundled(self, source: str) -> str:
        """What must be kept so that the template can be read again anywhere: itself, and the parts that were used."""
        if not self._partials and not self._snippets:
            return source
        partials, snippets = ({name: part.text for name, part in sorted(used.items())} for used in (self._partials, self._snippets))
        return Bundle(text=source, partials=partials, snippets=snippets).model_dump_json()

    def foreign(self) -> list[Part]:
        """The used parts that are there only in a language that is neither the template's nor a wider or narrower one."""
        mine = _language(self._locale)
        return [part for part in (*self._partials.values(), *self._snippets.values()) if _language(part.locale) not in ("", mine)]

    def _expand(self, text: str, places: Sequence[Place], into: Expanded, around: tuple[str, ...]) -> None:
        at = line = 0
        for found in _FOUND.finditer(text):
            if found.lastgroup is None:  # raw text, or a comment
                continue
            breaks = text.count("\n", at, found.start())
            into.add(text[at : found.start()], places[line : line + breaks + 1])
            line += breaks
            self._put_in(found, places[line], into, around)
            at = found.end()
        into.add(text[at:], places[line:])

    def _put_in(self, found: re.Match[str], place: Place, into: Expanded, around: tuple[str, ...]) -> None:
        if found["wrong"]:
            sentence = 'has a partial within a line; write {% partial "name" %} on a line of its own, or use {{ snippet.name }}'
            into.findings.append((place, sentence))
        elif found["inside"]:
            into.findings.append((place, "does something with a snippet; a snippet is put in as it is: {{ snippet.name }}"))
        elif found["snippet"] is not None:
            part = self._part("snippet", found["snippet"], place, into)
            into.add(part.text if part else "", [place])
        elif (part := self._part("partial", found["partial"], place, into)) is not None:
            self._put_in_partial(found, part, place, into, around)

    def _put_in_partial(self, found: re.Match[str], part: Part, place: Place, into: Expanded, around: tuple[str, ...]) -> None:
        name, before = found["partial"], found["before"]
        if name in around:
            way = " → ".join((*around[around.index(name) :], name))
            into.findings.append((place, f"puts the partial {name!r} into itself ({way}); take it out of one of them"))
        elif len(around) == _DEEPEST:
            into.findings.append((place, f"puts partials into partials more than {_DEEPEST} deep; put them in more directly"))
        else:
            lines = [(part.file, part.line + index) for index in range(part.text.count("\n") + 1)]
            text = "\n".join(before + line if line else before.rstrip() for line in part.text.split("\n"))
            self._expand(text, lines, into, (*around, name))

    def _part(self, kind: str, name: str, place: Place, into: Expanded) -> Part | None:
        parts, used = (self._shared.partials, self._partials) if kind == "partial" else (self._shared.snippets, self._snippets)
        part = self._shared.find(parts, name, self._locale)
        if part is None:
            into.findings.append((place, _missing(kind, name, self._locale, parts)))
            return None
        self._left -= 1
        self._room -= len(part.text)
        if self._left < 0 or self._room < 0:
            said = f"puts in more than {_MOST_PARTS} parts or {_MOST_CHARACTERS:,} characters; write less"
            if all(sentence != said for _, sentence in into.findings):
                into.findings.append((place, said))
            return None
        used[name] = part
        return part


def _language(locale: str) -> str:
    return key(locale).partition("-")[0]


def _missing(kind: str, name: str, locale: str, parts: Parts) -> str:
    if name in parts:
        return (
            f"puts in the {kind} {name!r}, which is not written in {locale} or the default language; it has {listed(sorted(parts[name]))}"
        )
    near = closest(name, parts)
    meant = f" (did you mean {near!r}?)" if near else f"; there are: {listed(sorted(parts))}"
    return f"puts in the {kind} {name!r}, which does not exist{meant}"
