"""Numbers, percentages and money as a language writes them. Amounts are exact: they are decimals from the first digit to the last."""

import re
from collections.abc import Mapping
from decimal import Decimal

from babel.numbers import format_currency, format_decimal, format_percent

from wasl.content.languages import Writing
from wasl.content.work import NotAllowed, OverLimit

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,20})?").fullmatch
_CURRENCY = re.compile(r"[A-Z]{3}").fullmatch
_LARGEST = Decimal(10) ** 30
_MOST_DIGITS = 20
# CLDR's currencySpacing, which Babel leaves out: SAR 5, but $5.
_LETTER_BESIDE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_NO_BREAK_SPACE = "\u00a0"
_LAST_ZERO = re.compile("0(?=[^0]*$)")


def exact(value: object) -> Decimal:
    """A number of the data, or one written as text like `1234.50`, exactly.

    Raises:
        NotAllowed: it is no number.
        OverLimit: it has more than 30 digits.
    """
    if isinstance(value, str) and _NUMBER(value):
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise NotAllowed("the template writes as a number what is not one; give a number, or text like 1234.50")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not abs(number) < _LARGEST:
        raise OverLimit("the template writes a number of more than 30 digits")
    return number


def number(value: object, writing: Writing, digits: int | None = None) -> str:
    """A number with the language's separators, with exactly so many digits after the point, without `digits` at most three."""
    amount = exact(value)
    if digits is None:
        text = format_decimal(amount, locale=writing.locale, numbering_system=writing.system)
    else:
        pattern = "#,##0" + ("." + "0" * _allowed(digits) if digits else "")
        text = format_decimal(amount, format=_grouped(pattern, writing), locale=writing.locale, numbering_system=writing.system)
    return _signed(text, amount, writing)


def percent(value: object, writing: Writing, digits: int | None = None) -> str:
    """A share as a percentage, 0.155 as 15.5%, with exactly so many digits after the point, without `digits` at most two."""
    share = exact(value)
    places = min(2, max(0, -_exponent(share.normalize()) - 2)) if digits is None else _allowed(digits)
    pattern = str(writing.locale.percent_formats[None].pattern)
    if places:
        pattern = _LAST_ZERO.sub("0." + "0" * places, pattern, count=1)
    text = format_percent(share, format=pattern, locale=writing.locale, numbering_system=writing.system)
    return _signed(text.replace("%", writing.symbol("percentSign")) if writing.digits else text, share, writing)


def money(value: object, writing: Writing, currency: object = None) -> str:
    """An amount of a currency (ISO 4217), of `{amount, currency}` or of an amount and a currency beside it; never rounded."""
    if isinstance(value, Mapping):
        currency = value.get("currency", currency)
        value = value.get("amount")
    if not isinstance(currency, str) or not _CURRENCY(currency):
        raise NotAllowed('the template writes money without a currency; give {amount, currency}, or write money("SAR")')
    amount = exact(value)
    text = format_currency(amount, currency, locale=writing.locale, numbering_system=writing.system, decimal_quantization=False)
    return _signed(_LETTER_BESIDE_DIGIT.sub(_NO_BREAK_SPACE, text), amount, writing)


def _signed(text: str, amount: Decimal, writing: Writing) -> str:
    """With the digits of the language, and in right-to-left text the language's minus, which stays at the front of its number."""
    if amount < 0 and writing.locale.character_order == "right-to-left":
        text = text.replace("-", writing.symbol("minusSign"), 1)
    return writing.in_digits(text)


def _grouped(pattern: str, writing: Writing) -> str:
    """The pattern grouped as the language does: Hindi's lakhs and crores."""
    own = str(writing.locale.decimal_formats[None].pattern).partition(".")[0]
    return pattern.replace("#,##0", own, 1)


def _allowed(digits: object) -> int:
    if isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= _MOST_DIGITS:
        raise OverLimit("the template writes more digits than a number has")
    return digits


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
