"""Writing direction: which way a language runs, and keeping values from disturbing the text around them (UAX #9)."""

import re
from unicodedata import bidirectional

from wasl_contracts.content import Direction

FSI, PDI = "\u2068", "\u2069"
LRM, RLM = "\u200e", "\u200f"

_RTL_LANGUAGES = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ji", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"})
_RTL_SCRIPTS = frozenset({"adlm", "arab", "hebr", "nkoo", "rohg", "syrc", "thaa"})
_RTL = "\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_HAS_RTL = re.compile(f"[{_RTL}]").search
# Rule W2 makes digits after Arabic letters Arabic numbers, which a hyphen or a plus turns around and `.,:/` do not (W4).
_AT_HOME_IN_RTL = re.compile(rf"[{_RTL}\s0-9.,:/]*").fullmatch
# Groups of digits change places: 050 123 4567 would be read 4567 123 050.
_GROUPS_OF_DIGITS = re.compile(r"\d\s+\d").search
# Arabic-Indic digits are Arabic numbers everywhere, so that their groups change places even in an isolate of their own.
_ARABIC_GROUP = re.compile(r"(?<=[٠-٩])(?=[\s+-]+[٠-٩])")
_LONGEST_NUMBER = 64
_LED = re.compile(rf"^((?:- |[0-9]+[.)] )?){RLM}", re.MULTILINE)  # as literals.py begins a line that only values fill
_IDLE = (FSI, RLM, "\u00a0", "\u202f")
_SPACES = str.maketrans("\u00a0\u202f", "  ")


def direction_of(locale: str) -> Direction:
    """Which way a BCP 47 locale is written; a script subtag (az-Arab, ar-Latn) decides before the language."""
    language, *rest = locale.replace("_", "-").lower().split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), None)
    rtl = script in _RTL_SCRIPTS if script else language in _RTL_LANGUAGES
    return "rtl" if rtl else "ltr"


def direction_in(text: str) -> Direction | None:
    """The direction of the first letter that has one (rules P2 and P3), None where no letter does."""
    if text.isascii():
        return "ltr" if any(character.isalpha() for character in text) else None
    for character in text:
        if (kind := bidirectional(character)) in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return None


def disturbs(value: str, direction: Direction) -> bool:
    """Whether a value has to be isolated in text of this direction, so that both read in the right order."""
    if direction == "rtl":
        return _AT_HOME_IN_RTL(value) is None or _GROUPS_OF_DIGITS(value) is not None
    return has_rtl(value)


def has_rtl(text: str) -> bool:
    """Whether a text has any character that is written from right to left."""
    return not text.isascii() and _HAS_RTL(text) is not None


def isolated(value: str, direction: Direction) -> str:
    """The value between FSI and PDI where it needs that. Never a link: phones would take the PDI for a part of it."""
    if not disturbs(value, direction) or value.startswith(("https://", "http://")):
        return value
    return f"{FSI}{in_order(value)}{PDI}"


def in_order(value: str) -> str:
    """A value to be isolated, whose groups of digits stay in their order: ٠٥٠ ١٢٣ ٤٥٦٧."""
    return value if value.isascii() or len(value) > _LONGEST_NUMBER else _ARABIC_GROUP.sub(LRM, value)


def without_idle_isolates(text: str) -> str:
    """The text without isolates, and with plain spaces for no-break ones, if nothing else in it needs more than ASCII.

    Alone they would make an SMS three times as dear: `2:05 PM` has a no-break space in CLDR.
    """
    if not any(idle in text for idle in _IDLE):
        return text
    bare = _LED.sub(r"\1", text.replace(FSI, "").replace(PDI, "")).translate(_SPACES)
    return bare if bare.isascii() else text
