"""Addresses of nobody, for previews that are for nobody."""

import re
from collections.abc import Iterable

from phonenumbers import PhoneNumberFormat, PhoneNumberType, example_number_for_type, format_number

from wasl.ledger.people import STUB
from wasl.registry import Specs
from wasl_contracts import PUBLIC_KIND, Address, AddressKind

NOBODY = f"{STUB}preview"
"""The recipient of what is shown: a link to opt out that is copied from a preview stops nobody's messages."""
# Tried in turn against the pattern of a kind. The hosts are reserved for examples (RFC 2606).
_VALUES = (
    "ann@example.com", "https://example.com/hooks", "@ann@social.example", "1234567890", "-1234567890", "U0EXAMPLE1", "C0EXAMPLE1",
    "example", "example-1", "room-1", "urn:example:1",
)  # fmt: skip
_SAID: dict[str, str] = {"fcm_token": "example:device-token", "fcm_fid": "example-installation", "any": "preview"}


class Invented:
    """Makes up an address for each kind that is configured. `country` is where its phones are."""

    def __init__(self, specs: Specs) -> None:
        self._specs = specs
        self._country = specs.config.country or "US"

    def people(self) -> tuple[Address, ...]:
        """An address of one person on every channel whose providers serve persons."""
        found = {}
        for channel, names in self._specs.config.channels.items():
            kinds = (kind for name in names for kind in self._specs[name].addresses if kind.audience == "person")
            if (address := self._first(channel, kinds)) is not None:
                found[channel] = address
        return tuple(found.values())

    def alike(self, address: Address) -> Address | None:
        """Another address of the same kind; None where none fits."""
        if address.kind == PUBLIC_KIND:
            return address
        names = self._specs.config.channels.get(address.channel, ())
        return self._first(address.channel, (kind for name in names if (kind := self._specs[name].kind(address.kind)) is not None))

    def _first(self, channel: str, kinds: Iterable[AddressKind]) -> Address | None:
        values = ((kind.kind, value) for kind in kinds if (value := self._value(kind)) is not None)
        return next((Address(channel=channel, kind=kind, value=value) for kind, value in values), None)

    def _value(self, kind: AddressKind) -> str | None:
        if kind.kind == "phone":
            number = example_number_for_type(self._country, PhoneNumberType.MOBILE)
            return str(format_number(number, PhoneNumberFormat.E164)) if number is not None else None
        values = (_SAID[kind.kind],) if kind.kind in _SAID else _VALUES
        return next((value for value in values if kind.pattern is None or re.fullmatch(kind.pattern, value)), None)
