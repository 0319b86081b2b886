"""Dates of the Umm al-Qura calendar in the words and the order of a language."""

from datetime import date
from types import MappingProxyType
from typing import Final

from babel import Locale
from babel.dates import parse_pattern, tokenize_pattern
from hijridate import Gregorian
from hijridate.locales import get_locale

_OWN: Final = MappingProxyType({"ar": "ar", "bn": "bn", "tr": "tr"})
"""The languages whose months hijridate names itself, besides English. The others are CLDR's (common/main/*.xml, calendar islamic)."""
_MONTHS: Final = MappingProxyType(
    {
        "fa": ("محرم", "صفر", "ربیع‌الاول", "ربیع‌الثانی", "جمادی‌الاول", "جمادی‌الثانی",
               "رجب", "شعبان", "رمضان", "شوال", "ذیقعده", "ذیحجه"),
        "ur": ("محرم", "صفر", "ربیع الاول", "ربیع الثانی", "جمادی الاول", "جمادی الثانی",
               "رجب", "شعبان", "رمضان", "شوال", "ذوالقعدۃ", "ذوالحجۃ"),
        "fr": ("mouharram", "safar", "rabia al awal", "rabia ath-thani", "joumada al oula", "joumada ath-thania", "rajab", "chaabane",
               "ramadan", "chawwal", "dhou al qi`da", "dhou al-hijja"),
    }
)  # fmt: skip
_ERAS: Final = MappingProxyType({"fa": "ه.ق.", "ur": "ہجری", "fr": "AH"})


def hijri_date(day: date, locale: Locale, length: str) -> str | None:
    """The day, as the language writes days, with its era; None before August 1924 and after November 2077, which the calendar lacks."""
    try:
        hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    except OverflowError:
        return None
    months, era = _names(locale.language)
    pattern = parse_pattern(locale.date_formats[length].pattern).pattern
    parts = []
    for kind, value in tokenize_pattern(pattern):
        if kind == "chars":
            parts.append(str(value))
            continue
        letter, width = value[0], int(value[1])
        match letter:
            case "y":
                parts.append(str(hijri.year))
            case "M" | "L":
                parts.append(months[hijri.month - 1] if width > 2 else str(hijri.month).zfill(width))
            case "d":
                parts.append(str(hijri.day).zfill(width))
            case "E" | "c":
                parts.append(locale.days["format"]["wide" if width > 3 else "abbreviated"][day.weekday()])
    return f"{''.join(parts)} {era}"


def _names(language: str) -> tuple[tuple[str, ...], str]:
    """The months and the era; in English for a language that has neither here."""
    if language in _MONTHS:
        return _MONTHS[language], _ERAS[language]
    words = get_locale(_OWN.get(language, "en"))
    return words.month_names, words.notation
