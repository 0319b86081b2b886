"""Mails that come back: reports of what became of one, complaints about it, and what people answer."""

from collections.abc import Iterator, Sequence
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr
from hashlib import sha256

from wasl_contracts import BadSignature, Callback, Event, Unreadable
from wasl_contracts.letter import email_address
from wasl_smtp.answered import automatic, said
from wasl_smtp.proofs import Proof, Proofs
from wasl_smtp.reported import Told, complaints, deliveries

_LOOKED_AT = 131_072  # octets: a report stands at the beginning, and of what was returned only its head matters
_MOST_PARTS = 16  # multiparts: the library looks for the end of each in every line, so that nested ones could hold up all others
_LONGEST = 512  # characters of a thread's id
ENVELOPE = "X-Original-To"
"""The header of the request that names the address to which a mail was delivered (RCPT TO), where the request does not hold it."""
_REPORTS = ("multipart/report", "message/delivery-status", "message/feedback-report")


class Returned:
    """Reads them. The proof is sought in the address to which a mail came, else in its head, else in what it returns or answers."""

    def __init__(self, proofs: Proofs) -> None:
        self._proofs = proofs

    def read(self, callback: Callback) -> Sequence[Event]:
        """What a mail tells.

        Raises:
            BadSignature: nothing in it proves that it is about a mail of ours.
            Unreadable: it is about one, and tells nothing that we understand.
        """
        start = callback.body[:_LOOKED_AT]
        proof = self._proof(callback, start.decode("latin-1"))
        if proof is None:
            raise BadSignature
        if start.lower().count(b"multipart/") > _MOST_PARTS:
            raise Unreadable
        try:
            mail = BytesParser(policy=compat32).parsebytes(start)
            return list(_events(mail, proof, callback))
        except (LookupError, ValueError, TypeError, AttributeError):  # what the library does with nonsense
            raise Unreadable from None

    def _proof(self, callback: Callback, text: str) -> Proof | None:
        if (address := callback.headers.get(ENVELOPE)) is not None:
            return self._proofs.of_address(address)
        head, _, _ = text.partition("\r\n\r\n" if "\r\n\r\n" in text else "\n\n")
        return self._proofs.found_in(head) or self._proofs.found_in(text)


def _events(mail: Message, proof: Proof, callback: Callback) -> Iterator[Event]:
    if mail.get_content_type() in _REPORTS:
        if not (told := [*deliveries(mail), *complaints(mail)]):
            if mail.get_param("report-type") in ("disposition-notification", "delivery-status", "feedback-report"):
                return  # of a kind that tells nothing which we have a word for
            raise Unreadable
        yield from (_event(one, mail, proof, callback) for one in told)
    elif proof.purpose == "opt_outs":
        yield _event(Told("unsubscribed"), mail, proof, callback)
    elif not automatic(mail):
        yield _reply(mail, proof, callback)
    elif proof.purpose == "bounces" and not mail.get("Auto-Submitted", "").lower().startswith("auto-replied"):
        raise Unreadable  # a bounce in words alone


def _event(told: Told, mail: Message, proof: Proof, callback: Callback) -> Event:
    return Event(
        kind=told.kind,
        at=callback.at,
        attempt_id=proof.attempt_id,
        event_id=_event_id(mail, proof, callback),
        reason=told.reason,
        code=told.code,
        dead=told.dead,
    )


def _reply(mail: Message, proof: Proof, callback: Callback) -> Event:
    _, sender = parseaddr(str(mail.get("From", "")))
    if (address := email_address(sender)) is None:
        raise Unreadable
    threads = f"{mail.get('References', '')} {mail.get('In-Reply-To', '')}".split()
    return Event(
        kind="replied",
        at=callback.at,
        attempt_id=proof.attempt_id,
        event_id=_event_id(mail, proof, callback),
        address=address,
        text=said(mail),
        thread=threads[0][:_LONGEST] if threads else None,
    )


def _event_id(mail: Message, proof: Proof, callback: Callback) -> str:
    """The same for a mail that comes twice. With the attempt in it, as the mail's own id is whatever its sender says."""
    own = str(mail.get("Message-ID", "")).strip().encode(errors="replace") or callback.body
    return sha256(proof.attempt_id.encode() + b"|" + own).hexdigest()
