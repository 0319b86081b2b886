"""What the operator configures, and the signing key in it."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.content import Url
from wasl_contracts.model import Frozen

Environment = Literal["production", "sandbox"]
_SERVERS: Final[dict[Environment, str]] = {
    "production": "https://api.push.apple.com",
    "sandbox": "https://api.sandbox.push.apple.com",
}
_NOT_A_KEY: Final = "is not a signing key of APNs; give the AuthKey_….p8 file that Apple's developer site makes under Keys"
TenSigns = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{10}$")]
"""How Apple writes the ids of keys and teams."""


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "apns"`.

    The signing key comes either from a file or as its text, and is checked with the configuration. `base_url` replaces the server of
    `environment`, for proxies and tests; http is HTTP/1.1.
    """

    key_file: Path | None = None
    key: SecretStr | None = None
    key_id: TenSigns
    team_id: TenSigns
    topic: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,255}$")] = Field(description="The app's bundle id.")
    environment: Environment = "production"
    base_url: Url | None = None
    timeout_seconds: float = Field(20, gt=0, le=300)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        _ = self.signing_key
        return self

    @property
    def server(self) -> str:
        return (self.base_url or _SERVERS[self.environment]).rstrip("/")

    @cached_property
    def signing_key(self) -> EllipticCurvePrivateKey:
        """The key, read once.

        Raises:
            PydanticCustomError: there is none. The text shows nothing of it.
        """
        text = self._text()
        try:
            key = load_pem_private_key(text, password=None)
        except (ValueError, TypeError):
            raise PydanticCustomError("signing_key", _NOT_A_KEY) from None
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise PydanticCustomError("signing_key", _NOT_A_KEY)
        return key

    def _text(self) -> bytes:
        match self.key_file, self.key:
            case Path() as file, None:
                return _read(file)
            case None, SecretStr() as text:
                return text.get_secret_value().encode(errors="replace")
        raise PydanticCustomError("signing_key", "needs either key_file or key, and not both")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise PydanticCustomError("key_file", "names a key_file that cannot be read") from None
