"""What is wrong and what was found, in the language of a page: problems of a request, findings of templates, of the setup and of the audit.

The code that finds these writes them in English, for programs and terminals read them too. Each has a code of a closed list; `ar.toml` says
every code in Arabic, with the values of the English sentence where that has holes for them. What it does not know whole stays English
behind it, marked as that, so that nothing is lost.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from markupsafe import Markup, escape

from wasl.console.words import ENGLISH, Words
from wasl.errors import Problem, Refused, WaslError

Section = Literal["problems", "findings", "checks", "faults", "facts"]
"""Problems of a request, findings of templates, what wasl doctor looks at, what is wrong with the audit, facts of its entries."""
_HOLE = re.compile(r"\\{(\w+)\\}")
_NAME, _OTHERWISE = "name", ""


class Diagnosis(NamedTuple):
    """What is said of a code: `whole` of every sentence, or `sentences` of those that are known and `otherwise` of any other.

    `name` is what a thing is called that was looked at, perhaps with a hole for its own name.
    """

    whole: str = ""
    otherwise: str = ""
    sentences: tuple[tuple[re.Pattern[str], str], ...] = ()
    name: str = ""


def diagnosed(words: Words, section: Section, code: str, english: str) -> str:
    """The English sentence of that code in the language of a page."""
    if words.lang == ENGLISH:
        return english
    found = book(words.lang)[section].get(code, Diagnosis())
    if found.whole:
        return found.whole
    for pattern, said in found.sentences:
        if (match := pattern.fullmatch(english)) is not None:
            return words.filled(said, match.groupdict())
    left = Markup('<bdi lang="en" dir="ltr">{}</bdi>').format(english)
    return Markup("{} {}").format(found.otherwise, left) if found.otherwise and english else (left if english else found.otherwise)


def named(words: Words, section: Section, code: str, english: str, name: str = "") -> str:
    """What that code is called, with the own name of a thing; in English it is called `english`."""
    found = book(words.lang)[section].get(code) if words.lang != ENGLISH else None
    return words.filled(found.name or found.whole, {"name": name}) if found is not None else english


def checked(words: Words, what: str) -> str:
    """What was looked at: `provider mail`, `callbacks of mail`, `clock`."""
    kind, _, name = what.partition(" ")
    return named(words, "checks", kind, what, name.removeprefix("of "))


def problem_told(words: Words, problem: Problem) -> str:
    """One thing wrong with a request, without its field."""
    return diagnosed(words, "problems", problem.code, problem.message)


def refusal_told(words: Words, refused: Refused) -> str:
    """All that is wrong with a request, each with its field."""
    return Markup(" ").join(_with_field(words, problem) for problem in refused.errors)


def error_told(words: Words, error: WaslError) -> list[str]:
    """What did not work, and what may be done about it, as lines."""
    if words.lang == ENGLISH:
        return [line for line in (error.message, error.suggested_action) if line]
    return [diagnosed(words, "problems", error.code, f"{error.message} {error.suggested_action}".strip())]


@cache
def book(lang: str) -> Mapping[str, Mapping[str, Diagnosis]]:
    """What a language says, by section and code; nothing where there is no file of it."""
    file = files(__name__).joinpath(f"{lang}.toml")
    told = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    sections: Iterable[Section] = ("problems", "findings", "checks", "faults", "facts")
    return {section: {code: _read(said) for code, said in told.get(section, {}).items()} for section in sections}


def _read(said: str | Mapping[str, str]) -> Diagnosis:
    if isinstance(said, str):
        return Diagnosis(whole=said)
    sentences = tuple((_pattern(english), text) for english, text in said.items() if english not in (_NAME, _OTHERWISE))
    return Diagnosis(otherwise=said.get(_OTHERWISE, ""), sentences=sentences, name=said.get(_NAME, ""))


def _pattern(english: str) -> re.Pattern[str]:
    """The sentence with holes that match anything."""
    return re.compile(_HOLE.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)


def _with_field(words: Words, problem: Problem) -> str:
    said, field = problem_told(words, problem), problem.pointer.lstrip("/")
    if words.lang == ENGLISH:
        return f"{field} {said}.".strip()
    return Markup('<bdi dir="ltr">{}</bdi>{} {}.').format(field, ":", said) if field else Markup("{}.").format(escape(said))
