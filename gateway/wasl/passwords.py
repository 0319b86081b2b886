"""Passwords as they are kept: hashed by argon2id (RFC 9106), which costs whoever guesses 64 MiB and some 50 ms a try, and us too."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
_AT_ONCE = 2  # each takes 64 MiB; whoever tries more waits
_room = asyncio.Semaphore(_AT_ONCE)


async def hashed(password: str) -> str:
    """What is kept in its place."""
    async with _room:
        return await asyncio.to_thread(_hasher.hash, password)


async def matches(password: str, kept: str | None) -> bool:
    """Whether it is the one that was hashed. Without one (no such user, or single sign-on) it takes as long and is never right."""
    async with _room:
        return await asyncio.to_thread(_matches, password, kept)


def _matches(password: str, kept: str | None) -> bool:
    try:
        return _hasher.verify(kept or _decoy(), password) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")
