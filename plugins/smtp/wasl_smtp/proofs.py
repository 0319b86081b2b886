"""Addresses and message ids that name an attempt and carry a MAC, so that what is sent back to them proves itself.

Whoever has the mail has them too: they prove that what comes back is about this one mail, and about no other.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal, NamedTuple

from pydantic import SecretStr

from wasl_contracts import Delivery
from wasl_contracts.mailbox import Mailbox
from wasl_contracts.signing import hmac_sha256
from wasl_smtp.settings import Settings

Purpose = Literal["bounces", "replies", "opt_outs"]
"""What a mailbox is for."""

_ATTEMPT = re.compile(r"att_((?:[0-9a-f]{2}){1,16})_([0-9]{1,4})_([0-9]{1,4})")
_TAGGED = re.compile(r"<dlv_((?:[0-9a-f]{2}){1,16}_[0-9]{1,4})\.([a-z2-7]{13})@", re.ASCII)
_NAMED = re.compile(r"\batt_((?:[0-9a-f]{2}){1,16}_[0-9]{1,4})_([0-9]{1,4})\b", re.ASCII)
_LARGEST = 4095  # of the numbers of a delivery and of an attempt: 12 bits each
_MAC = 8  # bytes: 2^63 tries on average, each a conversation with our port
_MOST = 20  # candidates that are looked at in one mail


class Proof(NamedTuple):
    """The attempt that a mail is about, and which of our mailboxes it came to; None: it only answers a message of ours."""

    attempt_id: str
    purpose: Purpose | None = None


class Proofs:
    """Makes and recognises them. A mailbox with a name of its own for each mail is `local+token@domain`, at most 45 characters longer."""

    def __init__(self, secret: SecretStr, mailboxes: Mapping[Purpose, str]) -> None:
        self._secret = secret
        self._mailboxes = dict(mailboxes)
        self._patterns = {purpose: _pattern(mailbox) for purpose, mailbox in mailboxes.items()}

    def address(self, mailbox: str, delivery: Delivery) -> str:
        """The mailbox with a name for this attempt alone; as it is for an attempt that is named otherwise than wasl does."""
        named = _ATTEMPT.fullmatch(delivery.attempt_id)
        if named is None or max(int(named[2]), int(named[3])) > _LARGEST:
            return mailbox
        told = bytes.fromhex(named[1]) + (int(named[2]) << 12 | int(named[3])).to_bytes(3, "big")
        local, _, domain = mailbox.rpartition("@")
        return f"{local}+{_written(told + self._mac(mailbox, told))}@{domain}"

    def tag(self, delivery: Delivery) -> str:
        """What stands behind the delivery's id in the Message-ID; the same in every attempt."""
        return f".{self._tag(delivery.id)}" if delivery.id.startswith("dlv_") else ""

    def of_address(self, address: str) -> Proof | None:
        """What an address proves, which is all that there is; None for one that is not of our making."""
        return next((proof for proof in self._addressed(f" {address} ") if proof is not None), None)

    def found_in(self, text: str) -> Proof | None:
        """What stands first in a text: one of our addresses, else a message id of ours."""
        proofs = (*islice(self._addressed(text), _MOST), *islice(self._answered(text), _MOST))
        return next((proof for proof in proofs if proof is not None), None)

    def _addressed(self, text: str) -> Iterator[Proof | None]:
        for purpose, pattern in self._patterns.items():
            for found in pattern.finditer(text):
                yield self._read(purpose, found[1].lower())

    def _read(self, purpose: Purpose, token: str) -> Proof | None:
        try:
            whole = base64.b32decode((token + "=" * (-len(token) % 8)).upper())
        except binascii.Error:
            return None
        told, numbers = whole[:-_MAC], int.from_bytes(whole[-_MAC - 3 : -_MAC], "big")
        right = told + self._mac(self._mailboxes[purpose], told)
        if not hmac.compare_digest(_written(right), token):  # the same bytes can be spelled in several ways
            return None
        return Proof(f"att_{told[:-3].hex()}_{numbers >> 12}_{numbers & _LARGEST}", purpose)

    def _answered(self, text: str) -> Iterator[Proof | None]:
        for found in _TAGGED.finditer(text):
            if hmac.compare_digest(self._tag(f"dlv_{found[1]}"), found[2]):
                # What was returned may tell which attempt it was; to all of them belongs the same delivery.
                numbers = (named[2] for named in _NAMED.finditer(text) if named[1] == found[1])
                yield Proof(f"att_{found[1]}_{next(numbers, '1')}")

    def _mac(self, mailbox: str, told: bytes) -> bytes:
        return hmac_sha256(self._secret, f"address|{mailbox.lower()}|", told)[:_MAC]

    def _tag(self, delivery_id: str) -> str:
        return _written(hmac_sha256(self._secret, f"message|{delivery_id}")[:_MAC])


def proofs_of(settings: Settings) -> Proofs | None:
    """Those of a provider; None where it has no secret to prove them with."""
    told: dict[Purpose, str | None] = {"bounces": settings.return_path, "replies": settings.replies_to, "opt_outs": settings.unsubscribe_to}
    mailboxes = {purpose: Mailbox.read(mailbox).address for purpose, mailbox in told.items() if mailbox is not None}
    return Proofs(settings.inbound_secret, mailboxes) if settings.inbound_secret is not None else None


def _pattern(mailbox: str) -> re.Pattern[str]:
    local, _, domain = mailbox.rpartition("@")
    return re.compile(
        rf"(?<![A-Za-z0-9.+_-]){re.escape(local)}\+([a-z2-7]{{18,48}})@{re.escape(domain)}(?![A-Za-z0-9.-])", re.ASCII | re.IGNORECASE
    )


def _written(told: bytes) -> str:
    """In small letters, as some servers make all of them small."""
    return base64.b32encode(told).decode().rstrip("=").lower()
