"""What the ledger needs of a database connection: rows in batches, whole or not at all."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from wasl.ledger.hot import Hot, Row, Values


class Collision(Exception):
    """Two transactions stood in each other's way and this one was undone; it may run again."""


class Reader(Protocol):
    """Hot reads, each of what is committed then."""

    async def fetch(self, statement: Hot, values: Values) -> list[Row]:
        """Run once and return all rows."""
        ...


class Transaction(Reader, Protocol):
    """One write transaction."""

    async def each(self, statement: Hot, rows: Sequence[Values]) -> list[Row]:
        """Run for each row in one go and return the rows of all runs."""
        ...

    async def many(self, statement: Hot, rows: Sequence[Values]) -> int:
        """Run for each row in one go; returns how many rows changed."""
        ...

    def put(self, statement: Hot, rows: Sequence[Values]) -> None:
        """Run for each row, together with the next call or the commit: for what needs no answer."""
        ...

    async def lock_rows(self, statement: Hot, values: Values) -> None:
        """Run a SELECT … FOR UPDATE, so that no other transaction changes these rows until the end."""
        ...

    async def lock(self, names: Collection[str], *, shared: bool = False) -> None:
        """Wait until no other transaction holds one of these names (when shared: holds it alone), and hold them until the end."""
        ...


Work = Callable[[Transaction], Awaitable[object]]
"""Something done in a transaction. It may run twice (alone, after its group failed), so it must change nothing but the database."""
