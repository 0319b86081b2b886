"""The section of wasl.toml that names an account at SendGrid."""

import base64
import binascii
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from wasl_contracts.content import Url
from wasl_contracts.letter import MailboxText
from wasl_contracts.model import Frozen
from wasl_contracts.signing import TOLERANCE


def public_key(text: str) -> EllipticCurvePublicKey:
    """The key that SendGrid shows.

    Raises:
        ValueError: it is none.
    """
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise ValueError("is not base64 of a public key") from None
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("is not a key of ECDSA")
    return key


def _verifies(text: str) -> str:
    try:
        public_key(text)
    except ValueError as fact:
        told = f"{fact}; copy the verification key that SendGrid shows under Mail Settings, Event Webhook"
        raise PydanticCustomError("bad_key", "{told}", {"told": told}) from None
    return text


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "sendgrid"`.

    `verification_key` is the public key of the signed event webhook; without it callbacks are refused. `callback_tolerance` is how many
    seconds old a signature may be. `tracking` lets SendGrid count opens and rewrite links.
    """

    api_key: Annotated[SecretStr, Field(min_length=1)]
    sender: MailboxText
    verification_key: Annotated[str, AfterValidator(_verifies)] | None = None
    callback_tolerance: Annotated[float, Field(ge=30, le=86_400)] = TOLERANCE
    tracking: bool = False
    base_url: Url = "https://api.sendgrid.com"
