"""From an address as it is written to the row that suppresses it: in normal form, hashed and masked, its note encrypted."""

import hmac
import re
from typing import NamedTuple

from wasl.addresses import Addresses, BadAddress
from wasl.clock import micros, moment
from wasl.errors import Problem, Refused
from wasl.ids import suppressed_place
from wasl.keys import KeyRing
from wasl.ledger.people import address_hash
from wasl.ledger.suppression_list import Place, about_note
from wasl.ledger.suppressions import Addition
from wasl.suppression import Origin, Suppression, SuppressionSeen
from wasl_contracts import Address

EXPORTED = ("channel", "address", "address_hash", "check", "reason", "scope", "since", "expires_at", "message_id", "brand", "source")
"""What an export tells of each row: the address masked, and its keyed hash."""
_CHANNEL_CODES = ("wrong_channel", "unknown_channel", "channel_missing")
_HASH = re.compile("[0-9a-f]{34}")
_CHECK = 8  # bytes of the MAC: enough, as it guards against mistakes


class Hashed(NamedTuple):
    """An address of which only the hash and the masked form are known, as an export has it."""

    channel: str
    address_hash: str
    address: str


class Rows:
    """Makes rows for one brand, or for all brands."""

    def __init__(self, addresses: Addresses, ring: KeyRing, brand: str) -> None:
        self._addresses = addresses
        self._ring = ring
        self._brand = brand

    def found(self, value: str, channel: str | None = None, kind: str | None = None) -> Hashed:
        """An address by its value.

        Raises:
            Refused: it is none, or its channel or kind is missing.
        """
        try:
            return self.of(self._addresses.placed(value, channel, kind))
        except BadAddress as bad:
            part = "channel" if bad.code in _CHANNEL_CODES else "kind" if bad.code in ("unknown_kind", "kind_missing") else "address"
            raise Refused([Problem(pointer=f"/{part}", code=bad.code, message=bad.message)]) from None

    def of(self, normal: Address) -> Hashed:
        """An address in normal form."""
        return Hashed(normal.channel, address_hash(self._ring, normal.kind, normal.value), normal.masked())

    def place(self, named: str, channel: str | None = None, kind: str | None = None) -> tuple[Place, str | None]:
        """What an address, or the id of a suppression, stands for; with the masked form where it is known. Raises as `found` does."""
        by_id = suppressed_place(named)
        if by_id is not None:
            return Place(*by_id), None
        hashed = self.found(named, channel, kind)
        return Place(hashed.channel, hashed.address_hash), hashed.address

    def check(self, hashed: Hashed) -> str:
        """What proves that a hash was made with these keys: by others it would find nothing."""
        return self._ring.sign(f"suppression|{'|'.join(hashed)}".encode())[:_CHECK].hex()

    def told(self, seen: SuppressionSeen) -> list[str]:
        """A row as an export tells it: the cells of EXPORTED."""
        place = suppressed_place(seen.id)
        hashed = Hashed(seen.channel, place[1] if place is not None else "", seen.address)
        ends = seen.expires_at.isoformat() if seen.expires_at is not None else ""
        rest = (seen.reason.value, seen.scope or "", seen.since.isoformat(), ends, seen.message_id or "", seen.brand, seen.source)
        return [hashed.channel, hashed.address, hashed.address_hash, self.check(hashed), *rest]

    def exported(self, hashed: Hashed, check: str) -> Hashed:
        """The same, where the check is right.

        Raises:
            Refused: it was not exported with these keys, or was changed since.
        """
        if not _HASH.fullmatch(hashed.address_hash) or not hmac.compare_digest(self.check(hashed).encode(), check.encode()):
            said = "was not exported with this key ring, or channel or address were changed; give the address itself"
            raise Refused([Problem(pointer="/address_hash", code="foreign_hash", message=said)])
        return hashed

    def addition(self, asked: Suppression, hashed: Hashed, origin: Origin, at: int) -> Addition:
        """The row.

        Raises:
            Refused: it would be over already.
        """
        if asked.expires_at is not None and micros(asked.expires_at) <= at:
            said = f"is over already (it is {moment(at).isoformat(timespec='seconds')}); leave it out, or name a later moment"
            raise Refused([Problem(pointer="/expires_at", code="out_of_range", message=said)])
        return Addition(
            brand=self._brand,
            channel=hashed.channel,
            address_hash=hashed.address_hash,
            address=hashed.address,
            reason=asked.reason,
            source=origin.source,
            since=at,
            scope=asked.scope or "",
            actor=origin.actor,
            message_id=asked.message_id,
            sealed=self.sealed(asked.note, hashed) if asked.note is not None else None,
            expires_at=micros(asked.expires_at) if asked.expires_at is not None else None,
        )

    def sealed(self, note: str, place: Place | Hashed) -> bytes:
        """A note, encrypted for its address."""
        return self._ring.seal(note.encode(), about_note(self._brand, Place(place.channel, place.address_hash)))
