"""How values are written in a language: its CLDR data, its digits, the calendar and the time zone."""

from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from wasl.brands.brand import Calendar, Digits
from wasl_contracts.content import Direction

LOCALE: Final = "_locale"
ZONE: Final = "_zone"
"""The names in the data of the recipient's language and time zone; no variable of an author can be called so."""

_WESTERN = "latn"
_ZEROS: Final = MappingProxyType(
    {
        "arab": 0x660, "arabext": 0x6F0, "nkoo": 0x7C0, "deva": 0x966, "beng": 0x9E6, "guru": 0xA66, "gujr": 0xAE6, "orya": 0xB66,
        "tamldec": 0xBE6, "telu": 0xC66, "knda": 0xCE6, "mlym": 0xD66, "thai": 0xE50, "laoo": 0xED0, "tibt": 0xF20, "mymr": 0x1040,
        "khmr": 0x17E0, "mong": 0x1810, "olck": 0x1C50, "cakm": 0x11136, "rohg": 0x10D30, "adlm": 0x1E950,
    }
)  # fmt: skip
"""The zero of each CLDR numbering system whose digits follow each other; Chinese numerals do not."""
_MAGHREB = frozenset({"DZ", "EH", "LY", "MA", "TN"})
"""Where Arabic is written with 0-9 (CLDR, `defaultNumberingSystem`)."""


@dataclass(frozen=True)
class Manner:
    """How a template's values are written: its language and direction, and the digits and calendar of the brand."""

    locale: str
    direction: Direction
    digits: Digits = "western"
    calendar: Calendar = "gregorian"


@dataclass(frozen=True, eq=False, slots=True)
class Writing:
    """A manner with everything that is looked up for it. `system` is CLDR's name of the digits."""

    locale: Locale
    system: str
    digits: dict[int, int]
    calendar: Calendar
    zone: tzinfo

    def in_digits(self, text: str) -> str:
        """The text with 0-9 in the digits of this writing."""
        return text.translate(self.digits) if self.digits else text

    def symbol(self, name: Literal["percentSign", "minusSign"]) -> str:
        """A sign as CLDR has it for these digits."""
        return str(self.locale.number_symbols[self.system].get(name) or self.locale.number_symbols[_WESTERN][name])


@lru_cache(maxsize=1024)
def writing(manner: Manner, wanted: str | None = None, zone: str | None = None) -> Writing:
    """The writing for a manner, in the recipient's own region where the recipient wants the manner's language, and in their time zone.

    `wanted` is the recipient's locale. A language that CLDR lacks is written as English is, without a time zone times are in UTC.
    """
    locale = _nearest(wanted if wanted is not None and _same_language(wanted, manner.locale) else manner.locale)
    system = _system(locale) if manner.digits == "locale" else _WESTERN
    zero = _ZEROS.get(system)
    digits = {} if zero is None else {ord("0") + digit: zero + digit for digit in range(10)}
    return Writing(locale, system, digits, manner.calendar, ZoneInfo(zone or "UTC"))


def known(tag: str) -> Locale | None:
    """CLDR's data of a language, or of the nearest wider one that has any; None where none has."""
    wanted = tag.replace("_", "-")
    while wanted:
        try:
            return Locale.parse(wanted, sep="-")
        except (UnknownLocaleError, ValueError):
            wanted = wanted.rpartition("-")[0]
    return None


def _nearest(tag: str) -> Locale:
    return known(tag) or Locale("en")


def _same_language(wanted: str, written: str) -> bool:
    """Whether a recipient's locale only narrows that of the template: en-GB for en, but not zh-Hant for zh-Hans."""
    own, template = (known(tag) for tag in (wanted, written))
    if own is None or template is None or own.language != template.language:
        return False
    return template.territory in (None, own.territory) and template.script == own.script


def _system(locale: Locale) -> str:
    native = str(locale.other_numbering_systems.get("native", _WESTERN))
    western = native not in _ZEROS or (locale.language == "ar" and locale.territory in _MAGHREB)
    return _WESTERN if western else native
