"""The section of wasl.toml that names an SMTP server."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.letter import MailboxText
from wasl_contracts.mailbox import Mailbox
from wasl_contracts.model import Frozen, Line
from wasl_smtp.dkim import private_key

_HOST = r"^(?:[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$"
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_LONGEST_MAILBOX = 19
_SHORTEST_SECRET = 32
LONGEST_TIMEOUT = 60.0


def _bounce_mailbox(text: str) -> str:
    try:
        mailbox = Mailbox.read(text)
    except ValueError:
        mailbox = Mailbox("", "", "")
    # With `+` and 44 characters that name an attempt it must stay within the 64 octets of RFC 5321 section 4.5.3.1.1.
    if mailbox.name or not 0 < len(mailbox.local) <= _LONGEST_MAILBOX or not mailbox.local.isascii():
        told = f"is not one mail address of ASCII with at most {_LONGEST_MAILBOX} characters before its @, like bounces@mail.acme.example"
        raise PydanticCustomError("bad_return_path", told)
    return mailbox.address


def _signs(pem: SecretStr) -> SecretStr:
    try:
        private_key(pem.get_secret_value())
    except ValueError as fact:
        raise PydanticCustomError("bad_key", str(fact)) from None
    return pem


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < _SHORTEST_SECRET:
        raise PydanticCustomError("short_secret", f"has fewer than {_SHORTEST_SECRET} characters; make one with openssl rand -hex 32")
    return secret


def _domain(text: str) -> str:
    try:
        return Mailbox.read(f"postmaster@{text}").domain.lower()
    except ValueError:
        raise PydanticCustomError("bad_domain", "is not a domain; write it like acme.example") from None


def _list_of_tables(keys: object) -> object:
    if isinstance(keys, dict):
        raise PydanticCustomError("one_table", 'is one table; a domain may have several keys, so write [[….dkim."acme.example"]]')
    return keys


Host = Annotated[str, StringConstraints(max_length=253, pattern=_HOST)]
Domain = Annotated[str, AfterValidator(_domain)]


class DkimKey(Frozen):
    """A key for DKIM: PEM of RSA from 2048 bits, or of Ed25519. Its public half stands in DNS at `<selector>._domainkey.<domain>`."""

    selector: Annotated[str, StringConstraints(max_length=63, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$")]
    key: Annotated[SecretStr, AfterValidator(_signs)]


class Settings(Frozen):
    """Where the server is, how the connection is secured, and who sends.

    `security`: `starttls` and `tls` are required once chosen, never given up silently. `ca_file`: PEM certificates to trust besides
    the system's. `local_hostname`: what EHLO says, the sender's domain by default. `connections`: how many at one time.
    `return_path`: where bounces go, by default to the sender; each mail's own address in it is `bounces+<delivery id>@…`. `replies_to`:
    where answers go to mails whose sender names no Reply-To of its own. `unsubscribe_to`: a mailbox that takes opt-outs by mail, offered
    beside the link. With `inbound_secret` each mail has its own address in all three, with a proof, and wasl reads what comes there.
    `dkim`: the keys of each domain; a mail is signed with all keys of its sender's domain, or else of the nearest domain above it.
    """

    host: Host
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    ca_file: FilePath | None = None
    username: Line | None = Field(None, min_length=1, repr=False)
    password: SecretStr | None = None
    sender: MailboxText
    return_path: Annotated[Line, AfterValidator(_bounce_mailbox)] | None = None
    replies_to: Annotated[Line, AfterValidator(_bounce_mailbox)] | None = None
    unsubscribe_to: MailboxText | None = None
    inbound_secret: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    dkim: dict[Domain, Annotated[tuple[DkimKey, ...], BeforeValidator(_list_of_tables), Field(min_length=1, max_length=4)]] = Field(
        default_factory=dict
    )
    connections: int = Field(8, ge=1, le=64)
    timeout_seconds: float = Field(20, gt=0, le=LONGEST_TIMEOUT)
    local_hostname: Host | None = None

    @model_validator(mode="after")
    def _proved(self) -> Self:
        if self.inbound_secret is None and self.replies_to is not None:
            raise PydanticCustomError("unproved_replies", "has replies_to without inbound_secret, so nobody could tell whose answer it is")
        if self.inbound_secret is not None and self.unsubscribe_to is not None:
            _bounce_mailbox(Mailbox.read(self.unsubscribe_to).address)
        return self

    @model_validator(mode="after")
    def _safe_sign_in(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise PydanticCustomError("half_sign_in", "needs both username and password, or neither")
        if self.username is not None and self.security == "none" and self.host not in _THIS_MACHINE:
            raise PydanticCustomError("password_in_clear", 'would send the password unencrypted; set security to "starttls" or "tls"')
        return self
