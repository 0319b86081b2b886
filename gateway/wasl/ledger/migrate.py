"""Bringing the schema up to date, in-process and safe against crashes: each migration is one transaction."""

import sqlite3
from pathlib import Path

from wasl.errors import Unusable

HEAD = "0001"
"""The newest migration; a test holds it to the folder `migrations`."""


def version(path: Path) -> str | None:
    """The migration that the file is at; None where it has no schema yet."""
    with_timeout = sqlite3.connect(path, timeout=5)
    try:
        found = with_timeout.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = with_timeout.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
        return str(row[0]) if row else None
    finally:
        with_timeout.close()


def migrate(path: Path) -> None:
    """Run the migrations that the file lacks. Costs one look where it lacks none: Alembic takes half a second to import.

    Raises:
        Unusable: the file was written by a newer wasl.
        sqlite3.Error: the file cannot be used.
    """
    found = version(path)
    if found == HEAD:
        return
    from alembic import command  # noqa: PLC0415 - as said above
    from alembic.config import Config  # noqa: PLC0415 - as said above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as said above
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - as said above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    if found is not None and found not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
        raise Unusable(f"The database {path} was written by a newer wasl (schema {found}, this one knows {HEAD}); update wasl.")
    config.attributes["path"] = path
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        raise error.orig or error from None
