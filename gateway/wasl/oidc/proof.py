"""When an ID token is believed (OpenID Connect Core 1.0 section 3.1.3.7). PyJWT does it; what it does not ask is asked here."""

import hmac
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jwt
from jwt.types import Options
from pydantic import JsonValue

from wasl.oidc.faults import Because, NotSignedOn
from wasl.oidc.issuer import Jwk

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures with a public key alone: never `none`, and never HS256, for which whoever reads the public key could forge."""
SKEW = 60
"""Seconds that its clock and ours may be apart."""
_REQUIRED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
_MOST_SUBJECT = 255  # ASCII characters, section 2


class Signed(NamedTuple):
    """What the header of a token says, which proves nothing: the key and the algorithm."""

    kid: str | None
    algorithm: str


class Expected(NamedTuple):
    """Who must have made the token, for whom and for which sign-in."""

    issuer: str
    client_id: str
    nonce: str


def signed(token: str) -> Signed:
    """By what a token says that it is signed; raises NotSignedOn for what is never believed."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise _doubt(type(error).__name__) from None
    kid, algorithm = header.get("kid"), header.get("alg")
    if algorithm not in ALGORITHMS:
        raise _doubt("algorithm")
    return Signed(kid, algorithm)


def believed(token: str, by: Signed, keys: Sequence[Jwk], expected: Expected) -> Mapping[str, JsonValue]:
    """The claims of a token that one of these keys has signed; raises NotSignedOn, with the check that failed as its detail."""
    usable = [key for one in keys if (key := _usable(one, by.algorithm)) is not None]
    if len(usable) != 1:
        raise _doubt("no key" if not usable else "several keys, and the token names none")
    options: Options = {"require": _REQUIRED, "enforce_minimum_key_length": True}
    try:
        claims: dict[str, JsonValue] = jwt.decode(
            token, usable[0], [by.algorithm], options, audience=expected.client_id, issuer=expected.issuer, leeway=SKEW
        )
    except jwt.PyJWTError as error:
        raise _doubt(type(error).__name__) from None
    _check(claims, expected)
    return claims


def _check(claims: Mapping[str, JsonValue], expected: Expected) -> None:
    audience, party = claims["aud"], claims.get("azp")
    alone = isinstance(audience, str) or (isinstance(audience, list) and len(audience) == 1)
    if party not in ((None, expected.client_id) if alone else (expected.client_id,)):
        raise _doubt("azp")
    nonce, subject = claims["nonce"], claims["sub"]
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(errors="replace"), expected.nonce.encode()):
        raise _doubt("nonce")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MOST_SUBJECT:
        raise _doubt("sub")


def _usable(key: Jwk, algorithm: str) -> jwt.PyJWK | None:
    """The key, if it is one for that algorithm: a key of another kind, or kept for another algorithm, is none."""
    if key.get("alg", algorithm) != algorithm:
        return None
    try:
        return jwt.PyJWK.from_dict(dict(key), algorithm)
    except jwt.PyJWTError:
        return None


def _doubt(detail: str) -> NotSignedOn:
    return NotSignedOn(Because.NOT_PROVED, detail)
