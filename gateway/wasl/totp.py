"""Codes that an app shows for half a minute (TOTP, RFC 6238), and codes on paper for who lost it. The ledger keeps which were used."""

import base64
import secrets
import unicodedata
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP = 30
"""Seconds that a code is shown for: RFC 6238 section 5.2."""
DRIFT = 1
"""Steps that a phone's clock may be wrong by, either way: the same section."""
_SECRET = 20  # bytes, as long as the hash: RFC 4226 section 4, R6
_DIGITS = 6
_ISSUER = "wasl"
_RECOVERY = 10  # codes at a time
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that looks like another
_GROUP, _GROUPS = 4, 3  # 12 of 31 letters: 59 bits


class Enrolment(NamedTuple):
    """What an app needs to show the codes: the secret in groups of four, and the address (otpauth:) of a QR code; no repr shows it."""

    spelled: str
    address: str

    def __repr__(self) -> str:
        return "Enrolment(…)"


def new_secret() -> bytes:
    """A secret to share with an app."""
    return secrets.token_bytes(_SECRET)


def enrolment(secret: bytes, name: str, place: str = "") -> Enrolment:
    """The secret as people give it to their app, which will show it under the user's name and the installation's, its host."""
    text = base64.b32encode(secret).decode()
    issuer = f"{_ISSUER} {place}".strip()
    asked = {"secret": text, "issuer": issuer, "algorithm": "SHA1", "digits": _DIGITS, "period": STEP}
    spelled = " ".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
    return Enrolment(spelled, f"otpauth://totp/{quote(issuer)}:{quote(name, safe='')}?{urlencode(asked, quote_via=quote)}")


def step_of(code: str, secret: bytes, now: datetime) -> int | None:
    """The time step whose code this is: the present one, or one beside it. None: it is none of theirs."""
    # SHA-1 is what apps compute, whatever else they are asked for; as HMAC it is not broken (RFC 6238 section 1.2, RFC 6194).
    app = TOTP(secret, _DIGITS, SHA1(), STEP)  # noqa: S303
    given, present = code.encode(errors="replace"), int(now.timestamp()) // STEP
    steps = range(present - DRIFT, present + DRIFT + 1)
    alike = [step for step in steps if bytes_eq(app.generate(step * STEP), given)]  # all of them, so that each takes as long
    return alike[0] if alike else None


def new_recovery_codes() -> tuple[str, ...]:
    """Ten codes for a drawer, each good for once."""
    return tuple("-".join(_letters() for _ in range(_GROUPS)) for _ in range(_RECOVERY))


def typed(code: str) -> str:
    """A code as it is compared, however it was typed: without spaces and hyphens, in small letters, digits of any script as ASCII."""
    kept = "".join(letter for letter in code[:64] if letter.isalnum())
    return "".join(str(unicodedata.digit(letter, letter)) for letter in kept).lower()


def _letters() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_GROUP))
