"""What the operator configures, and the service account's key in it."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Self

from google.oauth2 import service_account
from pydantic import BaseModel, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.content import Url
from wasl_contracts.model import Frozen

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
_NOT_A_KEY: Final = "is not a service account's key; give the JSON that the Firebase console makes under Project settings, Service accounts"

ProjectId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.:-]*$")]


class _Key(BaseModel):
    """The parts of the key file that are used."""

    client_email: str
    private_key: str
    private_key_id: str | None = None
    project_id: ProjectId | None = None
    token_uri: Url = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address, not a password


@dataclass(frozen=True, slots=True)
class Account:
    """A service account, ready to sign."""

    credentials: service_account.Credentials = field(repr=False)
    project_id: str
    token_uri: str


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "fcm"`.

    The service account's key comes either from a file or as JSON text, and is checked with the configuration. `project_id` is the
    key's own where it is left out. `token_url` replaces the key's `token_uri`, for proxies and tests.
    """

    service_account_file: Path | None = None
    service_account: SecretStr | None = None
    project_id: ProjectId | None = None
    base_url: Url = "https://fcm.googleapis.com"
    token_url: Url | None = None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        _ = self.account
        return self

    @cached_property
    def account(self) -> Account:
        """The account behind the key, read once: checking an RSA key takes 40 ms.

        Raises:
            PydanticCustomError: there is none. The text shows nothing of the key.
        """
        text = self._text()
        try:
            key = _Key.model_validate_json(text)
            read = service_account.Credentials.from_service_account_info
            credentials = read(key.model_dump(exclude_none=True))  # type: ignore[no-untyped-call]  # google-auth's is untyped
            credentials.sign_bytes(b"a trial")  # google-auth also takes keys with which it cannot sign
        except (ValueError, TypeError):
            raise PydanticCustomError("service_account", _NOT_A_KEY) from None
        project_id = self.project_id or key.project_id
        if project_id is None:
            raise PydanticCustomError("project_id", "names no project, and neither does the key; add project_id")
        return Account(credentials, project_id, key.token_uri)

    def _text(self) -> str:
        match self.service_account_file, self.service_account:
            case Path() as file, None:
                return _read(file)
            case None, SecretStr() as text:
                return text.get_secret_value()
        raise PydanticCustomError("service_account", "needs either service_account_file or service_account, and not both")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise PydanticCustomError("service_account_file", "names a service_account_file that cannot be read") from None
