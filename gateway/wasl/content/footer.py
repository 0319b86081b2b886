"""What stands below a mail: the brand's legal line and postal address, and the way out, in the message's language."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from wasl.brands.brand import Brand, in_locale
from wasl.content.bidi import direction_in, direction_of
from wasl.content.holes import Holes
from wasl.content.literals import settled_line
from wasl_contracts.content import Direction

_UNSUBSCRIBE: Final[Mapping[str, str]] = {
    "en": "Unsubscribe or choose what you receive",
    "ar": "إلغاء الاشتراك أو اختيار ما يصلك",
    "de": "Abbestellen oder auswählen, was Sie erhalten",
    "es": "Darse de baja o elegir lo que recibe",
    "fa": "لغو اشتراک یا انتخاب آنچه دریافت می‌کنید",
    "fr": "Se désabonner ou choisir ce que vous recevez",
    "he": "הסרה מרשימת התפוצה או בחירת ההודעות שיתקבלו",
    "id": "Berhenti berlangganan atau pilih yang ingin Anda terima",
    "it": "Annulla l'iscrizione o scegli cosa ricevere",
    "nl": "Afmelden of kiezen wat u ontvangt",
    "pt": "Cancelar a inscrição ou escolher o que recebe",
    "tr": "Abonelikten çıkın veya ne alacağınızı seçin",
    "ur": "ان سبسکرائب کریں یا منتخب کریں کہ آپ کو کیا موصول ہو",
}
"""A language that is missing here gets English: an opt-out in another language is better than none."""


class Line(NamedTuple):
    """One line of the footer, with the direction of its own letters."""

    text: str
    dir: Direction


class Footer(NamedTuple):
    """The footer in one language. `legal` and `postal` are empty for a brand without them; `unsubscribe` is in the language `lang`."""

    legal: Line
    postal: Line
    unsubscribe: Line
    lang: str


def footer(brand: Brand, locale: str) -> Footer:
    """The footer of a brand's mails in a language."""
    around = direction_of(locale)
    legal, postal = (in_locale(texts, locale) for texts in (brand.legal, brand.postal))
    lang = opt_out_language(locale)
    return Footer(
        _line(legal, around),
        _line(postal, around),
        Line(_UNSUBSCRIBE[lang], direction_of(lang)),
        lang,
    )


def _line(text: str, around: Direction) -> Line:
    """A brand's own words; phone and register numbers in right-to-left text are marked so that they keep their order."""
    direction = direction_in(text) or around
    return Line(settled_line(text, direction, Holes()), direction)


def opt_out_language(locale: str) -> str:
    """The language of the footer's own words in mails of a locale: `en` where there are none in that of the locale."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    return "he" if language == "iw" else language if language in _UNSUBSCRIBE else "en"
