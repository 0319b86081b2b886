"""Opening the database that the configuration names."""

import sqlite3
from pathlib import Path

from sqlalchemy import select

from wasl.config import Config
from wasl.errors import Unusable
from wasl.ledger.migrate import version, version_postgres
from wasl.ledger.postgres import Postgres, engine_of
from wasl.ledger.postgres_connection import OUTAGES
from wasl.ledger.sqlite import Sqlite
from wasl.ledger.store import Store
from wasl.ledger.tables import key_checks

_SQLITE = "sqlite:///"


async def open_store(config: Config, *, unsafe_durability: bool = False) -> Store:
    """Open the database and bring its schema up to date.

    Raises:
        Unusable: it cannot be used, or could lose in a power cut what was accepted, and nobody said that this may be.
    """
    path = sqlite_path(config)
    store = await (Postgres.open(config.database) if path is None else Sqlite.open(path))
    weakness = None if unsafe_durability else await store.weakness()
    if weakness is not None:
        await store.close()
        raise Unusable(f"{weakness} To run all the same: --unsafe-durability.")
    return store


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
    except (sqlite3.Error, *OUTAGES) as error:
        raise Unusable(f"The database cannot be read ({type(error).__name__}); check `database` in wasl.toml.") from None
