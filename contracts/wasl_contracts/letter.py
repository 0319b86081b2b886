"""From a delivery to a mail: as whom it goes, to whom, and with which headers. For every plugin of the channel email."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Final, Generic, Protocol, TypeVar
from urllib.parse import quote

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from wasl_contracts.address import Address
from wasl_contracts.content import Mail
from wasl_contracts.delivery import Delivery, Sender
from wasl_contracts.errors import ProviderError, Rejected
from wasl_contracts.mailbox import LONGEST_LINE, Mailbox
from wasl_contracts.mime import mime_bytes
from wasl_contracts.model import Line
from wasl_contracts.provider import AddressKind
from wasl_contracts.reason import Reason

# Roughly one address, so that a mistake is told when a message is accepted; Mailbox.read knows exactly.
_CHARACTERS = r'[^\x00-\x20\x7f-\xa0\s@<>()\[\]:;,\\"]'
EMAIL: Final = AddressKind(kind="email", pattern=f"{_CHARACTERS}{{1,64}}@{_CHARACTERS}{{1,253}}")
"""The kind of address that a plugin of the channel email serves."""

_ROOM = LONGEST_LINE - len("List-Unsubscribe: ")
_LARGE = 65_536  # bytes of files
Composed = TypeVar("Composed")


def one_mailbox(text: str) -> str:
    """Refuse in settings what is not exactly one mail address."""
    try:
        Mailbox.read(text)
    except ValueError:
        raise PydanticCustomError("bad_sender", "is not one mail address; write it like Acme <hello@acme.example>") from None
    return text


def email_address(told: object) -> Address | None:
    """The address that a callback names; None where it names none that wasl could send to."""
    if not isinstance(told, str) or not re.fullmatch(EMAIL.pattern or "", told):
        return None
    return Address(channel="email", kind=EMAIL.kind, value=told)


MailboxText = Annotated[Line, AfterValidator(one_mailbox)]
"""A setting that holds one mail address, `Name <a@b>` or `a@b`."""


class Making(Protocol):
    """Makes addresses and message ids that name a delivery and prove that they are ours, when a mail comes back to them."""

    def address(self, mailbox: str, delivery: Delivery) -> str:
        """One of this delivery alone, which leads to the mailbox."""
        ...

    def tag(self, delivery: Delivery) -> str:
        """What stands behind the delivery's id in its Message-ID; the same in every attempt."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A delivery as a mail, in parts. `headers` are those besides From, To, Reply-To, Subject, Date and Message-ID; each fits on a line."""

    delivery: Delivery
    mail: Mail
    sender: Mailbox
    to: Mailbox
    reply_to: str | None
    headers: Mapping[str, str]
    tag: str = ""

    @property
    def message_id(self) -> str:
        """The same in every attempt."""
        return f"<{self.delivery.id}{self.tag}@{self.sender.domain}>"

    def mime(self) -> bytes:
        """All of it as bytes, unsigned; see `mime_bytes`.

        Raises:
            Rejected: one of its headers cannot be written.
        """
        try:
            return mime_bytes(
                self.mail,
                sender=self.sender,
                to=self.to,
                message_id=self.message_id,
                date=self.delivery.dated_at or self.delivery.created_at,
                headers={**self.headers, "Reply-To": self.reply_to} if self.reply_to is not None else self.headers,
                attachments=self.delivery.attachments,
            )
        except ValueError:
            raise Rejected(Reason.CONTENT_REJECTED, "content", "header") from None


@dataclass(frozen=True, slots=True, repr=False)
class _Face:
    """A sender, read once, with what is the same in all its mails."""

    mailbox: Mailbox
    reply_to: str | None
    feedback: str


