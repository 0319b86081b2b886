"""One mail as the bytes that SMTP carries.

Written by hand because it is on the hot path (the stdlib's builder takes 1.4 ms a mail) and because that builder encodes and so
breaks long List-Unsubscribe links. A test holds the two equal in meaning.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from types import MappingProxyType

from wasl_contracts.content import Mail

_LONGEST_LINE = 998  # RFC 5322 section 2.1.1, without CRLF
_FOLD_AT = 76  # RFC 2047 section 2: a line that holds encoded words, and RFC 2045 section 6.8: a line of base64
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

# Some of these end a line for some mail software; the others, and halves of surrogate pairs, have no business in a header.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PLAIN_WORDS = re.compile(r"[!-~]+(?: [!-~]+)*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NAMED_ADDRESS = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^"<>@]*)) *<([^<>]*)>')
# RFC 5321 section 4.1.2 with RFC 6531 section 3.3, without characters that are invisible or reorder text
_ATOM = r"[^\x00-\x20\x7f-\xa0\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff()<>\[\]:;@\\,.\"\s]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*")
# Headers that a caller may add; all others are written here, by the signer or by the servers on the way.
_ALLOWED = re.compile(r"(?:X|List)-[A-Za-z0-9-]{1,60}|Reply-To|Auto-Submitted|Feedback-ID|Precedence|In-Reply-To|References", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class Mailbox:
    """One mail address with the name shown for it, which may be empty. `domain` is in its ASCII form."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """What MAIL FROM and RCPT TO name."""
        return f"{self.local}@{self.domain}"

    @classmethod
    def read(cls, text: str, header: str = "address") -> "Mailbox":
        """Read `Name <a@b>` or `a@b`. International domains become punycode (IDNA 2003, RFC 3490).

        Raises:
            ValueError: it is not exactly one address; the text names `header` and never the address.
        """
        if _CONTROLS.search(text) or len(text) > _LONGEST_LINE:
            raise ValueError(f"{header}: holds a line break or control character, or is too long")
        name, address = "", text.strip()
        if "<" in address:
            found = _NAMED_ADDRESS.fullmatch(address)
            if found is None:
                raise ValueError(f"{header}: is not one mail address")
            quoted, plain, address = found.groups()
            name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain.strip()
        local, _, domain = address.rpartition("@")
        domain = domain if domain.isascii() else _punycode(domain, header)
        if not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain) or len(local.encode()) > 64:
            raise ValueError(f"{header}: is not one mail address")
        return cls(name, local, domain)


def needs_smtputf8(address: str) -> bool:
    """Whether only a server with SMTPUTF8 (RFC 6531) can carry mail to or from there: the part before the @ is not ASCII.

    Raises:
        ValueError: it is not exactly one address.
    """
    return not Mailbox.read(address).local.isascii()


def mime_bytes(  # noqa: PLR0913  each is a header of its own; a class for them would be made and taken apart once a mail
    mail: Mail, *, sender: str, to: str, message_id: str, date: datetime, headers: Mapping[str, str] = _NO_HEADERS
) -> bytes:
    """A multipart/alternative mail (text, then HTML); the same arguments always give the same bytes.

    Every line ends with CRLF and has at most 998 octets; parts are 7bit or base64; headers are ASCII, except a mailbox for which
    `needs_smtputf8` is true. `sender` and `to` are `Name <a@b>` or `a@b`, `message_id` is `<left@right>`, `date` is aware.
    `headers` may add X-*, List-*, Reply-To, Auto-Submitted, Feedback-ID, Precedence, In-Reply-To and References; ASCII values
    stay as they are, so that links in List-Unsubscribe survive.

    Raises:
        ValueError: a value cannot be a header; the text names the header, and never the value.
    """
    if not _MESSAGE_ID.fullmatch(message_id) or len(message_id) > 250:
        raise ValueError("Message-ID: is not of the form <left@right>")
    boundary = f"=_{blake2b(message_id.encode(), digest_size=16).hexdigest()}"
    lines = [
        _address_line("From", sender),
        _address_line("To", to),
        _text_line("Subject", mail.subject),
        f"Date: {_date(date)}",
        f"Message-ID: {message_id}",
        *(_added_line(name, value) for name, value in headers.items()),
        "MIME-Version: 1.0",
        f"Content-Language: {_language(mail.locale)}",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        f"\r\n--{boundary}",
        _part("plain", mail.text, boundary),
        f"--{boundary}",
        _part("html", mail.html, boundary),
        f"--{boundary}--\r\n",
    ]
    return "\r\n".join(lines).encode()


def _address_line(header: str, text: str) -> str:
    mailbox = Mailbox.read(text, header)
    name, address = mailbox.name, mailbox.address
    if not name:
        return f"{header}: {address}"
    # Some readers decode encoded words even inside quotes, so a name that looks like one is encoded itself.
    if "=?" in name or not name.isascii() or len(name) > 200:
        return f"{header}: {_encoded_words(name, len(header) + 2)}\r\n <{address}>"
    if _PLAIN_NAME.fullmatch(name):
        return f"{header}: {name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'{header}: "{quoted}" <{address}>'


def _text_line(header: str, text: str) -> str:
    if _CONTROLS.search(text):
        raise ValueError(f"{header}: holds a line break or control character")
    # Spaces that folding could lose, and ASCII that a reader would take for an encoded word, are encoded too.
    if not text or (_PLAIN_WORDS.fullmatch(text) and "=?" not in text and len(header) + 2 + len(text) <= _LONGEST_LINE):
        return f"{header}: {text}"
    return f"{header}: {_encoded_words(text, len(header) + 2)}"


def _added_line(header: str, value: str) -> str:
    if not _ALLOWED.fullmatch(header):
        raise ValueError(f"{_CONTROLS.sub('?', header)[:64]}: is not a header that may be added")
    if header.lower() == "reply-to":
        return _address_line(header, value)
    if not value.isascii() and header[:2] in ("X-", "x-"):
        return _text_line(header, value)
    if not value.isascii() or _CONTROLS.search(value) or not value.strip() or len(header) + 2 + len(value) > _LONGEST_LINE:
        raise ValueError(f"{header}: must be ASCII on one line of at most {_LONGEST_LINE} characters, and not empty")
    return f"{header}: {value.strip()}"


def _date(date: datetime) -> str:
    if date.utcoffset() is None:
        raise ValueError("Date: has no time zone")
    return format_datetime(date.astimezone(UTC))


def _language(locale: str) -> str:
    tag = locale.replace("_", "-")
    if not _LANGUAGE.fullmatch(tag) or len(tag) > 64:
        raise ValueError("Content-Language: is not a language tag")
    return tag


def _part(subtype: str, text: str, boundary: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # 7bit where it is safe, because filters distrust plain English in base64.
    if text.isascii() and boundary not in text and (len(text) <= _LONGEST_LINE or max(map(len, text.split("\n"))) <= _LONGEST_LINE):
        encoding, body = "7bit", text.replace("\n", "\r\n")
    else:
        encoding, body = "base64", _base64_lines(text.replace("\n", "\r\n").encode())
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"


def _base64_lines(content: bytes) -> str:
    coded = b2a_base64(content, newline=False).decode("ascii")
    return "\r\n".join([coded[start : start + _FOLD_AT] for start in range(0, len(coded), _FOLD_AT)])


def _encoded_words(text: str, indent: int) -> str:
    """RFC 2047 `B` words, one a line, each at most 75 characters; `indent` is what already stands on the first line."""
    return "\r\n ".join(f"=?utf-8?b?{b2a_base64(piece, newline=False).decode()}?=" for piece in _pieces(text.encode(), indent))


def _pieces(coded: bytes, indent: int) -> Iterator[bytes]:
    # 12 characters of an encoded word are its frame. Four of base64 hold three octets.
    start, room = 0, (_FOLD_AT - indent - 12) // 4 * 3
    while start < len(coded):
        end = min(start + max(room, 6), len(coded))
        while end < len(coded) and coded[end] & 0xC0 == 0x80:  # never inside a character (RFC 2047 section 5)
            end -= 1
        yield coded[start:end]
        start, room = end, 45


def _punycode(domain: str, header: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(f"{header}: has a domain that cannot exist") from None
