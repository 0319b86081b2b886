"""All templates: found by name and language, or by the version that a message was accepted with."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from wasl.config.mistakes import Mistake
from wasl.content.reading import TemplateMistakes, read
from wasl.content.template import Template

__all__ = ["NoSuchLocale", "NoSuchTemplate", "Template", "TemplateMistakes", "Templates"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}")


class NoSuchTemplate(LookupError):
    """No template has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"no template is called {name!r}; known: {', '.join(self.known) or 'none'}")


class NoSuchLocale(LookupError):
    """The template has neither this language nor the default one."""

    def __init__(self, name: str, locale: str, known: Iterable[str]) -> None:
        self.name, self.locale, self.known = name, locale, tuple(known)
        super().__init__(f"template {name!r} is not written in {locale!r} or the default language; it has {', '.join(self.known)}")


class Templates:
    """The templates of one folder, `<name>/<locale>.md`, and older versions that messages still need."""

    def __init__(self, templates: Iterable[Template] = (), default_locale: str = "en") -> None:
        self.default_locale = default_locale
        self._by_name: dict[str, dict[str, Template]] = {}
        self._by_version: dict[str, Template] = {}
        for template in templates:
            self._by_name.setdefault(template.name, {})[_key(template.locale)] = template
            self.pin(template)

    @classmethod
    def load(cls, folder: Path | None, default_locale: str = "en") -> "Templates":
        """Read and compile a folder; None has no templates.

        Raises:
            TemplateMistakes: every mistake in every file.
        """
        templates: list[Template] = []
        mistakes: list[Mistake] = []
        for path in _files(folder, mistakes) if folder is not None else ():
            try:
                templates.append(read(_text(path), name=path.parent.name, locale=path.stem, file=str(path)))
            except TemplateMistakes as found:
                mistakes.extend(found.mistakes)
        if mistakes:
            raise TemplateMistakes(mistakes)
        return cls(templates, default_locale)

    @classmethod
    def compile(cls, source: str, *, name: str, locale: str) -> Template:
        """A template from its source, as the ledger keeps it.

        Raises:
            TemplateMistakes: all of them.
        """
        return read(source, name=name, locale=locale, file=f"{name}/{locale}.md")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all templates, in order."""
        return tuple(sorted(self._by_name))

    def locales(self, name: str) -> tuple[str, ...]:
        """The languages in which a template is written, in order; none for an unknown name."""
        return tuple(sorted(template.locale for template in self._by_name.get(name, {}).values()))

    def find(self, name: str, locale: str) -> Template:
        """The template in a language, else in a wider one (ar-SA, ar), else in the default one.

        Raises:
            NoSuchTemplate: no template has that name.
            NoSuchLocale: it has none of these languages.
        """
        written = self._by_name.get(name)
        if written is None:
            raise NoSuchTemplate(name, self.names)
        for wanted in chain(_widening(locale), _widening(self.default_locale)):
            if (found := written.get(wanted)) is not None:
                return found
        raise NoSuchLocale(name, locale, self.locales(name))

    def pin(self, template: Template) -> None:
        """Keep a version, so that messages accepted with it are rendered with it."""
        self._by_version[template.version] = template

    def pinned(self, version: str) -> Template | None:
        """The template of a version, None where it was neither loaded nor pinned."""
        return self._by_version.get(version)


def _key(locale: str) -> str:
    return locale.replace("_", "-").lower()


def _widening(locale: str) -> Iterator[str]:
    wanted = _key(locale)
    while wanted:
        yield wanted
        wanted = wanted.rpartition("-")[0]


def _files(folder: Path, mistakes: list[Mistake]) -> Iterator[Path]:
    if not folder.is_dir():
        mistakes.append(Mistake(str(folder), None, None, "", "is not a folder; make it, or take it out of the configuration"))
        return
    for path in sorted(folder.glob("[!.]*/[!.]*")):
        if path.suffix != ".md" or not _LOCALE.fullmatch(path.stem):
            mistakes.append(Mistake(str(path), None, None, "", "is not called by a language; name it like en.md or ar-SA.md"))
        elif not _NAME.fullmatch(path.parent.name):
            mistakes.append(Mistake(str(path), None, None, "", "is in a folder that cannot be a template's name; use a-z, 0-9 and _"))
        else:
            yield path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        sentence = "is not UTF-8; save it as UTF-8" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error.strerror}"
        raise TemplateMistakes([Mistake(str(path), None, None, "", sentence)]) from None
