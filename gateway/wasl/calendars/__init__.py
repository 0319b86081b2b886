"""When the countries let messages go, as data: one file a country, read as engineering takes it, which is no legal advice.

Each row names its source, the day on which somebody last looked there, and moments at which it is open and closed, which a test tries.
A new country is a new file. `unknown.toml` holds where a country has no row.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from wasl.config.quiet import Country, Hours, Weekday
from wasl_contracts.model import Frozen, Slug

UNKNOWN = "unknown"
_USUAL_WEEKEND: tuple[Weekday, ...] = ("sat", "sun")


class Row(Hours):
    """One rule of a country. `open` and `closed` are moments for which that is known."""

    name: Slug
    source: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    checked: date
    open: tuple[AwareDatetime, ...]
    closed: tuple[AwareDatetime, ...]


class _Calendar(Frozen):
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]


class _Weekend(Frozen):
    days: tuple[Weekday, ...]
    countries: tuple[Country, ...]


class _Weekends(Frozen):
    source: str
    checked: date
    weekends: tuple[_Weekend, ...]


@cache
def calendars() -> Mapping[str, tuple[Row, ...]]:
    """The rows of each country, by its code (ISO 3166), and of `UNKNOWN`."""
    return {
        name.upper() if name != UNKNOWN else name: _Calendar.model_validate(tree).rows for name, tree in _files().items() if "rows" in tree
    }


@cache
def _weekends() -> Mapping[str, tuple[Weekday, ...]]:
    told = _Weekends.model_validate(_files()["weekends"])
    return {country: weekend.days for weekend in told.weekends for country in weekend.countries}


def weekend(country: str | None) -> tuple[Weekday, ...]:
    """The days of the weekend in a country."""
    return _weekends().get(country or UNKNOWN, _USUAL_WEEKEND)


def _files() -> dict[str, dict[str, object]]:
    folder = resources.files(__name__)
    files = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    return {file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8")) for file in files}
