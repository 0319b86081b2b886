"""One mail as the bytes that SMTP carries.

Written by hand because it is on the hot path (the stdlib's builder takes 1.4 ms a mail) and because that builder encodes and so
breaks long List-Unsubscribe links. A test holds the two equal in meaning.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from types import MappingProxyType
from urllib.parse import quote

from wasl_contracts.attachment import Attachment
from wasl_contracts.content import Mail
from wasl_contracts.mailbox import CONTROLS, LONGEST_LINE, Mailbox

_FOLD_AT = 76  # RFC 2047 section 2: a line that holds encoded words, and RFC 2045 section 6.8: a line of base64
_PIECE = 57 * 2048  # bytes of a file; 57 are one line of base64
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_PLAIN_WORDS = re.compile(r"[!-~]+(?: [!-~]+)*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*")
# Headers that a caller may add; all others are written here, by the signer or by the servers on the way.
_ALLOWED = re.compile(r"(?:X|List)-[A-Za-z0-9-]{1,60}|Reply-To|Auto-Submitted|Feedback-ID|Precedence|In-Reply-To|References", re.IGNORECASE)


def mime_bytes(  # noqa: PLR0913  each is a header or part of its own; a class for them would be made and taken apart once a mail
    mail: Mail,
    *,
    sender: str | Mailbox,
    to: str | Mailbox,
    message_id: str,
    date: datetime,
    headers: Mapping[str, str] = _NO_HEADERS,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """A multipart/alternative mail (text, then HTML), in a multipart/mixed one where files go along.

    The same arguments always give the same bytes. Every line ends with CRLF and has at most 998 octets; parts are 7bit or base64;
    headers are ASCII, except a mailbox for which `needs_smtputf8` is true. `sender` and `to` are `Name <a@b>`, `a@b` or read already,
    `message_id` is `<left@right>`, `date` is aware. `headers` may add X-*, List-*, Reply-To, Auto-Submitted, Feedback-ID, Precedence,
    In-Reply-To and References; ASCII values stay as they are, so that links in List-Unsubscribe survive.

    Raises:
        ValueError: a value cannot be a header; the text names the header, and never the value.
    """
    if not _MESSAGE_ID.fullmatch(message_id) or len(message_id) > 250:
        raise ValueError("Message-ID: is not of the form <left@right>")
    lines = [
        _address_line("From", sender),
        _address_line("To", to),
        _text_line("Subject", mail.subject),
        f"Date: {_date(date)}",
        f"Message-ID: {message_id}",
        *(_added_line(name, value) for name, value in headers.items()),
        "MIME-Version: 1.0",
        f"Content-Language: {_language(mail.locale)}",
    ]
    boundary = f"=_{blake2b(message_id.encode(), digest_size=16).hexdigest()}"
    alternative = _alternative(mail, boundary)
    if not attachments:
        return "\r\n".join([*lines, alternative]).encode()
    # It holds the inner boundary, so that a text without the one is without the other.
    return _mixed("\r\n".join(lines), alternative, attachments, f"files{boundary}")


def _alternative(mail: Mail, boundary: str) -> str:
    lines = [
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        f"\r\n--{boundary}",
        _part("plain", mail.text, boundary),
        f"--{boundary}",
        _part("html", mail.html, boundary),
        f"--{boundary}--\r\n",
    ]
    return "\r\n".join(lines)


def _mixed(head: str, first: str, attachments: Sequence[Attachment], boundary: str) -> bytes:
    opening = f'{head}\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n--{boundary}\r\n{first}'.encode()
    between = f"\r\n--{boundary}\r\n".encode()
    parts = [opening]
    for file in attachments:
        parts += [between, *_attached(file)]
    return b"".join([*parts, f"\r\n--{boundary}--\r\n".encode()])


def _attached(file: Attachment) -> Iterator[bytes]:
    if CONTROLS.search(file.media_type) or CONTROLS.search(file.name):
        raise ValueError("Content-Disposition: holds a line break or control character")
    head = (
        f"Content-Type: {file.media_type}{_charset(file)}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {_file_name(file.name)}\r\n\r\n"
    )
    yield head.encode()
    # Piece by piece, as joining all lines of a large file at once would stop every other thread for as long.
    for start in range(0, len(file.content), _PIECE):
        yield b"\r\n" * (start > 0) + _base64_lines(file.content[start : start + _PIECE])


def _charset(file: Attachment) -> str:
    """Without one, text counts as ASCII (RFC 2046 section 4.1.2)."""
    if not file.media_type.startswith("text/"):
        return ""
    try:
        file.content.decode()
    except UnicodeDecodeError:
        return ""
    return "; charset=utf-8"


def _file_name(name: str) -> str:
    if name.isascii() and "=?" not in name:  # as in _address_line
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'filename="{quoted}"'
    pieces = [""]  # RFC 2231 sections 3 and 4: no line too long, and no character torn
    for character in (quote(one, safe="") for one in name):
        if len(pieces[-1]) + len(character) > _FOLD_AT - 24:
            pieces.append("")
        pieces[-1] += character
    if len(pieces) == 1:
        return f"filename*=utf-8''{pieces[0]}"
    pieces[0] = f"utf-8''{pieces[0]}"
    return ";\r\n ".join(f"filename*{number}*={piece}" for number, piece in enumerate(pieces))


def _address_line(header: str, written: str | Mailbox) -> str:
    mailbox = written if isinstance(written, Mailbox) else Mailbox.read(written, header)
    name, address = mailbox.name, mailbox.address
    if CONTROLS.search(name):
        raise ValueError(f"{header}: holds a line break or control character")
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
    if CONTROLS.search(text):
        raise ValueError(f"{header}: holds a line break or control character")
    # Spaces that folding could lose, and ASCII that a reader would take for an encoded word, are encoded too.
    if not text or (_PLAIN_WORDS.fullmatch(text) and "=?" not in text and len(header) + 2 + len(text) <= LONGEST_LINE):
        return f"{header}: {text}"
    return f"{header}: {_encoded_words(text, len(header) + 2)}"


def _added_line(header: str, value: str) -> str:
    if not _ALLOWED.fullmatch(header):
        raise ValueError(f"{CONTROLS.sub('?', header)[:64]}: is not a header that may be added")
    if header.lower() == "reply-to":
        return _address_line(header, value)
    if not value.isascii() and header[:2] in ("X-", "x-"):
        return _text_line(header, value)
    if not value.isascii() or CONTROLS.search(value) or not value.strip() or len(header) + 2 + len(value) > LONGEST_LINE:
        raise ValueError(f"{header}: must be ASCII on one line of at most {LONGEST_LINE} characters, and not empty")
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
    if text.isascii() and boundary not in text and (len(text) <= LONGEST_LINE or max(map(len, text.split("\n"))) <= LONGEST_LINE):
        encoding, body = "7bit", text.replace("\n", "\r\n")
    else:
        encoding, body = "base64", _base64_lines(text.replace("\n", "\r\n").encode()).decode()
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"


def _base64_lines(content: bytes) -> bytes:
    coded = b2a_base64(content, newline=False)
    return b"\r\n".join([coded[start : start + _FOLD_AT] for start in range(0, len(coded), _FOLD_AT)])


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
