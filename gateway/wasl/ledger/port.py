"""What the ledger needs of a database engine: one connection for writing, statements that Core compiled once, rows in batches."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import Insert, Select, Update
from sqlalchemy.dialects import sqlite

Row = tuple[Any, ...]
"""A row as the driver gives it: the columns of the statement, of the types that tables.py names."""
Values = Mapping[str, object]
"""The parameters of a statement by name."""


class Hot:
    """A statement of the hot path: SQLAlchemy Core writes it once, the driver runs it (8 µs a row instead of 15, measured)."""

    def __init__(self, statement: Insert | Update | Select[Row]) -> None:
        compiled = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))
        self.sql = str(compiled)
        names = list(compiled.positiontup or ())
        # SQLAlchemy makes parameters of its own for some constants (the OFFSET of a LIMIT).
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._pick = itemgetter(*names) if len(names) > 1 else (lambda values: (values[names[0]],) if names else ())

    def row(self, values: Values) -> Row:
        """The parameters in the order of the statement."""
        return tuple(self._pick({**self._constants, **values} if self._constants else values))


class Transaction(Protocol):
    """One write transaction, or a snapshot for reading."""

    async def fetch(self, statement: Hot, values: Values) -> list[Row]:
        """Run once and return all rows."""
        ...

    async def many(self, statement: Hot, rows: Sequence[Values]) -> int:
        """Run for each row in one go; returns how many rows changed."""
        ...

    def put(self, statement: Hot, rows: Sequence[Values]) -> None:
        """Run for each row, together with the next call or the commit: for what needs no answer."""
        ...


Work = Callable[[Transaction], Awaitable[object]]
"""Something done in a transaction. It may run twice (alone, after its group failed), so it must change nothing but the database."""
