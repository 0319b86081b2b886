"""All templates: found by name and language, or by the version that a message was accepted with."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from wasl.config.mistakes import Mistake
from wasl.config.written import is_leftover
from wasl.content.fallback import LOCALE, key, widening
from wasl.content.parts import FOLDERS, Shared, load, read_text, unbundled
from wasl.content.proving import SENTENCE, Trial, harmful
from wasl.content.reading import TemplateMistakes, read
from wasl.content.template import Template

__all__ = ["Loaded", "NoSuchLocale", "NoSuchTemplate", "Template", "TemplateMistakes", "Templates", "examine"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NAMED = 3  # templates that have a part with a mistake


class Loaded(NamedTuple):
    """What a folder holds: the parts, the templates that can be used, the (name, language) of those that cannot, and every mistake.

    `whole` tells that the folder is there and all its parts could be read, so that no template was compiled without one.
    """

    shared: Shared
    templates: list[Template]
    broken: list[tuple[str, str]]
    mistakes: list[Mistake]
    whole: bool


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
    """The templates of one folder, `<name>/<locale>.md`, and older versions that messages still need.

    `zone` is the time zone of recipients who have told none.
    """

    def __init__(
        self, templates: Iterable[Template] = (), default_locale: str = "en", shared: Shared | None = None, zone: str = "UTC"
    ) -> None:
        self.default_locale = default_locale
        self.zone = zone
        self.shared = shared or Shared()
        self._by_version: dict[str, Template] = {}
        self._by_name = self._held(templates)

    @classmethod
    def load(cls, folder: Path | None, default_locale: str = "en", zone: str = "UTC") -> "Templates":
        """Read and compile a folder; None has no templates.

        Raises:
            TemplateMistakes: every mistake in every file.
        """
        loaded = examine(folder, default_locale)
        if loaded.mistakes:
            raise TemplateMistakes(loaded.mistakes)
        return cls(loaded.templates, default_locale, loaded.shared, zone)

    def reload(self, folder: Path) -> Sequence[Mistake]:
        """Read the folder again. A file that cannot be used leaves what is used of it now as it is; the answer tells why.

        Where a part that templates share cannot be read, all stays as it is. Versions that were found once are found as before.
        """
        loaded = examine(folder, self.default_locale)
        if loaded.whole:
            kept = [self._by_name[name][locale] for name, locale in loaded.broken if locale in self._by_name.get(name, {})]
            self.shared = loaded.shared
            self._by_name = self._held([*loaded.templates, *kept])
        return loaded.mistakes

    @classmethod
    def compile(cls, source: str, *, name: str, locale: str) -> Template:
        """A template from its source, as the ledger keeps it.

        Raises:
            TemplateMistakes: all of them.
        """
        text, shared = unbundled(source)
        return read(text, shared, name=name, locale=locale, file=f"{name}/{locale}.md")

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
        for wanted in chain(widening(locale), widening(self.default_locale)):
            if (found := written.get(wanted)) is not None:
                return found
        raise NoSuchLocale(name, locale, self.locales(name))

    def all(self) -> Iterator[Template]:
        """Every template in every language, in order of their names."""
        return (self._by_name[name][locale] for name in self.names for locale in sorted(self._by_name[name]))

    def pin(self, template: Template) -> None:
        """Keep a version, so that messages accepted with it are rendered with it."""
        self._by_version[template.version] = template

    def pinned(self, version: str) -> Template | None:
        """The template of a version, None where it was neither loaded nor pinned."""
        return self._by_version.get(version)

    def _held(self, templates: Iterable[Template]) -> dict[str, dict[str, Template]]:
        """Templates by name and language, each of them pinned."""
        by_name: dict[str, dict[str, Template]] = {}
        for template in templates:
            by_name.setdefault(template.name, {})[key(template.locale)] = template
            self.pin(template)
        return by_name


def examine(folder: Path | None, default_locale: str) -> Loaded:
    """What a folder holds, with its mistakes as values."""
    mistakes: list[Mistake] = []
    shared = load(folder, default_locale, mistakes) if folder is not None else Shared()
    loaded = Loaded(shared, [], [], mistakes, whole=not mistakes and (folder is None or folder.is_dir()))
    for path in _files(folder, mistakes) if folder is not None else ():
        name, locale = path.parent.name, path.stem
        try:
            loaded.templates.append(read(_text(path), shared, name=name, locale=locale, file=str(path)))
        except TemplateMistakes as found:
            mistakes.extend(found.mistakes)
            loaded.broken.append((name, key(locale)))
    return _proved(loaded, folder)._replace(mistakes=_told_once(mistakes))


def _proved(loaded: Loaded, folder: Path | None) -> Loaded:
    """What was loaded, without the templates that took more than they may when they were tried."""
    doubted = [Trial(each.version, each.name, each.locale, each.source) for each in loaded.templates if each.needs_proof]
    found = harmful(doubted)
    for template in [each for each in loaded.templates if each.version in found]:
        file = str((folder or Path()) / template.name / f"{template.locale}.md")
        loaded.mistakes.append(Mistake(file, None, None, "", SENTENCE))
        loaded.templates.remove(template)
        loaded.broken.append((template.name, key(template.locale)))
    return loaded


def _told_once(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """A mistake in a part is one, however many templates have the part; `path` names those."""
    found: dict[Mistake, list[str]] = {}
    for mistake in mistakes:
        found.setdefault(replace(mistake, path=""), []).append(mistake.path)
    return [replace(mistake, path=_few(paths)) for mistake, paths in found.items()]


def _few(paths: list[str]) -> str:
    different = list(dict.fromkeys(paths))
    return ", ".join(different[:_NAMED]) + (f" and {len(different) - _NAMED} more" if len(different) > _NAMED else "")


def _files(folder: Path, mistakes: list[Mistake]) -> Iterator[Path]:
    if not folder.is_dir():
        mistakes.append(Mistake(str(folder), None, None, "", "is not a folder; make it, or take it out of the configuration"))
        return
    for path in sorted(folder.glob("[!.]*/[!.]*")):
        if path.parent.name in FOLDERS or is_leftover(path.name):
            continue
        if path.suffix != ".md" or not LOCALE.fullmatch(path.stem):
            mistakes.append(Mistake(str(path), None, None, "", "is not called by a language; name it like en.md or ar-SA.md"))
        elif not _NAME.fullmatch(path.parent.name):
            mistakes.append(Mistake(str(path), None, None, "", "is in a folder that cannot be a template's name; use a-z, 0-9 and _"))
        else:
            yield path


def _text(path: Path) -> str:
    mistakes: list[Mistake] = []
    text = read_text(path, mistakes)
    if mistakes:
        raise TemplateMistakes(mistakes)
    return text
