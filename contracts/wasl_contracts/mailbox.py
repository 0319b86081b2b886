"""Mail addresses: exactly one, with the name shown for it, and its domain as DNS knows it."""

import re
from dataclasses import dataclass

import idna

LONGEST_LINE = 998
"""Of a mail, in octets without CRLF (RFC 5322 section 2.1.1)."""

# Some of these end a line for some mail software; the others, and halves of surrogate pairs, have no business in a header.
CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What no header may hold."""

_NAMED_ADDRESS = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^"<>@]*)) *<([^<>]*)>')
# RFC 5321 section 4.1.2 with RFC 6531 section 3.3, without characters that are invisible or reorder text
_ATOM = r"[^\x00-\x20\x7f-\xa0\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff()<>\[\]:;@\\,.\"\s]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*")


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
        """Read `Name <a@b>` or `a@b`. International domains become punycode as IDNA 2008 says (RFC 5891, mapped by UTS #46).

        Not as IDNA 2003, which Python's own codec is: it takes `straße.example` for `strasse.example`, another's domain.

        Raises:
            ValueError: it is not exactly one address; the text names `header` and never the address.
        """
        if CONTROLS.search(text) or len(text) > LONGEST_LINE:
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


def _punycode(domain: str, header: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        raise ValueError(f"{header}: has a domain that cannot exist") from None
