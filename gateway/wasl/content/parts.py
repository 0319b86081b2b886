"""What several templates share: partials, which are whole blocks of text, and snippets, which are phrases within a line.

templates/_partials/<name>/<locale>.md     or templates/_partials/<name>.md for every language
templates/_snippets/<locale>.toml          name = "phrase"
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from wasl.config.mistakes import Mistake
from wasl.config.positions import positions
from wasl.config.written import BadToml, Unreadable, is_leftover, read_toml
from wasl.config.written import read_text as read_file
from wasl.content.fallback import LOCALE, key, widening
from wasl_contracts.model import Frozen

FOLDERS = ("_partials", "_snippets")
"""The folders beside the templates that hold no template."""
EVERY = ""
"""The language of what is the same in every one."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Part:
    """A text to be put into others, and the file that it stands in, from which line."""

    text: str
    file: str
    line: int = 1
    locale: str = EVERY


Parts = Mapping[str, Mapping[str, Part]]
"""By name and language."""


@dataclass(frozen=True, slots=True)
class Shared:
    """All partials and snippets of a folder, or those that one template was written with."""

    partials: Parts = field(default_factory=dict)
    snippets: Parts = field(default_factory=dict)
    default_locale: str = "en"

    def find(self, parts: Parts, name: str, locale: str) -> Part | None:
        """The part in a language, else in a wider one, else the one for every language, else in the default language."""
        written = parts.get(name, {})
        wanted = chain(widening(locale), [EVERY], widening(self.default_locale))
        return next((written[one] for one in wanted if one in written), None)


class Bundle(Frozen):
    """A template with the parts that were put into it: what the ledger keeps of one that has any."""

    text: str
    partials: dict[str, str]
    snippets: dict[str, str]

    def shared(self) -> Shared:
        """The parts, as if they stood in a folder."""
        return Shared(
            {name: {EVERY: Part(text, f"_partials/{name}.md")} for name, text in self.partials.items()},
            {name: {EVERY: Part(text, "_snippets")} for name, text in self.snippets.items()},
        )


def unbundled(source: str) -> tuple[str, Shared]:
    """The text of a template and its parts, from what the ledger keeps."""
    if source.startswith("{"):  # a template begins with its front matter
        try:
            bundle = Bundle.model_validate_json(source)
        except ValidationError:
            return source, Shared()
        return bundle.text, bundle.shared()
    return source, Shared()


def load(folder: Path, default_locale: str, mistakes: list[Mistake]) -> Shared:
    """The parts of a folder of templates; what is wrong with them is added to the mistakes."""
    partials: dict[str, dict[str, Part]] = {}
    for path in sorted((folder / "_partials").rglob("[!.]*")):
        if not path.is_dir() and not is_leftover(path.name) and (place := _partial(path, folder / "_partials", mistakes)) is not None:
            name, locale = place
            partials.setdefault(name, {})[key(locale)] = Part(read_text(path, mistakes).rstrip("\n"), str(path), locale=locale)
    snippets: dict[str, dict[str, Part]] = {}
    for path in sorted((folder / "_snippets").glob("[!.]*")):
        if is_leftover(path.name):
            continue
        for name, part in _phrases(path, mistakes):
            snippets.setdefault(name, {})[key(path.stem)] = part
    return Shared(partials, snippets, default_locale)


def read_text(path: Path, mistakes: list[Mistake]) -> str:
    """A file's text; empty where it cannot be read, which is a mistake then."""
    try:
        return read_file(path)
    except Unreadable as fact:
        mistakes.append(Mistake(str(path), None, None, "", str(fact)))
        return ""


def _partial(path: Path, folder: Path, mistakes: list[Mistake]) -> tuple[str, str] | None:
    """Its name and language."""
    way = path.relative_to(folder).with_suffix("").parts
    name, locale = way[0], way[1] if len(way) > 1 else EVERY
    if path.suffix == ".md" and len(way) <= 2 and _NAME.fullmatch(name) and (locale == EVERY or LOCALE.fullmatch(locale)):
        return name, locale
    mistakes.append(Mistake(str(path), None, None, "", "is not a partial; call it <name>.md or <name>/<language>.md, of a-z, 0-9 and _"))
    return None


def _phrases(path: Path, mistakes: list[Mistake]) -> Iterator[tuple[str, Part]]:
    if path.suffix != ".toml" or not LOCALE.fullmatch(path.stem):
        mistakes.append(Mistake(str(path), None, None, "", "is not called by a language; name it like en.toml or ar-SA.toml"))
        return
    text = read_text(path, mistakes)
    try:
        phrases = read_toml(text)
    except BadToml as fact:
        mistakes.append(Mistake(str(path), *fact.place, "", f"is not TOML: {fact}"))
        return
    places = positions(text)
    for name, phrase in phrases.items():
        if _NAME.fullmatch(name) and isinstance(phrase, str) and phrase.strip() and "\n" not in phrase:
            yield name, Part(phrase, str(path), places[name,][0], path.stem)
        else:
            mistakes.append(
                Mistake(
                    str(path), *places[name,], name, 'is not a snippet; write name = "a phrase of one line", the name of a-z, 0-9 and _'
                )
            )
