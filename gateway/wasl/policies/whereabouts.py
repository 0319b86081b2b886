"""Where a recipient is, as far as their data tell: which country's rules hold, and which clocks show their time."""

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, NamedTuple
from zoneinfo import available_timezones

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

from wasl_contracts import Address, Envelope

_NOWHERE = phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY


class Whereabouts(NamedTuple):
    """A country (None: not known), the zones in which the recipient may be, and where these are from."""

    country: str | None
    zones: tuple[str, ...]
    zones_of: Literal["recipient", "number", "brand"]


class Brand(NamedTuple):
    """Where recipients are of whom nothing is known."""

    country: str | None
    zone: str


def whereabouts(envelope: Envelope, address: Address, brand: Brand) -> Whereabouts:
    """The recipient's own zone, else those of their number's country, else the brand's.

    The country is that of their number (of the address, where it is one), else of their zone, else the brand's. Their locale tells a
    language, and no place: en-US is what many programs say anywhere.
    """
    number = address if address.kind == "phone" else next((one for one in envelope.addresses if one.kind == "phone"), None)
    country, zones = of_number(number.value) if number is not None else (None, ())
    if envelope.timezone is not None:
        return Whereabouts(country or country_of_zone(envelope.timezone) or brand.country, (envelope.timezone,), "recipient")
    if zones:
        return Whereabouts(country or brand.country, zones, "number")
    return Whereabouts(country or brand.country, (brand.zone,), "brand")


def of_number(value: str) -> tuple[str | None, tuple[str, ...]]:
    """The country of a number in E.164 and the zones that it may be in; none where the numbering plan does not tell."""
    for length in (1, 2, 3):  # no calling code begins another one (ITU-T E.164)
        code = value[1 : 1 + length]
        if code.isdecimal() and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return _of_code(code) or _of_single_number(value)
    return _of_single_number(value)


@cache
def _of_code(code: str) -> tuple[str | None, tuple[str, ...]] | None:
    """The same for all numbers of a calling code, which is most quickly told; None where they differ."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]
    zones = {known for prefix, known in TIMEZONE_DATA.items() if prefix.startswith(code)}
    if len(regions) > 1 or len(zones) != 1 or regions == (_NOWHERE,):
        return None
    return regions[0], _known(zones.pop())


@lru_cache(maxsize=10_000)
def _of_single_number(value: str) -> tuple[str | None, tuple[str, ...]]:
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return None, ()
    country = phonenumbers.region_code_for_number(number)
    return (None if country == _NOWHERE else country), _known(time_zones_for_number(number))


@cache
def country_of_zone(zone: str) -> str | None:
    """The country that a zone is in; None for the zones of no country, and for old names of zones."""
    return _countries().get(zone)


@cache
def _countries() -> dict[str, str]:
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {zone: country for country, _, zone, *_ in rows}


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known(zones: Sequence[str]) -> tuple[str, ...]:
    return tuple(zone for zone in zones if zone != UNKNOWN_TIMEZONE and zone in _zones())
