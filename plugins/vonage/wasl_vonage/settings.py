"""What the operator configures, and how requests are signed with it."""

import re
from functools import cached_property
from typing import Annotated, Final, Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.content import Url
from wasl_contracts.model import Frozen

SENDER: Final = r"^(\+?[1-9][0-9]{2,14}|[A-Za-z0-9][A-Za-z0-9 &+_-]{0,10})$"
"""A number, a short code, or a name of at most 11 letters and digits."""
_Secret = Annotated[SecretStr, Field(min_length=1)]


def _api_key(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{1,64}", key.get_secret_value()):
        raise PydanticCustomError("api_key", "is no API key; write it as the dashboard shows it, like abcd1234")
    return key


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "vonage"`.

    Either `api_key` and `api_secret`, or `application_id` and `private_key` (the text of its PEM file). `sender` is for brands that have
    none of their own. `signature_secret` proves Vonage's callbacks; without it all are refused. `status_callback` is the public address
    to which Vonage reports, where it is not the one in its dashboard.
    """

    api_key: Annotated[SecretStr, AfterValidator(_api_key)] | None = None
    api_secret: _Secret | None = None
    application_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F-]{36}$")] | None = None
    private_key: _Secret | None = None
    sender: Annotated[str, StringConstraints(pattern=SENDER)]
    signature_secret: _Secret | None = None
    status_callback: Url | None = None
    base_url: Url = "https://api.nexmo.com"

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        by_key = (self.api_key is not None, self.api_secret is not None)
        by_application = (self.application_id is not None, self.private_key is not None)
        if sorted((by_key, by_application)) != [(False, False), (True, True)]:
            raise PydanticCustomError("credentials", "needs api_key and api_secret, or application_id and private_key, and not both")
        _ = self.signing_key
        return self

    @cached_property
    def signing_key(self) -> RSAPrivateKey | None:
        """The application's key, read once; None where an API key is used.

        Raises:
            PydanticCustomError: `private_key` is none. The text shows nothing of it.
        """
        if self.private_key is None:
            return None
        try:
            key = load_pem_private_key(self.private_key.get_secret_value().encode(errors="replace"), password=None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise PydanticCustomError("private_key", "has a private_key that is none; give the text of the application's private.key file")
        return key
