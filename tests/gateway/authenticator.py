"""What somebody's phone shows: written anew, so that nothing checks itself."""

import base64
import hashlib
import hmac
from datetime import datetime

from wasl.api import Gateway
from wasl.users import User


def shown(secret: str, at: datetime, steps: int = 0) -> str:
    """The code of a secret in base32 at that moment (RFC 6238), or so many half minutes later."""
    counter = int(at.timestamp()) // 30 + steps
    digest = hmac.digest(base64.b32decode(secret.replace(" ", "")), counter.to_bytes(8, "big"), hashlib.sha1)
    at_byte = digest[-1] & 15
    return f"{(int.from_bytes(digest[at_byte : at_byte + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


async def enrolled(gateway: Gateway, user: User) -> tuple[str, tuple[str, ...]]:
    """Give them a second factor, confirmed by the code of half a minute ago; returns its secret and the recovery codes."""
    session = await gateway.open_session(user)
    await gateway.begin_factor(user)
    told = await gateway.enrolment(user)
    assert told is not None
    codes = await gateway.confirm_factor(session, shown(told.spelled, gateway.now(), -1))
    assert codes is not None
    return told.spelled, codes
