"""Opening the database that the configuration names."""

import sqlite3
from pathlib import Path

import asyncpg
from sqlalchemy import select

from wasl.config import Config
from wasl.errors import Unusable
from wasl.ledger.migrate import HEAD, version, version_postgres
from wasl.ledger.postgres import Postgres, engine_of
from wasl.ledger.postgres_faults import OUTAGES, cause
from wasl.ledger.sqlite import Sqlite, unusable
from wasl.ledger.store import Store
from wasl.ledger.tables import key_checks
from wasl.ledger.wholeness import require_whole

_SQLITE = "sqlite:///"


async def open_store(config: Config, *, unsafe_durability: bool = False) -> Store:
    """Open the database and bring its schema up to date.

    Raises:
        Unusable: it cannot be used, lacks a table or a right, or could lose in a power cut what was accepted, which nobody allowed.
    """
    path = sqlite_path(config)
    store = await (Postgres.open(config.database) if path is None else Sqlite.open(path))
    try:
        await require_whole(store.engine)
        weakness = None if unsafe_durability else await store.weakness()
        if weakness is not None:
            raise Unusable(f"{weakness} To run all the same: --unsafe-durability.")
    except BaseException:
        await store.close()
        raise
    return store


async def require_schema(config: Config) -> None:
    """Make sure that there is a schema, and that this wasl can read it, for those who only look: they make and migrate nothing.

    Raises:
        Unusable: there is none yet, or another one.
    """
    found = await schema_version(config)
    if found is None:
        raise Unusable("There is no database yet, so there is nothing to see. `wasl serve`, `wasl send` or `wasl migrate up` makes it.")
    if found != HEAD:
        raise Unusable(f"The database has the schema {found}, and this wasl needs {HEAD}: {mending(found)}.")


def mending(found: str) -> str:
    """What to do about a schema that is not the one of this wasl."""
    return "update wasl" if found > HEAD else "wasl migrate up"


def sqlite_path(config: Config) -> Path | None:
    """The SQLite file of a configuration, a relative one beside wasl.toml; None where it is PostgreSQL.

    Raises:
        Unusable: it names no file.
    """
    if not config.database.startswith("sqlite"):
        return None
    if not config.database.startswith(_SQLITE) or len(config.database) == len(_SQLITE):
        raise Unusable('The database has no file; write database = "sqlite:///wasl.db" in wasl.toml.')
    return Path(config.source.file).parent / config.database.removeprefix(_SQLITE)


def key_file(config: Config) -> Path:
    """Where the key ring is, unless the environment has it: beside a SQLite file, else beside wasl.toml."""
    path = sqlite_path(config)
    return Path(config.source.file).with_name("wasl.keys") if path is None else path.with_name(f"{path.name}.keys")


async def keyed(store: Store) -> bool:
    """Whether a key ring belongs to this database already."""
    async with store.engine.connect() as connection:
        return (await connection.execute(select(key_checks.c.key_id).limit(1))).first() is not None


async def schema_version(config: Config) -> str | None:
    """The migration that the database is at; None where it has no schema yet.

    Raises:
        Unusable: it cannot be read.
    """
    path = sqlite_path(config)
    try:
        if path is None:
            engine = engine_of(config.database)
            try:
                return await version_postgres(engine)
            finally:
                await engine.dispose()
        return version(path) if path.exists() else None
    except sqlite3.Error as error:
        raise Unusable(unusable(path or Path(), error)) from None
    except (*OUTAGES, asyncpg.PostgresError) as error:
        raise cause(error).unusable(config.database) from None
