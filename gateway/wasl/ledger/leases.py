"""Work that one process at a time does, and another takes over when it does not renew its hold: a row with a fence and the end of the hold.

Whoever takes the row makes its fence grow, and every write of the work asks for the fence that it took: a process that was thought dead,
and is not, writes nothing more.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, ColumnElement, Integer, Table, bindparam, literal_column

HELD: Final = 15 * 1_000_000
"""Microseconds for which a hold lasts that is not renewed."""


def lease_columns() -> tuple[Column[int], Column[int]]:
    """`fence`, how often it was taken; `leased_until`, 0 where nobody works at it."""
    return Column("fence", Integer, nullable=False), Column("leased_until", BigInteger, nullable=False)


def free(table: Table) -> ColumnElement[bool]:
    """Nobody holds it at `:now`."""
    return table.c.leased_until <= bindparam("now", type_=BigInteger())


def held(table: Table) -> ColumnElement[bool]:
    """It is still held by who took it as `:key_fence`."""
    return table.c.fence == bindparam("key_fence", type_=Integer())


def taken(table: Table) -> dict[str, ColumnElement[Any]]:
    """The values of a row that is taken now, until `:leased_until`."""
    return {"fence": table.c.fence + literal_column("1"), "leased_until": bindparam("leased_until", type_=BigInteger())}
