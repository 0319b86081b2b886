"""The console's words: English sentences are their own names; another language is a folder of TOML files beside this, one a screen.

`"English sentence" = "عربي"`; where a count stands in it, a table of plural forms (CLDR) stands in place of the text:
`"{count} messages" = { one = "رسالة واحدة", other = "{count} رسالة" }`. All files of a folder are one catalogue.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Formatter

from babel import Locale
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from wasl.content.bidi import FSI, PDI, direction_of
from wasl_contracts.content import Direction

ENGLISH = "en"
_ARABIC_SCRIPT = frozenset({"ar", "ckb", "fa", "ps", "sd", "ug", "ur"})
Forms = Mapping[str, str]
_parse = Formatter().parse


def msgid(sentence: str) -> str:
    """The sentence itself. It marks one that is translated elsewhere: in a table, say, from which a page takes it later."""
    return sentence


def comma(lang: str) -> str:
    """What stands between the parts of a list, with its space: what is written in Arabic script has a comma of its own."""
    return "، " if lang in _ARABIC_SCRIPT else ", "


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are words in, English first."""
    others = sorted(one.name for one in files(__name__).iterdir() if one.is_dir() and not one.name.startswith("_"))
    return (ENGLISH, *others)


@cache
def catalogue(lang: str) -> Mapping[str, str | Forms]:
    """All words of a language, from all its files; English has none, for there every sentence is its own.

    Where two files have a sentence, the first by name says it; a test holds them to the same words.
    """
    found: dict[str, str | Forms] = {}
    for words_of_file in read_all(lang).values():
        found = {**words_of_file, **found}
    return found


def read_all(lang: str) -> Mapping[str, Mapping[str, str | Forms]]:
    """The words of each file of a language, by its name, in order."""
    named = sorted(_files(lang), key=lambda one: one.name)
    return {file.name: tomllib.loads(file.read_text(encoding="utf-8")) for file in named}


def spoken(*wanted: str | None, accepted: str = "") -> str:
    """The first of these languages that there are words in, else one that a browser's Accept-Language names, else English."""
    for tag in (*wanted, *(part.partition(";")[0] for part in accepted.split(",")[:20])):
        if tag and (language := tag.strip().replace("_", "-").partition("-")[0].lower()) in languages():
            return language
    return ENGLISH


class Words:
    """What the pages say in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.dir: Direction = direction_of(lang)
        self.locale = Locale.parse(lang)
        self.comma = comma(lang)
        self._said = catalogue(lang)

    def t(self, sentence: str, **values: object) -> str:
        """The sentence, with values for what stands in braces. Each is isolated, so that no direction disturbs another.

        A value that is markup makes the whole markup, in which all else is escaped.
        """
        said = self._said.get(sentence, sentence)
        return self.filled(said if isinstance(said, str) else said["other"], values)

    def tn(self, one: str, many: str, count: int, **values: object) -> str:
        """As `t`, for a sentence with a count: `tn("{count} message", "{count} messages", 3)`. Catalogues have it under `many`."""
        form, said = self.locale.plural_form(count), self._said.get(many)
        if said is None:
            text = one if form == "one" else many
        else:
            text = said if isinstance(said, str) else said.get("zero" if count == 0 and "zero" in said else form, said["other"])
        return self.filled(text, {"count": self.number(count), **values})

    def number(self, value: float) -> str:
        """A number with the separators of the language; the digits are 0 to 9 everywhere, as in ids and times."""
        return str(format_decimal(value, locale=self.locale, numbering_system="latn"))

    def filled(self, text: str, values: Mapping[str, object]) -> str:
        """A text of this language with values for what stands in braces, as `t` does it."""
        if "{" not in text:
            return text
        rich = any(hasattr(value, "__html__") for value in values.values())
        parts: list[str] = []
        for literal, name, _, _ in _parse(text):
            parts.append(str(escape(literal)) if rich else literal)
            if name is not None:
                value = values[name]
                told = str(escape(value)) if rich else str(value)
                parts.append(told if told.isascii() and told.isalnum() and told.isdigit() else f"{FSI}{told}{PDI}")
        whole = "".join(parts)
        return Markup(whole) if rich else whole  # noqa: S704 - each part was escaped above


@cache
def words(lang: str) -> Words:
    """The words of a language of `languages()`."""
    return Words(lang)


def _files(lang: str) -> list[Traversable]:
    folder = files(__name__).joinpath(lang)
    return [one for one in folder.iterdir() if one.name.endswith(".toml")] if lang != ENGLISH else []
