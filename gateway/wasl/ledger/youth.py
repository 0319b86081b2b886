"""Young tables: PostgreSQL is told to look at them while they grow from nothing.

Autovacuum comes once a minute. Until then PostgreSQL takes every table for tiny and every brand for rare, and walks over what it should
look up: a burst into an empty ledger went ten times slower with every few thousand messages.
"""

from collections.abc import Awaitable, Callable

_YOUNG = 100_000  # rows; a table of that size has statistics that hold
_FIRST, _TIMES, _LAST = 4, 2, 5_000  # it looks at the 4th, 8th, 16th … call
_TABLES = ("messages", "deliveries", "attempts", "recipients", "events", "consents", "suppressions", "sources", "feed")
_OURS = ", ".join(f"to_regclass('{table}')" for table in _TABLES)
_WHICH = f"""
    SELECT string_agg(relname, ', ') FROM pg_class
    WHERE oid = ANY (ARRAY[{_OURS}]::oid[]) AND reltuples < {_YOUNG} AND pg_relation_size(oid) > 0
"""  # noqa: S608 - names of ours


class Youth:
    """Counts what comes into a ledger, and tells when to look at it."""

    def __init__(self, value: Callable[[str], Awaitable[object]], run: Callable[[str], Awaitable[None]]) -> None:
        self._value, self._run = value, run
        self._calls, self._next = 0, _FIRST

    def grew(self) -> bool:
        """To be called when rows have come; whether it is time to look."""
        self._calls += 1
        if self._calls != self._next:
            return False
        self._next = self._next * _TIMES if self._next < _LAST else 0
        return True

    async def look(self) -> None:
        """Have the young tables analyzed. PostgreSQL skips those that somebody analyzes just now, and those that are not ours to analyze.

        Not the empty ones: it would then know that there is nothing in them, and plan accordingly.
        """
        if young := await self._value(_WHICH):
            await self._run(f"ANALYZE (SKIP_LOCKED) {young}")
        else:
            self._next = 0
