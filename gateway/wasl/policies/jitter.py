"""Spreading what waits for the same moment: by chance that is always the same for one message and one rule."""

import hashlib
from datetime import timedelta

_MOST = timedelta(minutes=1)
_SHARE = 100


def jitter(message_id: str, rule: str, wait: timedelta) -> timedelta:
    """How much later than the first possible moment: less than a hundredth of `wait`, and less than a minute."""
    digest = hashlib.blake2b(f"{message_id}|{rule}".encode(), digest_size=8).digest()
    return min(_MOST, wait / _SHARE) * (int.from_bytes(digest) / 2**64)
