"""A brand as messages wear it: its colours with their contrast, its senders, and what it must be able to say in each language."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from wasl.brands.brand import EVERYWHERE, Brand, Colours, Look
from wasl.brands.brands import Brands
from wasl.brands.colours import LEAST_CONTRAST, PAIRS, contrast
from wasl.catalogue.seen import Face, LegalLine, Pair, Scheme
from wasl.content.fallback import key, widening
from wasl.content.linting import lint_promotion
from wasl.content.promotion import Promotion

_FIELDS = ("title", "legal", "postal", "opt_out")


def face(name: str, brands: Brands, locales: Iterable[str], promotion: Promotion) -> Face:
    """The brand of that name, with what it lacks in the languages that templates are written in.

    Raises:
        NoSuchBrand: there is none.
    """
    brand, spoken = brands.find(name), tuple(locales)
    warnings = (warning for warning in brands.warnings if name in Path(warning.file).parts[-3:-1])
    return Face(
        name=brand.name,
        version=brand.version,
        title=brand.titled(brands.default.name if not spoken else spoken[0]),
        look=Look.model_validate(brand.model_dump(include=set(Look.model_fields))),
        schemes=(_scheme(brand.colours, dark=False), _scheme(brand.dark, dark=True)),
        senders=brand.senders,
        legal=tuple(_legal(brand, spoken)),
        layouts=tuple(sorted(brand.layouts)),
        promotions=tuple(lint_promotion(promotion, [brand], spoken)),
        warnings=tuple(str(replace(warning, file=f"{name}/{Path(warning.file).name}")) for warning in warnings),
    )


def _scheme(colours: Colours, *, dark: bool) -> Scheme:
    values = colours.model_dump()
    pairs = [(text, ground, contrast(values[text], values[ground])) for text, ground in PAIRS]
    told = (
        Pair(text=text, ground=ground, colours=(values[text], values[ground]), contrast=round(found, 2), enough=found >= LEAST_CONTRAST)
        for text, ground, found in pairs
    )
    return Scheme(dark=dark, colours=values, pairs=tuple(told))


def _legal(brand: Brand, spoken: tuple[str, ...]) -> Iterator[LegalLine]:
    """Each text in the languages of the templates, and in those in which the brand says something of itself."""
    named = chain.from_iterable(getattr(brand, field) for field in _FIELDS)
    locales = {key(locale): locale for locale in (*named, *spoken) if locale != EVERYWHERE}
    for field in _FIELDS:
        texts = {key(language): text for language, text in getattr(brand, field).items()}
        said = {
            locale: next((texts[one] for one in (*widening(locale), EVERYWHERE) if texts.get(one)), None) for locale in locales.values()
        }
        yield LegalLine.model_validate({"field": field, "texts": said})
