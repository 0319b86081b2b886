"""What a mail says, read by the standard library, which wrote none of it."""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage


def mail_fields(data: bytes) -> dict[str, str]:
    """The headers and text parts of a mail, decoded, by where they stand."""
    mail = message_from_bytes(data, EmailMessage, policy=policy.default)
    found = {f"header {name.lower()}": str(value) for name, value in mail.items()}
    return found | {f"part {part.get_content_type()}": part.get_content() for part in _text_parts(mail)}


def form_fields(content_type: str, body: bytes) -> dict[str, str]:
    """The values of a form sent as multipart/form-data (RFC 7578), by name."""
    # The 8bit parts of a form are UTF-8, whatever the rules of mail say.
    form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, EmailMessage, policy=policy.HTTP)
    parts = form.get_payload() if form.is_multipart() else []
    return {
        str(part.get_param("name", header="content-disposition")): bytes(part.get_payload(decode=True) or b"").decode(errors="replace")
        for part in parts
        if isinstance(part, EmailMessage)
    }


def opened(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields, and where one is a whole mail, as it is or as base64, also what that mail says."""
    found = dict(fields)
    for name, value in fields.items():
        if (mail := _mail(value)) is not None:
            found |= {f"{name}: {place}": text for place, text in mail_fields(mail).items()}
    return found


def _mail(value: str) -> bytes | None:
    if "\r\nMIME-Version: 1.0\r\n" in value:
        return value.encode()
    try:
        decoded = b64decode(value, validate=True) if len(value) > 256 else b""
    except (binascii.Error, ValueError):
        return None
    return decoded if b"\r\nMIME-Version: 1.0\r\n" in decoded else None


def _text_parts(mail: EmailMessage) -> Iterator[EmailMessage]:
    return (
        part for part in mail.walk() if isinstance(part, EmailMessage) and part.get_content_maintype() == "text" and not part.get_filename()
    )
