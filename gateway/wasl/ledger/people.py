"""Recipients as rows: addresses and attributes encrypted, `to` merged into what is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from wasl.answers import RecipientSeen
from wasl.keys import KeyRing
from wasl.ledger.hot import Values
from wasl.restoring import restored
from wasl_contracts import Address, Audience, Recipient


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row of the table `recipients`."""

    brand: str
    id: str
    audience: Audience
    locale: str | None
    timezone: str | None
    sealed: bytes
    seen: str
    preferred: str | None = None

    def values(self, now: int) -> Values:
        """The parameters that store it."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "updated_at": now, "erased_at": None}


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a recipient, opened."""

    audience: Audience
    locale: str | None
    timezone: str | None
    addresses: tuple[Address, ...]
    attributes: dict[str, JsonValue]
    preferred: tuple[str, ...] = ()

    @classmethod
    def nobody(cls) -> Self:
        """Somebody of whom nothing is known yet."""
        return cls("person", None, None, (), {})

    @classmethod
    def open(cls, row: PersonRow, keys: KeyRing) -> Self:
        """Decrypt a row.

        Raises:
            Unusable: the key ring is not the one that it was stored with.
        """
        addresses, attributes = unseal(row.sealed, row.brand, row.id, keys)
        return cls(row.audience, row.locale, row.timezone, addresses, attributes, channels_of(row.preferred))

    def merged(self, to: Recipient, addresses: tuple[Address, ...]) -> "Person":
        """What a message's `to` adds: a given address replaces those of its kind; a device is added to the others."""
        replaced = {(a.channel, a.kind) for a in addresses if a.channel != "push"}
        kept = [a for a in self.addresses if (a.channel, a.kind) not in replaced and a not in addresses]
        return Person(
            audience=to.audience if "audience" in to.model_fields_set else self.audience,
            locale=to.locale or self.locale,
            timezone=to.timezone or self.timezone,
            addresses=(*addresses, *kept),
            attributes={**self.attributes, **to.attributes},
            preferred=to.preferred or self.preferred,
        )

    def seen(self, person_id: str) -> RecipientSeen:
        """As shown to people: addresses masked."""
        return recipient_seen(person_id, self.audience, self.locale, self.timezone, self.addresses, preferred=self.preferred)

    def row(self, brand: str, person_id: str, *, seen: str, keys: KeyRing) -> PersonRow:
        """The row to store, encrypted."""
        plain = to_json([[[a.channel, a.kind, a.value] for a in self.addresses], self.attributes])
        sealed = keys.seal(plain, _about(brand, person_id))
        preferred = to_json(self.preferred).decode() if self.preferred else None
        return PersonRow(brand, person_id, self.audience, self.locale, self.timezone, sealed, seen, preferred)


def channels_of(preferred: str | None) -> tuple[str, ...]:
    """The channels that a stored recipient prefers."""
    return tuple(from_json(preferred)) if preferred is not None else ()


def unseal(sealed: bytes, brand: str, person_id: str, keys: KeyRing) -> tuple[tuple[Address, ...], dict[str, JsonValue]]:
    """Decrypt addresses and attributes."""
    addresses, attributes = from_json(keys.open(sealed, _about(brand, person_id)))
    return tuple(restored(Address, {"channel": channel, "kind": kind, "value": value}) for channel, kind, value in addresses), attributes


def recipient_seen(  # noqa: PLR0913 - what is shown of a recipient, in the order of its row
    person_id: str,
    audience: Audience,
    locale: str | None,
    timezone: str | None,
    addresses: Sequence[Address],
    *,
    preferred: tuple[str, ...] = (),
) -> RecipientSeen:
    """A recipient as shown to people: each address by kind, masked."""
    shown = tuple(f"{address.kind} {address.masked()}" for address in addresses)
    fields: dict[str, object] = {"id": person_id, "audience": audience, "locale": locale, "timezone": timezone, "addresses": shown}
    fields["preferred"] = preferred
    return restored(RecipientSeen, fields)


def address_hash(keys: KeyRing, kind: str, value: str) -> str:
    """The keyed hash by which an address is found. Mailboxes that differ only in case are one here: no server keeps them apart."""
    return keys.hash(f"{kind}|{value.casefold() if kind == 'email' else value}")


STUB = "erased_"
"""Ids that begin so belong to what is left of people who were erased; nobody is registered under one."""


def stub_id(keys: KeyRing, brand: str, person_id: str) -> str:
    """Under which id the rest of an erased person is found by whoever knows the id that they had."""
    return f"{STUB}{keys.hash(f'recipient|{brand}|{person_id}')}"


def _about(brand: str, person_id: str) -> bytes:
    return f"{brand}|{person_id}".encode()