class Letters:
    """Reads deliveries as mails of one sender, or of the brand's own. The same delivery always gives the same letter.

    `unsubscribe_to` is a mailbox that takes opt-outs by mail, offered beside the link. `smtputf8`: the service takes mailboxes that are
    not ASCII before their @ (RFC 6531). `making` gives each mail an address of its own for opt-outs, and a Message-ID with a proof.

    Raises:
        ValueError: one of the two is not exactly one mail address.
    """

    def __init__(self, sender: str, unsubscribe_to: str | None = None, *, smtputf8: bool = True, making: Making | None = None) -> None:
        self._making = making
        self._usual = Mailbox.read(sender)
        self._opt_outs = Mailbox.read(unsubscribe_to).address if unsubscribe_to is not None else None
        self._smtputf8 = smtputf8
        self._face = lru_cache(maxsize=1024)(self._read)

    def read(self, delivery: Delivery) -> Letter:
        """The letter of a delivery.

        Raises:
            Rejected: it cannot be a mail: its content, its address or its sender.
        """
        if not isinstance(delivery.content, Mail):
            raise Rejected(Reason.CONTENT_REJECTED, "content", "not_a_mail")
        try:
            to = Mailbox.read(delivery.address.value)
        except ValueError:
            raise Rejected(Reason.INVALID_ADDRESS, "address", "not_one_address") from None
        try:
            face = self._face(delivery.sender)
        except ValueError:
            raise Rejected(Reason.CONTENT_REJECTED, "content", "sender") from None
        if not (self._smtputf8 or to.local.isascii()):
            raise Rejected(Reason.UNREACHABLE, "content", "smtputf8")
        bare = Mailbox("", to.local, to.domain)
        tag = self._making.tag(delivery) if self._making is not None else ""
        return Letter(delivery, delivery.content, face.mailbox, bare, face.reply_to, self._headers(delivery, face), tag)

    def sender(self, sender: Sender) -> Mailbox:
        """As whom such a sender's mails go.

        Raises:
            ValueError: it is no mailbox; the text names the field.
        """
        return self._read(sender).mailbox

    def doubts(self, sender: Sender) -> tuple[str, ...]:
        """Why its mails would be refused before they are sent, as sentences."""
        try:
            self._read(sender)
        except ValueError as fact:
            return (f"its sender cannot be used: {fact}",)
        return ()

    def _read(self, sender: Sender) -> _Face:
        address = Mailbox.read(sender.address, "address") if sender.address is not None else self._usual
        if not (self._smtputf8 or address.local.isascii()):
            raise ValueError("address: is not ASCII before its @, which this service does not take")
        mailbox = Mailbox(sender.name or address.name, address.local, address.domain.lower())
        if sender.reply_to is not None:
            Mailbox.read(sender.reply_to, "reply_to")
        return _Face(mailbox, sender.reply_to, f"wasl{blake2b(mailbox.domain.encode(), digest_size=5).hexdigest()}")

    def _headers(self, delivery: Delivery, face: _Face) -> Mapping[str, str]:
        headers = {"X-Wasl-Attempt": delivery.attempt_id}
        if delivery.category in ("otp", "transactional"):
            headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes; to what people write, they may answer
        else:
            # Google counts complaints by these, of which the last names the sender: 5 to 15 characters.
            headers["Feedback-ID"] = f"{delivery.topic}:{delivery.category}:{delivery.brand}:{face.feedback}"
        if delivery.category == "promotional":
            headers["List-Id"] = f"<{delivery.topic}.{face.mailbox.domain}>"  # what filters sort by (RFC 2919)
        if delivery.unsubscribe is not None:
            headers["List-Unsubscribe"] = self._ways_out(delivery, delivery.unsubscribe)
            if delivery.unsubscribe.startswith("https:"):  # RFC 8058 section 3.1
                headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return headers

    def _ways_out(self, delivery: Delivery, link: str) -> str:
        """The link, and where there is room on the line a mail, which older mail programs prefer."""
        if self._opt_outs is None:
            return f"<{link}>"
        mailbox = self._making.address(self._opt_outs, delivery) if self._making is not None else self._opt_outs
        both = f"<{link}>, <mailto:{quote(mailbox, safe='@')}?subject=unsubscribe%20{delivery.id}>"
        return both if len(both) <= _ROOM else f"<{link}>"


def about_sender(error: ProviderError, delivery: Delivery) -> Rejected:
    """The refusal of a mail's sender: where that is a brand's own, of this mail alone, so that it pauses the provider for nobody else."""
    own = delivery.sender.address is not None
    return Rejected(Reason.PROVIDER_MISCONFIGURED, "content" if own else "provider", error.code)


class Composing(Generic[Composed]):
    """Composes mails: those with large files, which take long, one at a time and aside, while the others go on."""

    def __init__(self, compose: Callable[[Delivery], Composed]) -> None:
        self._compose = compose
        self._aside = asyncio.Semaphore(1)

    async def __call__(self, delivery: Delivery) -> Composed:
        """What `compose` makes of it, which may raise."""
        if sum(file.size for file in delivery.attachments) <= _LARGE:
            return self._compose(delivery)
        async with self._aside:
            return await asyncio.to_thread(self._compose, delivery)
