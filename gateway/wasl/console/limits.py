"""How often somebody may guess: passwords and codes of second factors."""

import time
from collections.abc import Callable

from wasl.callers import PerMinute


class Limits:
    """How often somebody may try a password: five times a minute for each name from each address, thirty times from an address.

    A code of a second factor: five times a minute for each user, thirty times an hour.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._names = PerMinute(5, now)
        self._addresses = PerMinute(30, now)
        self._codes = PerMinute(5, now)
        self._codes_an_hour = PerMinute(30, lambda: now() / 60)

    def count(self, address: str, name: str) -> None:
        """One more try; raises TooMany where it is one too many."""
        self._addresses.count(address)
        self._names.count(f"{address}|{name}")

    def count_code(self, address: str, user_id: str) -> None:
        """One more code of a second factor: a million are few, so they are counted for a user wherever they come from, and an hour long."""
        self._addresses.count(address)
        self._codes.count(user_id)
        self._codes_an_hour.count(user_id)
