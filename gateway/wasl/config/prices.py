"""What `[[prices]]` of wasl.toml, or a CSV file in its place, may say: what a message costs, by channel, provider and number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import IO, Annotated, Final, Self

from babel.core import get_global
from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from wasl.config.mistakes import Findings, Mistake
from wasl.config.positions import Key, Position
from wasl.config.quiet import Country
from wasl.config.validation import explain
from wasl.csv_lines import csv_lines
from wasl.errors import Refused
from wasl_contracts.model import Frozen, Slug

MICROS: Final = 1_000_000
"""Micro units of a currency: as what money is counted, so that nothing is ever rounded."""
_MOST = 100_000  # rows


def _currency(code: str) -> str:
    if code not in get_global("all_currencies"):
        raise PydanticCustomError("bad_currency", 'is not a currency; write its code of ISO 4217, like "SAR" or "EUR"')
    return code


def _prefix(digits: str) -> str:
    if not (digits[:1] == "+" and digits[1:].isascii() and digits[1:].isdecimal() and len(digits) <= 16 and digits[1] != "0"):
        raise PydanticCustomError("bad_prefix", 'is not the beginning of a number in E.164; write it like "+966" or "+96650"')
    return digits


Currency = Annotated[str, AfterValidator(_currency)]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6)]
"""An exact amount. In TOML best in quotes; a number is taken as it is written."""


class Price(Frozen):
    """A row: what one unit (a segment of an SMS, a message of any other channel) costs.

    It holds for a channel, or for one provider alone; for numbers that begin with `prefix`, or of a `country`, or for all.
    """

    channel: Slug | None = None
    provider: Slug | None = None
    country: Country | None = None
    prefix: Annotated[str, AfterValidator(_prefix)] | None = None
    price: Money
    currency: Currency

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if (self.channel is None) == (self.provider is None):
            raise PydanticCustomError("price_of_what", "needs a channel or a provider, and not both")
        if self.country is not None and self.prefix is not None:
            raise PydanticCustomError("price_for_whom", "has a country and a prefix; keep one of them")
        return self

    @property
    def micros(self) -> int:
        """The price of a unit in micro units of its currency."""
        return int(self.price * MICROS)


def with_price_file(tree: Mapping[str, object], folder: Path, findings: Findings) -> dict[str, object]:
    """The settings with the rows of the CSV file that `prices` names in place of its name; each mistake is told at its line there."""
    named = tree.get("prices")
    if not isinstance(named, str):
        return dict(tree)
    file = folder / named
    rows: list[Price] = []
    places: dict[Key, tuple[str, Position]] = {}
    try:
        with file.open("rb") as opened:
            for number, row in _read(opened, file, findings):
                places["prices", len(rows)] = str(file), (number, 1)
                rows.append(row)
    except OSError as error:
        findings.add(("prices",), f"cannot be read: {(error.strerror or type(error).__name__).lower()}; correct the path")
    except Refused as refused:
        findings.other(Mistake(str(file), 1, 1, "", refused.errors[0].message))
    findings.source = replace(findings.source, elsewhere=places)
    return {**tree, "prices": rows}


def check_prices(prices: Sequence[Price], findings: Findings) -> None:
    """Add a finding for each row that says another price for the same as one before it."""
    told: dict[tuple[object, ...], Price] = {}
    for index, price in enumerate(prices):
        first = told.setdefault((price.channel, price.provider, price.country, price.prefix), price)
        if (first.price, first.currency) != (price.price, price.currency):
            whom = price.prefix or price.country or "all numbers"
            findings.add(("prices", index), f"is a second price of {price.channel or price.provider} for {whom}; keep one of them")


def _read(opened: IO[bytes], file: Path, findings: Findings) -> Iterator[tuple[int, Price]]:
    """The rows that can be read, each with its line."""
    for number, cells, _, broken in csv_lines(opened, tuple(Price.model_fields), "price"):
        if number > _MOST:
            findings.other(Mistake(str(file), number, 1, "", f"is beyond {_MOST} lines; leave out what a shorter prefix tells too"))
            return
        if broken:
            findings.other(Mistake(str(file), number, 1, "", broken))
            continue
        try:
            yield number, Price.model_validate(cells)
        except ValidationError as error:
            of_row = Findings(findings.source)
            explain(error, Price, of_row)
            for mistake in of_row.mistakes:
                findings.other(replace(mistake, file=str(file), line=number, column=1))
