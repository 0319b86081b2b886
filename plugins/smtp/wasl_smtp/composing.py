"""From a delivery to what goes over the wire: the mail, who signs it, where its bounces go."""

from dataclasses import replace
from functools import lru_cache

from wasl_contracts import Delivery, Sender
from wasl_contracts.handing import handing_over
from wasl_contracts.letter import Letter, Letters
from wasl_smtp.dkim import Key, private_key, signatures
from wasl_smtp.proofs import Proofs
from wasl_smtp.settings import DkimKey, Settings
from wasl_smtp.transaction import Transaction


class Composer:
    """Writes mails. The same delivery always gives the same bytes."""

    def __init__(self, settings: Settings, proofs: Proofs | None = None) -> None:
        self._proofs = proofs
        self._replies_to = settings.replies_to
        self._letters = Letters(settings.sender, settings.unsubscribe_to, making=proofs)
        self._keys = {domain: tuple(_key(domain, key) for key in keys) for domain, keys in settings.dkim.items()}
        self._return_path = settings.return_path
        self._keys_of = lru_cache(maxsize=1024)(self._nearest)

    def compose(self, delivery: Delivery) -> Transaction:
        """The mail of a delivery, signed, with its envelope.

        Raises:
            Rejected: it cannot be a mail: its address, sender or headers.
        """
        letter = self._letter(delivery)
        message = letter.mime()
        handing_over(message)
        if keys := self._keys_of(letter.sender.domain):
            message = signatures(message, keys) + message
        return Transaction(self._bounces(delivery, letter.sender.address), letter.to.address, message, delivery.sender.address is not None)

    def write(self, delivery: Delivery) -> bytes:
        """The mail of a delivery before it is signed; raises as `compose` does."""
        return self._letter(delivery).mime()

    def doubts(self, sender: Sender) -> tuple[str, ...]:
        """What would go wrong with mails of a sender, as sentences."""
        if doubts := self._letters.doubts(sender):
            return doubts
        domain = self._letters.sender(sender).domain
        if self._keys and not self._nearest(domain):
            return (f"no key of `dkim` is for {domain} or a domain above it, so its mails go unsigned and DMARC may refuse them",)
        return ()

    def _letter(self, delivery: Delivery) -> Letter:
        letter = self._letters.read(delivery)
        if letter.reply_to is not None or self._replies_to is None or self._proofs is None:
            return letter
        return replace(letter, reply_to=self._proofs.address(self._replies_to, delivery))

    def _nearest(self, domain: str) -> tuple[Key, ...]:
        """The keys of the domain, or else of the nearest above it: DMARC aligns a signature of any of them (RFC 7489 section 3.1.1)."""
        labels = domain.split(".")
        upwards = (".".join(labels[start:]) for start in range(len(labels)))
        return next((self._keys[one] for one in upwards if one in self._keys), ())

    def _bounces(self, delivery: Delivery, sender: str) -> str:
        """MAIL FROM: with `return_path` an address of this delivery alone, so that a bounce tells whose it is (VERP)."""
        if self._return_path is None:
            return sender
        if self._proofs is not None:
            return self._proofs.address(self._return_path, delivery)
        local, _, domain = self._return_path.rpartition("@")
        return f"{local}+{delivery.id}@{domain}"


def _key(domain: str, told: DkimKey) -> Key:
    return Key(domain, told.selector, private_key(told.key.get_secret_value()))
