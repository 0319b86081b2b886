"""What proves that a callback is Vonage's (https://developer.vonage.com/en/getting-started/concepts/webhooks#signed-webhooks).

A token that the account's signature secret signs (HS256), with the moment and the digest of the body. Vonage's SDK checks neither of
the two, so that a token once seen would prove any body for ever.
"""

from hashlib import sha256
from typing import Final

import jwt
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from wasl_contracts import BadSignature, Callback
from wasl_contracts.signing import fresh, header, same

_HS256: Final = ("HS256",)  # and never what the token itself names
_TOKENS: Final = jwt.PyJWS(_HS256)


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    iat: int
    payload_hash: str


def prove(callback: Callback, secret: SecretStr | None) -> None:
    """Pass a callback that Vonage has signed a moment ago.

    Raises:
        BadSignature: it is not Vonage's, not this body's, or too old.
    """
    scheme, _, token = header(callback, "Authorization").partition(" ")
    if secret is None or scheme.lower() != "bearer":
        raise BadSignature
    try:
        claims = _Claims.model_validate_json(payload(token, secret))
    except ValidationError:
        raise BadSignature from None
    fresh(str(claims.iat), callback.at)
    same(claims.payload_hash, sha256(callback.body).hexdigest())


def payload(token: str, secret: SecretStr) -> bytes:
    """What a token says, where the secret signed it.

    Raises:
        BadSignature: it did not, or this is no token.
    """
    if not token.isascii():
        raise BadSignature
    try:
        said: bytes = _TOKENS.decode(token, secret.get_secret_value(), _HS256)
    except jwt.PyJWTError:
        raise BadSignature from None
    return said
