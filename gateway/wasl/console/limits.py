"""How often somebody may guess (passwords, codes of second factors), and how many pages of theirs stay up to date at one time."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wasl.callers import PerMinute
from wasl.errors import TooManyListeners

_FOLLOWED = 20  # pages of one user: one process serves a hundred of a brand, which are for everybody


class Limits:
    """How often somebody may try a password: five times a minute for each name from each address, thirty times from an address.

    A code of a second factor: five times a minute for each user, thirty times an hour. Twenty pages of each stay up to date.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._names = PerMinute(5, now)
        self._addresses = PerMinute(30, now)
        self._codes = PerMinute(5, now)
        self._codes_an_hour = PerMinute(30, lambda: now() / 60)
        self._followed: Counter[str] = Counter()

    def count(self, address: str, name: str) -> None:
        """One more try; raises TooMany where it is one too many."""
        self._addresses.count(address)
        self._names.count(f"{address}|{name}")

    def count_code(self, address: str, user_id: str) -> None:
        """One more code of a second factor: a million are few, so they are counted for a user wherever they come from, and an hour long."""
        self._addresses.count(address)
        self._codes.count(user_id)
        self._codes_an_hour.count(user_id)

    @contextmanager
    def following(self, user_id: str) -> Iterator[None]:
        """A place for a page that is told what happens; raises TooManyListeners."""
        if self._followed[user_id] >= _FOLLOWED:
            raise TooManyListeners("As many of your pages stay up to date as may at one time; close one.")
        self._followed[user_id] += 1
        try:
            yield
        finally:
            self._followed[user_id] -= 1
            if not self._followed[user_id]:
                del self._followed[user_id]
