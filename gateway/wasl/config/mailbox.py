"""What `[mailbox]` of wasl.toml may say: where mail comes in."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, ByteSize, Field, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.mailbox import Mailbox
from wasl_contracts.model import Frozen

_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.%]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})")


def _place(text: str) -> str:
    found = _LISTEN.fullmatch(text)
    if found is None or int(found["port"]) > 65_535:
        raise PydanticCustomError("bad_listen", 'is not an address and a port; write it like "127.0.0.1:2525" or "[::1]:2525"')
    return text


def _domain(text: str) -> str:
    try:
        return Mailbox.read(f"postmaster@{text}").domain.lower()
    except ValueError:
        raise PydanticCustomError("bad_domain", "is not a domain; write it like bounces.acme.example") from None


class MailboxSection(Frozen):
    """`[mailbox]`: an SMTP port inside `wasl serve` for what comes back to addresses that providers of mail make (`wasl[mailbox]`).

    It takes mail to `domains`, and there only to addresses with a proof. `listen` is host and port; without it there is no port.
    `size_limit` is of one mail; `per_minute` how many one network may bring, `connections` how many at one time, of which one network
    gets a quarter. `certificate` and `key` are files of PEM for STARTTLS, which is offered then.
    """

    listen: Annotated[str, AfterValidator(_place)] | None = None
    domains: tuple[Annotated[str, AfterValidator(_domain)], ...] = ()
    size_limit: ByteSize = Field(ByteSize(10 * 1024 * 1024), ge=16_384, le=50 * 1024 * 1024)
    per_minute: int = Field(120, ge=1, le=100_000)
    connections: int = Field(40, ge=4, le=10_000)
    certificate: Path | None = None
    key: Path | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.listen is not None and not self.domains:
            raise PydanticCustomError("no_domains", 'has listen without domains; name those whose MX leads here: domains = ["…"]')
        if (self.certificate is None) != (self.key is None):
            raise PydanticCustomError("half_certificate", "needs both certificate and key, or neither")
        return self

    @property
    def place(self) -> tuple[str, int] | None:
        """The host and port to listen on."""
        found = _LISTEN.fullmatch(self.listen or "")
        return (found["six"] or found["host"], int(found["port"])) if found is not None else None
