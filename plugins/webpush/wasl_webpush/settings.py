"""What the operator configures: the key that browsers knew when they subscribed, and who to write to about it."""

import binascii
from functools import cached_property
from typing import Annotated, Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from py_vapid import Vapid02
from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.content import Url
from wasl_contracts.model import Frozen

_NOT_A_KEY: Final = "is not a VAPID private key; give the 43 characters that `npx web-push generate-vapid-keys` calls Private Key, or a PEM"
# RFC 8292 section 2.1: a mail or an https link; py-vapid and Apple want no more than this.
_CONTACT: Final = r"^(mailto:[^\s@<>]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$"


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "webpush"`."""

    private_key: SecretStr = Field(description="The VAPID private key; its public half is what browsers subscribe with.")
    contact: Annotated[str, StringConstraints(pattern=_CONTACT)] = Field(description="mailto:… or https://…, for the push services.")
    base_url: Url | None = Field(None, description="For tests: post here, with the path and query of the subscription's endpoint.")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        _ = self.signer
        return self

    @cached_property
    def signer(self) -> Vapid02:
        """What signs for us, read once.

        Raises:
            PydanticCustomError: the key is none. The text shows nothing of it.
        """
        text = self.private_key.get_secret_value().strip()
        try:
            signer = Vapid02.from_pem(text.encode()) if text.startswith("-----BEGIN") else Vapid02.from_string(text)
            if isinstance(signer.private_key.curve, SECP256R1):
                return signer
        except (ValueError, TypeError, AttributeError, binascii.Error, UnsupportedAlgorithm):
            pass  # told below, without the text of the error
        raise PydanticCustomError("vapid_key", _NOT_A_KEY)
