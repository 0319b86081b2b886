"""Bringing the schema up to date, in-process and safe against crashes: all that is missing is one transaction."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool

from wasl.errors import Unusable

HEAD = "0023"
"""The newest migration; a test holds it to the folder `migrations`."""
_TURN = 0x7761736C  # the advisory lock under which PostgreSQL lets one start after the other migrate: "wasl"


def migrate(path: Path) -> None:
    """Run the migrations that a SQLite file lacks. Costs one look where it lacks none: Alembic takes half a second to import.

    Raises:
        Unusable: the file was written by a newer wasl.
        sqlite3.Error: the file cannot be used.
    """
    if version(path) == HEAD:
        return
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, timeout=30, isolation_level=None), poolclass=NullPool)

    # Python's driver would commit before DDL; with BEGIN IMMEDIATE by hand a migration is whole or absent, and two starts take turns.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            _upgrade(connection, f"The database {path}")
    except DBAPIError as error:
        raise error.orig or error from None


async def migrate_postgres(engine: AsyncEngine) -> None:
    """Run the migrations that a PostgreSQL database lacks.

    Raises:
        Unusable: it was written by a newer wasl, or wasl may not make tables in it.
    """
    if await version_postgres(engine) == HEAD:
        return
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
        await connection.run_sync(_upgrade, "The database")


def version(path: Path) -> str | None:
    """The migration that a SQLite file is at; None where it has no schema yet."""
    with_timeout = sqlite3.connect(path, timeout=5)
    try:
        found = with_timeout.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = with_timeout.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
        return str(row[0]) if row else None
    finally:
        with_timeout.close()


async def version_postgres(engine: AsyncEngine) -> str | None:
    """The migration that a PostgreSQL database is at; None where it has no schema yet."""
    async with engine.connect() as connection:
        return await connection.run_sync(_version)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return str(row[0]) if row else None


def _upgrade(connection: Connection, what: str) -> None:
    from alembic import command  # noqa: PLC0415 - takes half a second, and is seldom needed
    from alembic.config import Config  # noqa: PLC0415 - as said above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as said above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    found = _version(connection)
    if found is not None and found not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
        raise Unusable(f"{what} was written by a newer wasl (schema {found}, this one knows {HEAD}); update wasl.")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
