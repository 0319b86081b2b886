"""A template on every channel, in every language, in every brand's face: each tried with its examples, once per version."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from pydantic import JsonValue

from wasl.brands.brand import Brand
from wasl.catalogue.seen import Cell, Line, Matrix
from wasl.content import plain
from wasl.content.fallback import key
from wasl.content.formats import FORMATS
from wasl.content.mail import CLIPPED_AT
from wasl.content.promotion import Formats, Promotion
from wasl.content.push import LONGEST_BODY
from wasl.content.sandbox import Unfillable
from wasl.content.templates import NoSuchLocale, Template, Templates
from wasl_contracts.content import Format, Mail, Rendered, Sms


class Grounds(NamedTuple):
    """What a matrix is made of: all templates, the configured channels, their formats, and the rules for promotion."""

    templates: Templates
    channels: Sequence[str]
    formats: Formats
    promotion: Promotion


class _Tried(NamedTuple):
    """A template made in a format with its examples; `why` is empty where that went well."""

    why: str
    made: Rendered | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Worn:
    """A brand, the same as any other of its version."""

    version: str
    brand: Brand = field(compare=False)


def locales_of(templates: Templates) -> tuple[str, ...]:
    """The languages that any template is written in, each once, the default one first."""
    found = {key(template.locale): template.locale for template in templates.all()}
    first = key(templates.default_locale)
    return tuple(found[one] for one in sorted(found, key=lambda one: (one != first, one)))


def matrix(name: str, brand: Brand, grounds: Grounds) -> Matrix:
    """A template in a brand's face. `name` must be that of a template."""
    locales = locales_of(grounds.templates)
    lines = tuple(Line(locale=locale, cells=tuple(_cells(name, locale, brand, grounds))) for locale in locales)
    return Matrix(brand=brand.name, channels=tuple(grounds.channels), lines=lines, lacks=tuple(_lacks(brand, locales, grounds)))


def _cells(name: str, locale: str, brand: Brand, grounds: Grounds) -> Iterator[Cell]:
    try:
        template = grounds.templates.find(name, locale)
    except NoSuchLocale:
        yield from (Cell(channel=channel, state="broken", why="locale_missing") for channel in grounds.channels)
        return
    for channel in grounds.channels:
        formats = sorted(grounds.formats(channel, brand.name))
        tried = [_tried(template, format, _Worn(brand.version, brand)) for format in formats]
        yield _cell(channel, template, locale, dict(zip(formats, tried, strict=True)))


def _cell(channel: str, template: Template, locale: str, tried: Mapping[Format, _Tried]) -> Cell:
    if not tried:
        return Cell(channel=channel, state="unserved")
    if why := next((one.why for one in tried.values() if one.why), ""):
        return Cell(channel=channel, state="broken", locale=template.locale, why=why)
    made = [one.made for one in tried.values()]
    sms = next((one for one in made if isinstance(one, Sms)), None)
    return Cell(
        channel=channel,
        state="fallback" if key(template.locale) != key(locale) else "own" if _has_own(template, tried) else "text",
        locale=template.locale,
        segments=sms.segments if sms is not None else None,
        encoding=sms.encoding if sms is not None else None,
        cut=any(one.cut for one in tried.values()),
        clipped=any(isinstance(one, Mail) and len(one.html.encode()) > CLIPPED_AT for one in made),
    )


def _has_own(template: Template, formats: Iterable[Format]) -> bool:
    return any(format in template.own_formats or FORMATS[format].otherwise in template.own_formats for format in formats)


def _lacks(brand: Brand, locales: Iterable[str], grounds: Grounds) -> Iterator[str]:
    """What the brand would have to say for promotion on these channels; nothing where no topic is promotional."""
    if grounds.promotion.topics:
        formats = frozenset(format for channel in grounds.channels for format in grounds.formats(channel, brand.name))
        sentences = (lack.sentence for locale in locales for lack in grounds.promotion.lacks_of(brand, locale, formats))
        yield from dict.fromkeys(sentences)


@lru_cache(maxsize=4096)
def _tried(template: Template, format: Format, worn: _Worn) -> _Tried:
    data: dict[str, JsonValue] = {name: one.example for name, one in template.variables.items() if one.example is not None}
    if without := [name for name, one in template.variables.items() if one.example is None and not one.optional]:
        return _Tried(f"no example of {', '.join(without)}")
    written = template.written(format, data, worn.brand)
    try:
        made = FORMATS[format].render(written)
        return _Tried("", made, format == "push" and len(plain.body(written)) > LONGEST_BODY)
    except Unfillable as fact:
        return _Tried(str(fact))
