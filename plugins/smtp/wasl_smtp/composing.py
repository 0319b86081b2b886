"""From a delivery to what goes over the wire: who sends it, which headers it carries, who signs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import quote

from wasl_contracts import Delivery, Mail, Reason, Rejected, Sender
from wasl_contracts.handing import handing_over
from wasl_contracts.mailbox import LONGEST_LINE, Mailbox
from wasl_contracts.mime import mime_bytes
from wasl_smtp.dkim import Key, private_key, signatures
from wasl_smtp.settings import DkimKey, Settings
from wasl_smtp.transaction import Transaction

_ROOM = LONGEST_LINE - len("List-Unsubscribe: ")


@dataclass(frozen=True, slots=True, repr=False)
class _Face:
    """A sender, read once: as whom the mail comes, whose keys sign it, and what is the same in all its mails."""

    mailbox: Mailbox
    reply_to: str | None
    keys: tuple[Key, ...]
    feedback: str

    def list_id(self, topic: str) -> str:
        """What filters sort by (RFC 2919)."""
        return f"<{topic}.{self.mailbox.domain}>"


class Composer:
    """Writes mails. The same delivery always gives the same bytes."""

    def __init__(self, settings: Settings) -> None:
        self._usual = Mailbox.read(settings.sender)
        self._keys = {domain: tuple(_key(domain, key) for key in keys) for domain, keys in settings.dkim.items()}
        self._return_path = settings.return_path
        self._opt_outs = Mailbox.read(settings.unsubscribe_to).address if settings.unsubscribe_to is not None else None
        self._face = lru_cache(maxsize=1024)(self._read)

    def compose(self, delivery: Delivery) -> Transaction:
        """The mail of a delivery, signed, with its envelope.

        Raises:
            Rejected: it cannot be a mail: its address, sender or headers.
        """
        message, face, recipient = self._written(delivery)
        handing_over(message)
        if face.keys:
            message = signatures(message, face.keys) + message
        return Transaction(self._bounces(delivery, face), recipient.address, message, delivery.sender.address is not None)

    def write(self, delivery: Delivery) -> bytes:
        """The mail of a delivery before it is signed; raises as `compose` does."""
        return self._written(delivery)[0]

    def _written(self, delivery: Delivery) -> tuple[bytes, _Face, Mailbox]:
        if not isinstance(delivery.content, Mail):
            raise Rejected(Reason.CONTENT_REJECTED, "content", "not_a_mail")
        try:
            recipient = Mailbox.read(delivery.address.value)
        except ValueError:
            raise Rejected(Reason.INVALID_ADDRESS, "address", "not_one_address") from None
        try:
            face = self._face(delivery.sender)
        except ValueError:
            raise Rejected(Reason.CONTENT_REJECTED, "content", "sender") from None
        try:
            message = mime_bytes(
                delivery.content,
                sender=face.mailbox,
                to=Mailbox("", recipient.local, recipient.domain),
                message_id=f"<{delivery.id}@{face.mailbox.domain}>",
                date=delivery.dated_at or delivery.created_at,
                headers=self._headers(delivery, face),
                attachments=delivery.attachments,
            )
        except ValueError:
            raise Rejected(Reason.CONTENT_REJECTED, "content", "header") from None
        return message, face, recipient

    def doubts(self, sender: Sender) -> tuple[str, ...]:
        """What would go wrong with mails of a sender, as sentences."""
        try:
            face = self._read(sender)
        except ValueError as fact:
            return (f"its sender cannot be used: {fact}",)
        if self._keys and not face.keys:
            told = f"no key of `dkim` is for {face.mailbox.domain} or a domain above it, so its mails go unsigned and DMARC may refuse them"
            return (told,)
        return ()

    def _read(self, sender: Sender) -> _Face:
        """Raises ValueError where it is no mailbox; the text names the field."""
        address = Mailbox.read(sender.address, "address") if sender.address is not None else self._usual
        mailbox = Mailbox(sender.name or address.name, address.local, address.domain.lower())
        if sender.reply_to is not None:
            Mailbox.read(sender.reply_to, "reply_to")
        keys = next((self._keys[domain] for domain in _upwards(mailbox.domain) if domain in self._keys), ())
        return _Face(mailbox, sender.reply_to, keys, f"wasl{blake2b(mailbox.domain.encode(), digest_size=5).hexdigest()}")

    def _headers(self, delivery: Delivery, face: _Face) -> Mapping[str, str]:
        headers = {"X-Wasl-Attempt": delivery.attempt_id}
        if face.reply_to is not None:
            headers["Reply-To"] = face.reply_to
        if delivery.category in ("otp", "transactional"):
            headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes; to what people write, they may answer
        else:
            # Google counts complaints by these, of which the last names the sender: 5 to 15 characters.
            headers["Feedback-ID"] = f"{delivery.topic}:{delivery.category}:{delivery.brand}:{face.feedback}"
        if delivery.category == "promotional":
            headers["List-Id"] = face.list_id(delivery.topic)
        if delivery.unsubscribe is not None:
            headers["List-Unsubscribe"] = self._ways_out(delivery, delivery.unsubscribe)
            if delivery.unsubscribe.startswith("https:"):  # RFC 8058 section 3.1
                headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return headers

    def _ways_out(self, delivery: Delivery, link: str) -> str:
        """The link, and where there is room on the line a mail, which older mail programs prefer."""
        if self._opt_outs is None:
            return f"<{link}>"
        both = f"<{link}>, <mailto:{quote(self._opt_outs, safe='@')}?subject=unsubscribe%20{delivery.id}>"
        return both if len(both) <= _ROOM else f"<{link}>"

    def _bounces(self, delivery: Delivery, face: _Face) -> str:
        """MAIL FROM: with `return_path` an address of this delivery alone, so that a bounce tells whose it is (VERP)."""
        if self._return_path is None:
            return face.mailbox.address
        local, _, domain = self._return_path.rpartition("@")
        return f"{local}+{delivery.id}@{domain}"


def _key(domain: str, told: DkimKey) -> Key:
    return Key(domain, told.selector, private_key(told.key.get_secret_value()))


def _upwards(domain: str) -> list[str]:
    """The domain and those above it: DMARC aligns a signature of any of them (RFC 7489 section 3.1.1)."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]
