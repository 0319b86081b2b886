"""Languages as keys, and the way from one to wider ones: ar-SA, then ar."""

import re
from collections.abc import Iterator

LOCALE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}")
"""How a file is called by its language."""


def key(locale: str) -> str:
    """The same for ar-SA, ar_SA and AR-sa."""
    return locale.replace("_", "-").lower()


def widening(locale: str) -> Iterator[str]:
    """The language and all wider ones, as keys."""
    wanted = key(locale)
    while wanted:
        yield wanted
        wanted = wanted.rpartition("-")[0]
