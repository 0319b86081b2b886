"""The section of wasl.toml that names an SMTP server."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, FilePath, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.mime import Mailbox
from wasl_contracts.model import Frozen, Line

_HOST = r"^(?:[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$"
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
LONGEST_TIMEOUT = 60.0


def _one_mailbox(text: str) -> str:
    try:
        Mailbox.read(text)
    except ValueError:
        raise PydanticCustomError("bad_sender", "is not one mail address; write it like Acme <hello@acme.example>") from None
    return text


Host = Annotated[str, StringConstraints(max_length=253, pattern=_HOST)]


class Settings(Frozen):
    """Where the server is, how the connection is secured, and who sends.

    `security`: `starttls` and `tls` are required once chosen, never given up silently. `ca_file`: PEM certificates to trust besides
    the system's. `local_hostname`: what EHLO says, the sender's domain by default. `connections`: how many at one time.
    """

    host: Host
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    ca_file: FilePath | None = None
    username: Line | None = Field(None, min_length=1, repr=False)
    password: SecretStr | None = None
    sender: Annotated[Line, AfterValidator(_one_mailbox)]
    connections: int = Field(8, ge=1, le=64)
    timeout_seconds: float = Field(20, gt=0, le=LONGEST_TIMEOUT)
    local_hostname: Host | None = None

    @model_validator(mode="after")
    def _safe_sign_in(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise PydanticCustomError("half_sign_in", "needs both username and password, or neither")
        if self.username is not None and self.security == "none" and self.host not in _THIS_MACHINE:
            raise PydanticCustomError("password_in_clear", 'would send the password unencrypted; set security to "starttls" or "tls"')
        return self
