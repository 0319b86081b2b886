"""Whether all is there that the ledger needs of its database: its tables, and on PostgreSQL the rights to use them."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from wasl.errors import Unusable
from wasl.ledger.tables import schema

_READING = ("SELECT",)
_WRITING = ("SELECT", "INSERT", "UPDATE", "DELETE")
_THERE = "SELECT name FROM sqlite_master WHERE type = 'table'"
_RIGHTS = "SELECT t.name, to_regclass(t.name) IS NOT NULL, {} FROM unnest(CAST(:names AS text[])) AS t(name)"  # NULL where it is not there
_READ_ONLY = "SELECT current_setting('transaction_read_only') = 'on'"


async def require_whole(engine: AsyncEngine, *, reading: bool = False) -> None:
    """Make sure that every table is there, and may be read and written; with `reading`, read.

    Raises:
        Unusable: something is missing; the text names it.
    """
    names = sorted(schema.tables)
    async with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            there = {str(row[0]) for row in await connection.execute(text(_THERE))}
            _require([name for name in names if name not in there])
        else:
            await _require_rights(connection, names, reading)


async def _require_rights(connection: AsyncConnection, names: list[str], reading: bool) -> None:
    rights = " AND ".join(f"has_table_privilege(to_regclass(t.name), '{right}')" for right in (_READING if reading else _WRITING))
    rows = (await connection.execute(text(_RIGHTS.format(rights)), {"names": names})).all()
    _require([name for name, there, _ in rows if not there])
    if closed := [name for name, _, allowed in rows if not allowed]:
        needed = ", ".join(_READING if reading else _WRITING)
        raise Unusable(f"The PostgreSQL role lacks rights on {', '.join(closed)}; grant it {needed} on them, or connect as their owner.")
    if not reading and (await connection.execute(text(_READ_ONLY))).scalar():
        raise Unusable(
            "The PostgreSQL database is read-only, so nothing can be kept. "
            "Let `database` in wasl.toml name the primary, or switch default_transaction_read_only off."
        )


def _require(missing: list[str]) -> None:
    if missing:
        raise Unusable(
            f"The database lacks {', '.join(missing)}: its schema is not what this wasl needs. Restore it from a backup, "
            "or name another database in wasl.toml."
        )
